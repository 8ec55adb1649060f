// The adapter below a driver: an ordinary deserialized Ethernet miniport of the host's own, with a wire where hardware would be.
//   Callers:   made and destroyed at PASSIVE_LEVEL while its adapter does not run. Its handlers are called by the host's own
//              paths, like any driver's; its poll by the processor it was given to.
//   Holds:     every frame the wire gives is indicated once, in order; every packet sent is given to the wire in order and
//              completed once. It never answers a send before the wire has taken the frame.
#pragma once

#include "ndispool/host/driver.h"
#include "ndispool/host/freedom.h"
#include "ndispool/host/later.h"
#include "ndispool/host/outlet.h"
#include "ndispool/host/slots.h"
#include "ndispool/host/traffic.h"
#include "ndispool/host/wire_waker.h"
#include "ndispool/machine/poller.h"

#include <array>
#include <atomic>
#include <vector>

namespace ndispool::host {

class WireAdapter final : public machine::Poller {
  public:
    // `number`: its place among the adapters of the run, from 0; makes its address.
    WireAdapter(wire::Wire& wire, Traffic& traffic, unsigned processor, Freedom& freedom, std::size_t number);

    // The miniport driver that all wire adapters belong to.
    static void enroll(Driver& driver);
    // A driver may be given its packets one at a time as well (freedom).
    NDIS_STATUS send_one(PNDIS_PACKET packet);

    bool poll() noexcept override;
    void about_to_sleep() noexcept override { waker_.watch(); }
    // What the wire has not taken is completed with `status`.
    void give_up(NDIS_STATUS status = NDIS_STATUS_REQUEST_ABORTED);
    // Plugs the cable in or out and says so to the bindings. Without a cable nothing comes in and sends fail.
    void connect(bool connected);
    // Nothing is indicated from here on, until it is initialized again. PASSIVE_LEVEL.
    void quiesce();
    bool idle();

    NDIS_STATUS initialize(NDIS_HANDLE adapter, PUINT selected, PNDIS_MEDIUM media, UINT count);
    void send(std::span<const PNDIS_PACKET> packets);
    void take_back(PNDIS_PACKET packet);
    // As a miniport answers: at once, or PENDING and the completion.
    struct Question {
        bool set;
        NDIS_OID oid;
        void* buffer;
        ULONG length;
        ULONG* done;
        ULONG* needed;
    };
    NDIS_STATUS ask(const Question& question);
    NDIS_STATUS query(NDIS_OID oid, void* buffer, ULONG length, ULONG* written, ULONG* needed);
    NDIS_STATUS set(NDIS_OID oid, const void* value, ULONG length, ULONG* read, ULONG* needed);

  private:
    static constexpr std::size_t batch = 64;
    bool receive();
    void indicate(std::span<PNDIS_PACKET> packets);
    void count_loans(std::size_t lent, std::size_t with_resources);
    void keep_copy(PNDIS_PACKET packet);
    void complete_put_off(PNDIS_PACKET packet);
    void sent(std::span<const PNDIS_PACKET> packets);
    NDIS_STATUS answer(const Question& question);
    bool may_receive() const;
    NDIS_STATUS set_power(ULONG state); // NDIS_DEVICE_POWER_STATE, of whoever sets it

    wire::Wire& wire_;
    Traffic& traffic_;
    const unsigned processor_;
    const std::array<std::uint8_t, 6> address_;
    Slots slots_;
    Freedom& freedom_;
    Outlet outlet_;
    LaterPackets completions_;
    LaterWork indication_, request_;
    WireWaker waker_;
    NDIS_HANDLE adapter_ = nullptr;
    std::atomic<bool> initialized_{false}, awake_{true}, connected_{true}; // switches; order no other data
    ULONG filter_ = 0, lookahead_;
};

} // namespace ndispool::host
