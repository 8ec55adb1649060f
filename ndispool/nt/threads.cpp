#include "ndispool/nt/threads.h"

#include "ndis/thread.h"
#include "ndispool/machine/bug.h"
#include "ndispool/machine/clock.h"
#include "ndispool/machine/event.h"
#include "ndispool/machine/irql.h"
#include "ndispool/machine/lock.h"
#include "ndispool/machine/thread.h"
#include "ndispool/nt/handles.h"
#include "ndispool/nt/invoke.h"

#include <algorithm>
#include <csetjmp>
#include <memory>
#include <system_error>
#include <utility>

namespace ndispool::nt {
namespace {

struct Thread {
    DISPATCHER_HEADER header{}; // first: a PKTHREAD points here. All zero is a notification event that is not signalled
    PKSTART_ROUTINE routine = nullptr;
    void* context = nullptr;
    unsigned number = 0;     // its handle is made of it
    unsigned references = 2; // the handle and the running thread
    bool open = true;        // its handle is
    bool running = true;
    std::jmp_buf
        end; // where PsTerminateSystemThread goes: over frames of any calling convention, which nobody could unwind
};

thread_local Thread* self = nullptr;
thread_local DISPATCHER_HEADER not_ours{}; // stands for a thread that no driver made

HANDLE handle_of(unsigned number) {
    return reinterpret_cast<HANDLE>(static_cast<ULONG_PTR>(number) * 4); // the low bits of a handle are the caller's
}

class ThreadTable {
  public:
    Thread& add(PKSTART_ROUTINE routine, void* context) {
        auto made = std::make_unique<Thread>();
        made->routine = routine;
        made->context = context;
        const machine::Locked locked(lock_);
        made->number = ++last_;
        threads_.push_back(std::move(made));
        return *threads_.back();
    }

    Thread* numbered(unsigned number) {
        const machine::Locked locked(lock_);
        return find([&](const Thread& thread) { return thread.number == number; });
    }

    Thread* reference(HANDLE handle) {
        const machine::Locked locked(lock_);
        Thread* const thread = opened(handle);
        if (thread)
            ++thread->references;
        return thread;
    }

    bool close(HANDLE handle) {
        const machine::Locked locked(lock_);
        Thread* const thread = opened(handle);
        if (!thread)
            return false;
        thread->open = false;
        drop(*thread);
        return true;
    }

    // False: not an object.
    bool change(const void* object, bool more) {
        const machine::Locked locked(lock_);
        Thread* const thread = find([&](const Thread& known) { return &known.header == object; });
        if (!thread)
            return false;
        if (more)
            ++thread->references;
        else
            drop(*thread);
        return true;
    }

    void over(Thread& thread) {
        machine::set(thread.header.SignalState);
        const machine::Locked locked(lock_);
        thread.running = false;
        drop(thread);
        machine::set(moved_);
    }

    // It never ran and nobody knows it.
    void forget(Thread& thread) {
        const machine::Locked locked(lock_);
        thread.references = 1;
        drop(thread);
    }

    std::vector<PendingCall> running_of(const void* owner) {
        const machine::Locked locked(lock_);
        machine::reset(moved_);
        std::vector<PendingCall> running;
        for (const auto& thread : threads_)
            if (const auto code = reinterpret_cast<const void*>(thread->routine);
                thread->running && owner_of(code) == owner)
                running.push_back({&thread->header, code});
        return running;
    }

    std::int32_t& moved() { return moved_; }

  private:
    template <class Predicate> Thread* find(Predicate wanted) NDISPOOL_REQUIRES(lock_) {
        const auto found =
            std::find_if(threads_.begin(), threads_.end(), [&](auto& thread) { return wanted(*thread); });
        return found == threads_.end() ? nullptr : found->get();
    }
    Thread* opened(HANDLE handle) NDISPOOL_REQUIRES(lock_) {
        return find([&](const Thread& thread) { return thread.open && handle_of(thread.number) == handle; });
    }
    void drop(Thread& thread) NDISPOOL_REQUIRES(lock_) {
        if (--thread.references == 0)
            std::erase_if(threads_, [&](const auto& known) { return known.get() == &thread; });
    }

