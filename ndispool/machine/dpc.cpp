#include "ndispool/machine/dpc.h"
#include "ndispool/machine/irql.h"
#include "ndispool/machine/lock.h"
#include "ndispool/machine/round.h"
#include <array>

namespace ndispool::machine {

namespace {

// One processor's queue, oldest first.
struct alignas(64) DpcQueue {
    Lock lock;
    Dpc* first NDISPOOL_GUARDED_BY(lock) = nullptr;
    Dpc* last NDISPOOL_GUARDED_BY(lock) = nullptr;
    std::atomic<std::size_t> length = 0; // written under the lock; read without it, to pass by an empty queue

    void append(Dpc& dpc) noexcept NDISPOOL_REQUIRES(lock) {
        dpc.next = nullptr;
        dpc.previous = last;
        (last ? last->next : first) = &dpc;
        last = &dpc;
        length.fetch_add(1, std::memory_order_relaxed); // the bell, rung later, makes it seen
    }

    void unlink(Dpc& dpc) noexcept NDISPOOL_REQUIRES(lock) {
        (dpc.previous ? dpc.previous->next : first) = dpc.next;
        (dpc.next ? dpc.next->previous : last) = dpc.previous;
        length.fetch_sub(1, std::memory_order_relaxed);
        // release, partner: the loads of remove_dpc(), after which the owner may free it
        dpc.queued_on.store(0, std::memory_order_release);
    }
};

constinit std::array<DpcQueue, max_processors> queues;

bool append(Dpc& dpc, unsigned processor) noexcept {
    DpcQueue& queue = queues[processor];
    const Locked locked(queue.lock);
    std::uint32_t nowhere = 0;
    // Two calls for different processors may meet here, each under its own lock: one of them wins.
    if (!dpc.queued_on.compare_exchange_strong(nowhere, processor + 1, std::memory_order_acq_rel))
        return false;
    queue.append(dpc);
    return true;
}

bool run_first(DpcQueue& queue) noexcept {
    queue.lock.lock();
    Dpc* const dpc = queue.first;
    if (!dpc) {
        queue.lock.unlock();
        return false;
    }
    const auto routine = dpc->routine;
    const auto context = dpc->context;
    queue.unlink(*dpc);
    queue.lock.unlock();
    routine(context);
    restore_irql(dispatch_level, reinterpret_cast<const void*>(routine));
    return true;
}

} // namespace

bool queue_dpc(Dpc& dpc, unsigned processor) {
    ensure_started();
    processor = existing_processor(processor, &dpc);
    if (!append(dpc, processor))
        return false;
    processor_bell(processor).ring();
    return true;
}

bool remove_dpc(Dpc& dpc) {
    // acquire, partner: the store in unlink()
    while (const std::uint32_t on = dpc.queued_on.load(std::memory_order_acquire)) {
        DpcQueue& queue = queues[on - 1];
        const Locked locked(queue.lock);
        if (dpc.queued_on.load(std::memory_order_acquire) != on)
            continue; // it ran, and was queued elsewhere, before we had the lock
        queue.unlink(dpc);
        return true;
    }
    return false;
}

// Those a routine queues run in the next round, so that a round ends.
bool run_dpcs(unsigned processor) noexcept {
    DpcQueue& queue = queues[processor];
    const std::size_t count = queue.length.load(std::memory_order_relaxed);
    std::size_t run = 0;
    while (run < count && run_first(queue))
        ++run;
    return run > 0;
}

void forget_dpcs() noexcept {
    for (DpcQueue& queue : queues) {
        const Locked locked(queue.lock);
        while (queue.first)
            queue.unlink(*queue.first);
    }
}

} // namespace ndispool::machine
