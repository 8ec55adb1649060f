#include "ndispool/wire/xdp_socket.h"

#include <cerrno>
#include <cstring>
#include <sys/socket.h>
#include <thread>

#include "ndispool/wire/layers.h"
#include "ndispool/wire/offload.h"
#include "ndispool/wire/refusal.h"

namespace ndispool::wire {

namespace {

constexpr std::size_t small_frame = 2048, large_frame = 4096; // the kernel takes no larger one than a page
constexpr std::uint32_t kernel_batch = 32;                    // frames that one system call sends in copy mode

std::size_t frame_bytes_for(const Link& link) {
    const std::size_t needed = link.mtu + ethernet_header_bytes + vlan_tag_bytes + XdpSocket::headroom;
    return needed <= small_frame ? small_frame : large_frame;
}

[[noreturn]] void refuse_bind(const Spec& spec, unsigned queue, int error) {
    if (error == EBUSY)
        throw Error(Error::Kind::usage_or_file,
                    spec.message("another program has an AF_XDP socket on queue " + std::to_string(queue) +
                                 "; end it, or use packet:" + std::string(spec.argument)));
    refuse_call(spec, "binding an AF_XDP socket", error);
}

} // namespace

// A negative errno, or 0. What has no socket yet has no memory either.
int XdpSocket::bind(const Interface& interface, unsigned queue) {
    xsk_umem_config memory{};
    memory.fill_size = memory.comp_size = half;
    memory.frame_size = static_cast<std::uint32_t>(frame_bytes_);
    if (const int error = xsk_umem__create(&umem_, memory_.data(), memory_.size(), &fill_, &completion_, &memory))
        return error;
    xsk_socket_config config{};
    config.rx_size = config.tx_size = half;
    config.libxdp_flags = XSK_LIBXDP_FLAGS__INHIBIT_PROG_LOAD; // xdp_program.h has its own
    config.bind_flags = XDP_USE_NEED_WAKEUP;                   // zero copy where the driver has it
    const char* const name = interface.name().c_str();
    int error = xsk_socket__create(&receiver_, name, queue, umem_, &rx_, nullptr, &config);
    if (!error)
        error = xsk_socket__create_shared(&sender_, name, queue, umem_, nullptr, &tx_, &fill_, &completion_, &config);
    if (error)
        release();
    return error;
}

XdpSocket::XdpSocket(const Spec& spec, const Interface& interface, const Link& link, unsigned queue,
                     std::chrono::milliseconds patience)
    : frame_bytes_(frame_bytes_for(link)), longest_(frame_bytes_ - headroom), memory_(-1, 2 * half * frame_bytes_) {
    if (memory_.empty())
        refuse_call(spec, "mmap of packet memory", errno);
    constexpr std::chrono::milliseconds step{10};
    int error = bind(interface, queue);
    for (; error == -EBUSY && patience > step; patience -= step) {
        std::this_thread::sleep_for(step);
        error = bind(interface, queue);
    }
    if (error)
        refuse_bind(spec, queue, -error);
    constexpr int max_tx_budget = 9; // XDP_MAX_TX_SKB_BUDGET of newer kernels: frames that one system call sends
    const std::uint32_t budget = half;
    ::setsockopt(xsk_socket__fd(sender_), SOL_XDP, max_tx_budget, &budget, sizeof budget); // else kernel_batch
    lent_.reserve(half);
    refill();
}

XdpSocket::~XdpSocket() {
    release();
}

void XdpSocket::release() {
    xsk_socket__delete(sender_);
    xsk_socket__delete(receiver_);
    xsk_umem__delete(umem_);
    sender_ = receiver_ = nullptr;
}

void XdpSocket::expect(bool moved) noexcept {
    if (!moved)
        unbalanced_.store(true, std::memory_order_relaxed); // a fact that stays; orders no other data
}

// All frames that are free go to the kernel.
void XdpSocket::refill() {
    const std::uint32_t count = received_.count(Place::free);
    std::uint32_t at = 0;
    if (count == 0 || xsk_ring_prod__reserve(&fill_, count, &at) != count)
        return; // the ring has room for every frame, so this is only about none
    for (std::uint32_t i = 0; i < count; ++i)
        *xsk_ring_prod__fill_addr(&fill_, at + i) = *received_.take(Place::fill) * frame_bytes_;
    xsk_ring_prod__submit(&fill_, count);
}

std::size_t XdpSocket::take(std::span<Frame> frames, std::uint64_t now_100ns) {
    for (const std::uint32_t frame : lent_)
        expect(received_.move(frame, Place::app, Place::free));
    lent_.clear();
    refill();
    std::uint32_t at = 0;
    const std::uint32_t count = xsk_ring_cons__peek(&rx_, static_cast<std::uint32_t>(frames.size()), &at);
    for (std::uint32_t i = 0; i < count; ++i) {
        const std::uint64_t address = xsk_ring_cons__rx_desc(&rx_, at + i)->addr;
        expect(received_.move(frame_of(address), Place::fill, Place::rx));
        if (frame_of(address) < half)
            __builtin_prefetch(this->at(address)); // another processor wrote it
    }
    for (std::uint32_t i = 0; i < count; ++i) {
        const xdp_desc& descriptor = *xsk_ring_cons__rx_desc(&rx_, at + i);
        const std::span<std::byte> bytes(this->at(descriptor.addr), descriptor.len);
        finish_open_checksum(bytes);
        frames[i] = {bytes, now_100ns};
        lent_.push_back(frame_of(descriptor.addr));
        expect(received_.move(lent_.back(), Place::rx, Place::app));
    }
    if (count > 0)
        xsk_ring_cons__release(&rx_, count);
    else if (unsent()) // nobody may transmit for a while
        kick();
    if (xsk_ring_prod__needs_wakeup(&fill_))
        ::recvfrom(descriptor(), nullptr, 0, MSG_DONTWAIT, nullptr, nullptr);
    return count;
}

// What the kernel has sent is free again.
void XdpSocket::reap() {
    std::uint32_t at = 0;
    const std::uint32_t count = xsk_ring_cons__peek(&completion_, half, &at);
    for (std::uint32_t i = 0; i < count; ++i)
        expect(sent_.move(frame_of(*xsk_ring_cons__comp_addr(&completion_, at + i)), Place::tx, Place::completion));
    for (std::uint32_t i = 0; i < count; ++i)
        expect(sent_.move(frame_of(*xsk_ring_cons__comp_addr(&completion_, at + i)), Place::completion, Place::free));
    if (count > 0)
        xsk_ring_cons__release(&completion_, count);
}

// Frames are in the ring that the kernel has not looked at. The two numbers are compared, nothing is read by them: relaxed.
bool XdpSocket::unsent() const {
    return std::atomic_ref(*tx_.producer).load(std::memory_order_relaxed) !=
           std::atomic_ref(*tx_.consumer).load(std::memory_order_relaxed);
}

// A system call alone: any thread.
void XdpSocket::kick() {
    if (!xsk_ring_prod__needs_wakeup(&tx_))
        return;
    for (std::uint32_t i = 0; i <= half / kernel_batch && unsent(); ++i)
        if (::sendto(xsk_socket__fd(sender_), nullptr, 0, MSG_DONTWAIT, nullptr, 0) >= 0 || errno != EAGAIN)
            return;
}

std::size_t XdpSocket::send(std::span<const Frame> frames) {
    reap();
    const auto count = static_cast<std::uint32_t>(std::min<std::size_t>(frames.size(), sent_.count(Place::free)));
    std::uint32_t at = 0;
    if (count > 0 && xsk_ring_prod__reserve(&tx_, count, &at) == count) {
        for (std::uint32_t i = 0; i < count; ++i) {
            const std::uint64_t address = *sent_.take(Place::tx) * frame_bytes_;
            std::memcpy(this->at(address), frames[i].bytes.data(), frames[i].bytes.size());
            *xsk_ring_prod__tx_desc(&tx_, at + i) = {
                .addr = address, .len = static_cast<std::uint32_t>(frames[i].bytes.size()), .options = 0};
        }
        xsk_ring_prod__submit(&tx_, count);
    }
    kick();
    return count;
}

std::uint64_t XdpSocket::take_missed() {
    xdp_statistics statistics{};
    socklen_t length = sizeof statistics;
    if (::getsockopt(descriptor(), SOL_XDP, XDP_STATISTICS, &statistics, &length) < 0)
        return 0;
    const std::uint64_t all = statistics.rx_dropped + statistics.rx_ring_full;
    const std::uint64_t since = all - missed_;
    missed_ = all;
    return since;
}

} // namespace ndispool::wire
