// The interrupt request level of the calling thread, and the virtual processor it runs on.
//
// IRQL is a value on a virtual processor, not the priority of a host thread. A virtual processor is a token: a thread
// holds one exactly while it is at DISPATCH or above. So two threads at DISPATCH never have the same number, code at
// DISPATCH is never preempted by other work of its processor, and a machine of one processor runs all DISPATCH code one
// after the other.
//
// Always holds: a thread keeps its processor until it goes below DISPATCH; DPCs and timers of that processor wait until
// then. A thread that waits for a processor gets one after the ones that run now and at most one more each.
// Works in every thread, before start() and in programs that never start the machine (there is one processor then).
// Levels above DISPATCH are kept as values; nothing more happens there.
// Not here: threads that run things at DISPATCH by themselves (processor.h).
#pragma once

#include <atomic>
#include <cstdint>

namespace ndispool::machine {

using Irql = std::uint8_t;
inline constexpr Irql passive_level = 0, apc_level = 1, dispatch_level = 2;
inline constexpr unsigned max_processors = 32; // drivers index arrays of 32 by processor number

namespace detail {
struct alignas(8) ThreadState { // its address is the thread's tag in spin locks
    Irql irql = passive_level;
    bool bound = false;         // a processor's own thread: takes that processor or none
    std::uint8_t processor = 0; // the one it holds, or the last one it held
    bool works = false;         // inside a work routine
};
// Initial-exec, constant-initialised and hidden: reading it is one instruction and never a call.
[[gnu::tls_model("initial-exec"), gnu::visibility("hidden")]] extern constinit thread_local ThreadState this_thread;
extern constinit std::atomic<unsigned> processors;
void set_processor_count(unsigned count) noexcept; // for start() and stop()
} // namespace detail

inline unsigned processor_count() noexcept { // 1 before start()
    return detail::processors.load(std::memory_order_relaxed);
}

inline Irql current_irql() noexcept {
    return detail::this_thread.irql;
}

// Less than processor_count(). Means something only at DISPATCH, where it does not change; below, it is the last one
// held.
inline unsigned current_processor() noexcept {
    const detail::ThreadState& thread = detail::this_thread;
    return thread.irql >= dispatch_level || thread.processor < processor_count() ? thread.processor : 0;
}

// The same for callers that are at DISPATCH for sure.
inline unsigned processor_held() noexcept {
    return detail::this_thread.processor;
}

// Returns the old level. Below DISPATCH to DISPATCH takes a processor: one compare-exchange when the last one used is
// free, else any free one, else it waits. A level below the current one is reported as a bug and ignored.
Irql raise_irql(Irql to) noexcept;

// Gives the processor back when it goes below DISPATCH. A level above the current one is reported and ignored.
void lower_irql(Irql to) noexcept;

// No other thread is at DISPATCH now, and none will be before the caller goes below: a machine of one processor.
inline bool alone_at_dispatch() noexcept {
    return processor_count() == 1 && current_irql() >= dispatch_level;
}

// At DISPATCH for the length of a scope; costs one thread-local read when the caller already is.
class DispatchScope {
  public:
    DispatchScope() noexcept : old_(current_irql()) {
        if (old_ < dispatch_level)
            raise_irql(dispatch_level);
    }
    ~DispatchScope() {
        if (old_ < dispatch_level)
            lower_irql(old_);
    }
    DispatchScope(const DispatchScope&) = delete;
    DispatchScope& operator=(const DispatchScope&) = delete;

  private:
    const Irql old_;
};

// A grace period: returns when every stretch of code that was at DISPATCH, on any processor, when it was called has
// gone below. What such code did is visible to the caller afterwards; what the caller wrote before is visible to every
// later stretch. PASSIVE only. Bounded, because processors go to PASSIVE between rounds.
void synchronize() noexcept;

// For calls that may block. A caller at DISPATCH is reported ("what"); then the call is done all the same, with the
// processor given back meanwhile so that whatever it waits for can run, and taken again at the end.
class BlockingCall {
  public:
    BlockingCall(const char* what, const void* object) noexcept;
    ~BlockingCall();
    BlockingCall(const BlockingCall&) = delete;
    BlockingCall& operator=(const BlockingCall&) = delete;

  private:
    const Irql old_;
};

// After a routine that must come back at `expected`: reports it if it did not, and sets the level right.
void restore_irql(Irql expected, const void* routine) noexcept;

} // namespace ndispool::machine