    machine::Lock lock_;
    std::vector<std::unique_ptr<Thread>> threads_ NDISPOOL_GUARDED_BY(lock_);
    unsigned last_ NDISPOOL_GUARDED_BY(lock_) = 0;
    std::int32_t moved_ = 0; // an event: one more is over
};

ThreadTable& table() {
    static ThreadTable the;
    return the;
}

void body(unsigned number) {
    self = table().numbered(number);
    if (setjmp(self->end) == 0) // NOLINT(cert-err52-cpp): see Thread::end
        invoke(self->routine, self->context);
    if (machine::current_irql() > machine::passive_level) {
        machine::report_bug("a system thread ended above PASSIVE_LEVEL", &self->header);
        machine::lower_irql(machine::passive_level);
    }
    table().over(*self);
}

} // namespace

using namespace std::chrono_literals;

std::vector<PendingCall> join_threads(const void* owner, std::chrono::milliseconds limit) {
    const std::uint64_t give_up = machine::uptime_100ns() + static_cast<std::uint64_t>(limit / 1us) * 10;
    std::vector<PendingCall> running;
    while (!(running = table().running_of(owner)).empty() && machine::uptime_100ns() < give_up)
        machine::wait(table().moved(), false, std::chrono::milliseconds(10));
    return running;
}

} // namespace ndispool::nt

using namespace ndispool;
using namespace ndispool::nt;

extern "C" {

NTSTATUS PsCreateSystemThread(PHANDLE ThreadHandle, ULONG, POBJECT_ATTRIBUTES, HANDLE, PCLIENT_ID ClientId,
                              PKSTART_ROUTINE StartRoutine, PVOID StartContext) {
    *ThreadHandle = nullptr;
    Thread& thread = table().add(StartRoutine, StartContext);
    const HANDLE handle = handle_of(thread.number);
    if (ClientId != nullptr)
        *ClientId = {nullptr, handle};
    try {
        const unsigned number = thread.number; // the thread may be over before this call is
        machine::start_thread("driver thread", [number] { body(number); }).detach(); // the table knows when it is over
    } catch (const std::system_error&) {
        table().forget(thread);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    *ThreadHandle = handle;
    return STATUS_SUCCESS;
}

NTSTATUS PsTerminateSystemThread(NTSTATUS) {
    if (self != nullptr)
        std::longjmp(self->end, 1); // NOLINT(cert-err52-cpp): see Thread::end
    machine::report_bug("PsTerminateSystemThread: not in a thread of PsCreateSystemThread", nullptr);
    return STATUS_INVALID_PARAMETER;
}

NTSTATUS ObReferenceObjectByHandle(HANDLE Handle, ACCESS_MASK, POBJECT_TYPE, KPROCESSOR_MODE, PVOID* Object,
                                   POBJECT_HANDLE_INFORMATION HandleInformation) {
    Thread* const thread = table().reference(Handle);
    auto other = thread ? nullptr : object_of(Handle);
    *Object = thread ? &thread->header : other ? reference(std::move(other)) : nullptr;
    if (HandleInformation != nullptr)
        *HandleInformation = {0, *Object ? THREAD_ALL_ACCESS : 0u};
    return *Object ? STATUS_SUCCESS : STATUS_INVALID_HANDLE;
}

void ObfReferenceObject(PVOID Object) {
    if (!table().change(Object, true) && !change_references(Object, true))
        machine::report_bug("ObReferenceObject: not an object", Object);
}

void ObfDereferenceObject(PVOID Object) {
    if (!table().change(Object, false) && !change_references(Object, false))
        machine::report_bug("ObDereferenceObject: not an object", Object);
}

NTSTATUS ZwClose(HANDLE Handle) {
    return table().close(Handle) || close_handle(Handle) ? STATUS_SUCCESS : STATUS_INVALID_HANDLE;
}

PKTHREAD KeGetCurrentThread(void) {
    return reinterpret_cast<PKTHREAD>(self != nullptr ? &self->header : &not_ours);
}

NTSTATUS ZwSetInformationThread(HANDLE, LONG, PVOID, ULONG) {
    return STATUS_SUCCESS;
}

void KeEnterCriticalRegion(void) {}

void KeLeaveCriticalRegion(void) {}

KPRIORITY KeSetPriorityThread(PKTHREAD, KPRIORITY) {
    constexpr KPRIORITY normal = 8;
    return normal;
}

} // extern "C"
