// A pair of AF_XDP sockets of one queue and the memory they share with the kernel, in two halves: one to receive into, one to send
// from. A socket of its own sends: the kernel tells whoever waits for a socket of each frame it has sent, too, and one that only
// waits for frames to come in is not to be told.
//   Callers:  take() and refill by one thread, send() by one thread; these may be two. counts: any.
//   Holds:    the ledgers' equation (frame_ledger.h). Views from take() stay valid until the next take().
#pragma once

#include <atomic>
#include <chrono>
#include <span>
#include <string>

#include <xdp/xsk.h>

#include "ndispool/wire/frame_ledger.h"
#include "ndispool/wire/interface.h"
#include "ndispool/wire/mapping.h"
#include "ndispool/wire/wire.h"

namespace ndispool::wire {

class XdpSocket {
  public:
    static constexpr std::size_t headroom = 256; // that the kernel leaves in front of what it receives
    static constexpr std::uint32_t half = 2048;  // frames

    // Waits so long for a socket that had the queue: the kernel is late in letting go of closed ones. Throws Error.
    XdpSocket(const Spec& spec, const Interface& interface, const Link& link, unsigned queue,
              std::chrono::milliseconds patience);
    ~XdpSocket();
    XdpSocket(const XdpSocket&) = delete;
    XdpSocket& operator=(const XdpSocket&) = delete;

    std::size_t take(std::span<Frame> frames, std::uint64_t now_100ns);
    // How many of them it took, from the front. None may be longer than longest().
    std::size_t send(std::span<const Frame> frames);

    int descriptor() const { return xsk_socket__fd(receiver_); }
    std::size_t longest() const { return longest_; }
    std::uint64_t take_missed(); // reads what the kernel dropped because it had no frame to receive into
    // All is well; false for ever once a frame came back from where it was not.
    bool balanced() const {
        return !unbalanced_.load(std::memory_order_relaxed) && received_.balanced() && sent_.balanced();
    }
    std::uint32_t count(Place place) const { return received_.count(place) + sent_.count(place); }

  private:
    std::byte* at(std::uint64_t address) const { return memory_.data() + address; }
    std::uint32_t frame_of(std::uint64_t address) const { return static_cast<std::uint32_t>(address / frame_bytes_); }
    int bind(const Interface& interface, unsigned queue);
    void release();
    void expect(bool moved) noexcept;
    void refill();
    void reap();
    bool unsent() const;
    void kick();

    const std::size_t frame_bytes_;
    const std::size_t longest_;
    Mapping memory_;
    xsk_umem* umem_ = nullptr;
    xsk_socket *receiver_ = nullptr, *sender_ = nullptr;
    std::atomic<bool> unbalanced_{false};

    // The receiving thread's.
    alignas(64) xsk_ring_prod fill_{};
    xsk_ring_cons rx_{};
    FrameLedger received_{0, half};
    std::vector<std::uint32_t> lent_; // frames whose views the last take() gave
    std::uint64_t missed_ = 0;

    // The sending thread's, but for kick().
    alignas(64) xsk_ring_cons completion_{};
    xsk_ring_prod tx_{};
    FrameLedger sent_{half, half};
};

} // namespace ndispool::wire
