// One call of the driver into the checked door, and what is known about the thread that makes it.
//   Callers:   the checked forms of functions open a Call first; everything else they need hangs on it.
//   Holds:     levels and locks are looked at when the call begins. The call site is taken only when somebody asks.
//   Not here:  what the handlers that the host calls mean (handlers.h), which locks there are (locks_door.cpp).
#pragma once

#include "ndispool/nt/caller.h"
#include "ndispool/verify/findings.h"
#include "ndispool/verify/functions.h"

#include <array>
#include <optional>
#include <string>

namespace ndispool::verify {

struct HeldLock {
    const void* lock = nullptr;
    Site acquired;
    bool shared = false;  // to read
    bool phantom = false; // taken again by the thread that has it; the lock itself was not touched
    bool read_write = false;
};

// What one thread is doing inside the driver. Only its own thread touches it.
struct Thread {
    std::array<HeldLock, 16> locks{};
    unsigned lock_count = 0;
    // Handlers of the driver on this stack, and what each was called with.
    struct Level {
        std::uint8_t locks, irql;
    };
    unsigned depth = 0;
    std::array<Level, 32> levels{};
    std::uint64_t serial = 0; // of the outermost one: tells one call from the next
    // The last call that was refused for lack of resources, and in which handler depth.
    const Function* refused = nullptr;
    Site refusal;
    // Packets whose receive handler runs, innermost last, and how deep.
    struct Receiving {
        const void* packet;
        unsigned depth;
    };
    std::array<Receiving, 16> receiving{};
    unsigned receiving_count = 0;
    // The innermost call that runs: its return address, its frame, and in which handler depth it was made.
    struct Running {
        const void *caller = nullptr, *frame = nullptr;
        unsigned depth = 0;
    } running;
    bool alternate_stack = false;
    bool reported = false; // by the call that runs: what the core says about it too is not repeated
};

// Constant-initialised, so that reading it is one instruction.
[[gnu::tls_model("initial-exec")]] extern constinit thread_local Thread this_thread;

class Call {
  public:
    // `return_address` and `frame` are the builtins of the checked form itself.
    Call(const Function& function, const void* return_address, const void* frame) noexcept;
    ~Call() {
        this_thread.reported = false;
        this_thread.running = outer_;
    }
    Call(const Call&) = delete;
    Call& operator=(const Call&) = delete;

    const Site& site() noexcept;
    const Function& function() const { return function_; }

    // Takes a finding down whose last place is this call.
    void found(const Rule& rule, std::string message, std::vector<Evidence> before = {}) noexcept;

    // Whether the fault plan wants this call to fail; notes the refusal.
    bool refused() noexcept;
    void note_refusal() noexcept; // the core itself had no resources

    // A null where an object is needed. True: it was reported, as a result that was used without looking at the status
    // when something was refused to this thread before.
    bool null_argument(const void* argument, const char* what) noexcept;

  private:
    void check_level() noexcept;
    void check_locks() noexcept;

    const Function& function_;
    const void* const caller_;
    const void* const frame_;
    const Thread::Running outer_;
    Site site_;
    const nt::CallerScope scope_;
};

// Of this thread, also from a signal handler: nullopt when it is not in a call of the driver, or in a handler inside that.
std::optional<Thread::Running> running_call() noexcept;

Site site_now(StackId stack) noexcept;
std::string level_name(unsigned irql);
// The first instruction of a handler, as a place.
Site site_of_handler(const void* handler) noexcept;

} // namespace ndispool::verify

// The first line of a checked form.
#define NDISPOOL_CALL(name) Call call(function_##name, __builtin_return_address(0), __builtin_frame_address(0))
