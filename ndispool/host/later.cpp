#include "ndispool/host/later.h"

#include "ndispool/machine/spin_lock.h"

#include <memory>
#include <utility>

namespace ndispool::host {

LaterPackets::LaterPackets(std::function<void(PNDIS_PACKET)> done) : done_(std::move(done)) {
    for (Queue& queue : queues_) {
        queue.owner = this;
        queue.dpc.routine = run;
        queue.dpc.context = &queue;
    }
}

void LaterPackets::add(unsigned processor, PNDIS_PACKET packet) {
    Queue& queue = queues_[processor];
    waiting_.fetch_add(1, std::memory_order_relaxed); // before it can be done
    machine::acquire(queue.lock);
    queue.packets.push_back(packet);
    machine::release(queue.lock);
    machine::queue_dpc(queue.dpc, processor);
}

void LaterPackets::run(void* context) {
    auto& queue = *static_cast<Queue*>(context);
    machine::acquire(queue.lock);
    const std::deque<PNDIS_PACKET> packets = std::exchange(queue.packets, {});
    machine::release(queue.lock);
    for (PNDIS_PACKET packet : packets)
        queue.owner->done_(packet);
    queue.owner->waiting_.fetch_sub(packets.size(), std::memory_order_release); // last: the owner may go
}

void LaterWork::start(unsigned processor, std::function<void()> work) {
    busy_.store(true, std::memory_order_relaxed);
    work_ = std::move(work);
    dpc_.routine = run;
    dpc_.context = this;
    machine::queue_dpc(dpc_, processor);
}

void LaterWork::run(void* context) {
    auto& self = *static_cast<LaterWork*>(context);
    const std::function<void()> work = std::move(self.work_);
    work();
    self.busy_.store(false, std::memory_order_release); // last: the owner may go
}

namespace {

struct Completion {
    machine::Dpc dpc;
    std::function<void()> work;
};

void run_completion(void* context) {
    const std::unique_ptr<Completion> completion(static_cast<Completion*>(context));
    completion->work();
}

} // namespace

void complete_later(std::function<void()> work) {
    auto completion = std::make_unique<Completion>();
    completion->work = std::move(work);
    completion->dpc.routine = run_completion;
    completion->dpc.context = completion.get();
    machine::queue_dpc(completion.release()->dpc, machine::current_processor());
}

} // namespace ndispool::host
