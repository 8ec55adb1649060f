#include "ndispool/host/outlet.h"

#include "ndispool/host/frame.h"
#include "ndispool/machine/irql.h"
#include "ndispool/machine/spin_lock.h"

#include <algorithm>
#include <array>
#include <utility>

namespace ndispool::host {

bool Outlet::push(std::span<const PNDIS_PACKET> packets, std::uint64_t (*time_of)(PNDIS_PACKET)) {
    machine::acquire(lock_);
    const bool was_empty = queue_.empty();
    for (PNDIS_PACKET packet : packets)
        queue_.push_back({packet, time_of(packet), {}});
    machine::release(lock_);
    return was_empty;
}

bool Outlet::push(Outgoing frame) {
    machine::acquire(lock_);
    const bool was_empty = queue_.empty();
    queue_.push_back(std::move(frame));
    machine::release(lock_);
    return was_empty;
}

// The front of the queue, and the right to flush; 0 when there is nothing or another one flushes.
std::size_t Outlet::take(std::vector<Outgoing>& some) {
    machine::acquire(lock_);
    const std::size_t count = flushing_ ? 0 : std::min(batch, queue_.size());
    some.assign(std::make_move_iterator(queue_.begin()),
                std::make_move_iterator(queue_.begin() + static_cast<std::ptrdiff_t>(count)));
    queue_.erase(queue_.begin(), queue_.begin() + static_cast<std::ptrdiff_t>(count));
    flushing_ = flushing_ || count > 0;
    machine::release(lock_);
    return count;
}

void Outlet::put_back(std::span<Outgoing> rest) {
    machine::acquire(lock_);
    queue_.insert(queue_.begin(), std::make_move_iterator(rest.begin()), std::make_move_iterator(rest.end()));
    flushing_ = false;
    machine::release(lock_);
}

bool Outlet::flush() {
    std::vector<Outgoing> some;
    std::array<std::vector<std::byte>, batch> gathered;
    bool any = false;
    while (take(some) > 0) {
        std::array<wire::Frame, batch> frames;
        for (std::size_t i = 0; i < some.size(); ++i)
            frames[i] = {some[i].packet ? contiguous(some[i].packet, gathered[i])
                                        : std::span<const std::byte>(some[i].copy),
                         some[i].time_100ns};
        const std::size_t taken = wire_.transmit(std::span(frames).first(some.size()));
        put_back(std::span(some).subspan(taken));

        std::array<PNDIS_PACKET, batch> finished;
        std::size_t count = 0;
        for (std::size_t i = 0; i < taken; ++i)
            if (some[i].packet)
                finished[count++] = some[i].packet;
        if (count > 0)
            done_(std::span(finished).first(count));
        any = any || taken > 0;
        if (taken < some.size())
            break;
    }
    return any;
}

std::vector<PNDIS_PACKET> Outlet::drop() {
    machine::acquire(lock_);
    std::deque<Outgoing> all = std::exchange(queue_, {});
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
