// The protocol above a driver: an ordinary NDIS protocol of the host's own that moves frames between a binding and a wire.
//   Callers:   made and destroyed at PASSIVE_LEVEL while it is not bound. Its handlers are called by the host's own paths, like
//              any driver's; its poll by the processor it was given to. Each is a protocol of its own.
//   Holds:     frames received on the binding go to the wire in the order they were indicated, whether lent or copied; lent
//              packets are returned as soon as the wire has taken them. It takes from its wire only what it can send.
#pragma once

#include "ndispool/host/driver.h"
#include "ndispool/host/frame.h"
#include "ndispool/host/freedom.h"
#include "ndispool/host/later.h"
#include "ndispool/host/outlet.h"
#include "ndispool/host/slots.h"
#include "ndispool/host/traffic.h"
#include "ndispool/host/wire_waker.h"
#include "ndispool/machine/poller.h"

#include <atomic>
#include <map>
#include <memory>

namespace ndispool::host {

class WireEdge final : public machine::Poller {
  public:
    WireEdge(wire::Wire& wire, Traffic& traffic, unsigned processor, Freedom& freedom);
    ~WireEdge() override;

    // Makes the protocol that the edge binds with.
    Protocol& enroll(Driver& driver);
    Protocol& protocol() { return *protocol_; }
    bool bound() const { return binding_.load(std::memory_order_acquire) != nullptr; }

    bool poll() noexcept override;
    void about_to_sleep() noexcept override { waker_.watch(); }
    // What the wire has not taken is given back.
    void give_up();
    bool idle();
    std::uint64_t refused() const { return refused_.load(std::memory_order_relaxed); }

    NDIS_STATUS bind(PNDIS_STRING device);
    NDIS_STATUS unbind();
    NDIS_STATUS power(NDIS_DEVICE_POWER_STATE state);
    void opened(NDIS_STATUS status);
    void closed();
    void sent(PNDIS_PACKET packet, NDIS_STATUS status);
    int received(PNDIS_PACKET packet);
    void received_all(); // of an array, on the processor that got it
    NDIS_STATUS received(NDIS_HANDLE receive_context, const void* header, UINT header_bytes, const void* data,
                         UINT data_bytes, UINT packet_bytes);
    void transferred(PNDIS_PACKET packet, NDIS_STATUS status);
    void request_completed(NDIS_STATUS status);

  private:
    // A frame of which only the front was indicated: the rest is on its way into `packet`, behind the front.
    struct Transfer {
        std::vector<std::byte> frame;
        std::unique_ptr<HostPacket> packet;
    };
    static constexpr std::size_t batch = 64;
    bool forward();
    void send(std::span<PNDIS_PACKET> packets);
    void give_back(std::span<const PNDIS_PACKET> packets);
    void settle();
    NDIS_STATUS fetch_rest(NDIS_HANDLE binding, NDIS_HANDLE receive_context, std::vector<std::byte> frame,
                           std::size_t have, UINT offset);
    std::unique_ptr<Transfer> end_transfer(PNDIS_PACKET packet);
    void push(Outgoing frame);
    void push_lent(unsigned processor);
    NDIS_STATUS request(NDIS_REQUEST& request);

    wire::Wire& wire_;
    Traffic& traffic_;
    const unsigned processor_;
    Slots slots_;
    Freedom& freedom_;
    Outlet outlet_;

    // Packets of the array that is being received, for the outlet at its end; each processor's own.
    struct alignas(64) Lent {
        std::array<PNDIS_PACKET, batch> packets;
        std::size_t count = 0;
    };
    std::array<Lent, machine::max_processors> lent_;

    LaterPackets returns_;
    LaterWork sending_;
    WireWaker waker_;
    std::atomic<NDIS_HANDLE> binding_{nullptr};
    std::atomic<bool> awake_{true};
    std::atomic<std::uint64_t> refused_{0};
    Protocol* protocol_ = nullptr;
    std::int32_t event_ = 0; // a close or request that pended is over
    NDIS_STATUS request_status_ = NDIS_STATUS_SUCCESS, open_status_ = NDIS_STATUS_SUCCESS;

    std::uintptr_t lock_ = 0; // guards transfers_
    std::map<PNDIS_PACKET, std::unique_ptr<Transfer>> transfers_;
};

} // namespace ndispool::host
