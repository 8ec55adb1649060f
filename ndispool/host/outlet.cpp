#include "ndispool/host/outlet.h"

#include "ndispool/host/frame.h"
#include "ndispool/machine/clock.h"
#include "ndispool/machine/irql.h"
#include "ndispool/machine/spin_lock.h"

#include <algorithm>
#include <array>
#include <utility>

namespace ndispool::host {

Outlet::Outlet(wire::Wire& wire, Traffic& traffic, Completion done)
    : wire_(wire), traffic_(traffic), done_(std::move(done)) {
    dpc_.routine = run;
    dpc_.context = this;
}

Outlet::~Outlet() {
    if (!machine::remove_dpc(dpc_))
        machine::synchronize(); // one that had begun is over
}

// Under the lock. Places for so many more, empty.
std::span<Outgoing> Outlet::make_room(std::size_t count) {
    queue_.resize(queue_.size() + count);
    return std::span(queue_).last(count);
}

void Outlet::push(std::span<Outgoing> frames) {
    machine::acquire(lock_);
    const bool first = queue_.empty();
    queue_.insert(queue_.end(), std::make_move_iterator(frames.begin()), std::make_move_iterator(frames.end()));
    machine::release(lock_);
    if (first)
        flush_here();
}

// If another processor is about to flush, or does, it takes these too: the queue it sees next has them.
void Outlet::flush_here() {
    machine::queue_dpc(dpc_, machine::current_processor());
}

void Outlet::run(void* self) {
    static_cast<Outlet*>(self)->flush();
}

bool Outlet::look() {
    return resting_.load(std::memory_order_relaxed) && flush();
}

// All that waits, and the right to flush; false when there is nothing or another one flushes.
bool Outlet::begin_flush() {
    machine::acquire(lock_);
    const bool mine = !flushing_ && !queue_.empty();
    if (mine) {
        flushing_ = true;
        std::swap(queue_, leaving_);
    }
    machine::release(lock_);
    return mine;
}

// What the wire did not take goes back in front of what came meanwhile. True: it is to be asked again soon.
bool Outlet::end_flush(std::size_t taken) {
    const bool all = taken == leaving_.size();
    leaving_.erase(leaving_.begin(), leaving_.begin() + static_cast<std::ptrdiff_t>(taken));
    refusals_ = taken > 0 ? 0 : refusals_ + 1;
    const bool rests = !all && refusals_ >= patience;
    machine::acquire(lock_);
    resting_.store(rests, std::memory_order_relaxed);
    if (!all) {
        leaving_.insert(leaving_.end(), std::make_move_iterator(queue_.begin()), std::make_move_iterator(queue_.end()));
        queue_.clear();
        std::swap(queue_, leaving_);
    }
    flushing_ = false;
    machine::release(lock_);
    return !all && !rests;
}

std::size_t Outlet::transmit(std::span<const Outgoing> some) {
    std::array<wire::Frame, batch> frames;
    std::array<PNDIS_PACKET, batch> packets;
    gathered_.resize(batch);
    std::size_t copies = 0;
    for (std::size_t i = 0; i < some.size(); ++i) {
        PNDIS_PACKET const packet = packets[i] = some[i].packet;
        copies += !packet;
        frames[i] = {packet ? contiguous(packet, gathered_[i]) : std::span<const std::byte>(*some[i].copy),
                     some[i].time_100ns};
    }
    const std::size_t taken = wire_.transmit(std::span(frames).first(some.size()));
    auto finished = packets.begin() + static_cast<std::ptrdiff_t>(taken);
    if (copies > 0)
        finished = std::remove(packets.begin(), finished, nullptr);
    if (finished != packets.begin())
        done_(std::span(packets.begin(), finished));
    return taken;
}

bool Outlet::flush() {
    bool any = false, all = true;
    while (all && begin_flush()) {
        std::size_t done = 0, wanted, taken;
        do {
            const auto some = std::span(std::as_const(leaving_)).subspan(done, std::min(batch, leaving_.size() - done));
            wanted = some.size();
            taken = transmit(some);
            done += taken;
        } while (taken == wanted && done < leaving_.size());
        any = any || done > 0;
        all = taken == wanted;
        if (end_flush(done))
            flush_here();
    }
    if (any)
        traffic_.moved();
    return any;
}

// Who flushes now does so on another processor, and soon puts back what the wire does not take.
std::vector<PNDIS_PACKET> Outlet::drop() {
    machine::acquire(lock_);
    while (flushing_) {
        machine::release(lock_);
        machine::stall_us(1); // with a virtual clock it may not have the turn
        machine::acquire(lock_);
    }
    const std::vector<Outgoing> all = std::exchange(queue_, {});
    machine::release(lock_);
    std::vector<PNDIS_PACKET> packets;
    for (const Outgoing& frame : all)
        if (frame.packet)
            packets.push_back(frame.packet);
    return packets;
}

std::size_t Outlet::waiting() {
    machine::DispatchScope dispatch;
    machine::acquire(lock_);
    const std::size_t count = queue_.size() + (flushing_ ? 1 : 0);
    machine::release(lock_);
    return count;
}

} // namespace ndispool::host
