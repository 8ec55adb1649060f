// A stack to test the host with: a miniport and protocols whose handlers are test code, brought up without a driver file.
//   Holds:     one Stack at a time. Its destructor halts the adapter, runs what work is left and stops the machine.
#pragma once

#include "ndispool/host/findings.h"
#include "ndispool/host/pnp.h"
#include "ndispool/machine/clock.h"
#include "ndispool/machine/processor.h"
#include "ndispool/machine/work.h"

#include <cstring>
#include <deque>
#include <functional>
#include <gtest/gtest.h>
#include <memory>
#include <ndis.h>
#include <vector>

namespace ndispool::host::testing {

inline constexpr std::array<std::uint8_t, 6> station = {0x02, 0, 0, 0, 0, 0x01};

// Waits for something another thread does. The limit only protects against a hang.
template <class Predicate> bool eventually(Predicate predicate) {
    for (int i = 0; i < 20'000; ++i) {
        if (predicate())
            return true;
        machine::sleep_100ns(5'000);
    }
    return false;
}

struct TestMiniport {
    ULONG attributes = NDIS_ATTRIBUTE_DESERIALIZE;
    ULONG mac_options = 0;
    NDIS_HANDLE handle = nullptr;
    bool use_send_handler = false; // MiniportSend instead of MiniportSendPackets
    std::atomic<int> halts{0};
    std::vector<PVOID> cancelled; // ids of MiniportCancelSendPackets

    std::function<NDIS_STATUS()> on_initialize = [] { return NDIS_STATUS_SUCCESS; };
    std::function<void(std::span<PNDIS_PACKET>)> on_send_packets = [this](std::span<PNDIS_PACKET> packets) {
        for (PNDIS_PACKET packet : packets)
            NdisMSendComplete(handle, packet, NDIS_STATUS_SUCCESS);
    };
    std::function<NDIS_STATUS(PNDIS_PACKET)> on_send = [](PNDIS_PACKET) { return NDIS_STATUS_SUCCESS; };
    std::function<void(PNDIS_PACKET)> on_return = [](PNDIS_PACKET) {};
    std::function<void()> on_halt = [] {};
    // Nothing: the built-in answer.
    std::function<std::optional<NDIS_STATUS>(bool set, NDIS_OID, std::span<std::byte>)> on_request =
        [](bool, NDIS_OID, std::span<std::byte>) { return std::nullopt; };
    std::function<NDIS_STATUS(PNDIS_PACKET, UINT*, NDIS_HANDLE, UINT, UINT)> on_transfer;
    std::function<NDIS_STATUS(BOOLEAN*)> on_reset;
    std::function<bool()> on_hang_check;
    UINT hang_check_seconds = 0;
};

// Declared after the stack it is bound to: it unbinds when it goes.
struct TestProtocol {
    TestProtocol() = default;
    TestProtocol(const TestProtocol&) = delete;
    ~TestProtocol();

    Protocol* protocol = nullptr;
    NDIS_HANDLE binding = nullptr;
    NDIS_HANDLE unbind_context = nullptr;
    bool with_receive_packet = true;
    ULONG filter = NDIS_PACKET_TYPE_PROMISCUOUS;
    std::vector<std::pair<PNDIS_PACKET, NDIS_STATUS>> sent;
    std::vector<NDIS_STATUS> requests;
    std::vector<NDIS_STATUS> statuses;
    std::vector<NDIS_STATUS> resets;
    std::atomic<int> receive_completes{0};

    std::function<int(PNDIS_PACKET)> on_receive_packet = [](PNDIS_PACKET) { return 0; };
    std::function<NDIS_STATUS(NDIS_HANDLE, std::span<const std::byte> header, std::span<const std::byte> data, UINT)>
        on_receive = [](NDIS_HANDLE, std::span<const std::byte>, std::span<const std::byte>, UINT) {
            return NDIS_STATUS_SUCCESS;
        };
    std::function<void(PNDIS_PACKET, NDIS_STATUS)> on_sent = [this](PNDIS_PACKET packet, NDIS_STATUS status) {
        sent.emplace_back(packet, status);
    };
    std::function<void(PNDIS_REQUEST, NDIS_STATUS)> on_request = [this](PNDIS_REQUEST, NDIS_STATUS status) {
        requests.push_back(status);
    };
    std::function<NDIS_STATUS(NET_PNP_EVENT&)> on_event; // none: the protocol has no such handler
    std::function<void(PNDIS_PACKET, NDIS_STATUS, UINT)> on_transferred = [](PNDIS_PACKET, NDIS_STATUS, UINT) {};

    NDIS_STATUS set(NDIS_OID oid, void* value, UINT length);
    NDIS_STATUS set_filter(ULONG types) { return set(OID_GEN_CURRENT_PACKET_FILTER, &types, sizeof types); }
    Binding& bound() { return *binding_of(binding); }
};

// A packet of the test's own pool around bytes that live as long as it.
class TestPacket {
  public:
    explicit TestPacket(std::size_t bytes = 60, std::uint8_t first_byte = 0xff);
    ~TestPacket();
    TestPacket(const TestPacket&) = delete;
    PNDIS_PACKET get() { return packet_; }
    operator PNDIS_PACKET() { return packet_; }
    std::vector<std::uint8_t>& bytes() { return bytes_; }

  private:
    std::vector<std::uint8_t> bytes_;
    PNDIS_PACKET packet_ = nullptr;
    PNDIS_BUFFER buffer_ = nullptr;
};

class Stack {
  public:
    explicit Stack(TestMiniport& miniport, unsigned processors = 1, machine::Clock clock = machine::Clock::real);
    ~Stack();
    Adapter& adapter() { return *adapter_; }
    NDIS_STATUS started() const { return started_; }
    Adapter& add(TestMiniport& miniport, std::u16string name); // one more of the same driver
    // The upper edge of an intermediate driver whose lower edge is `below`.
    Adapter& add_above(TestMiniport& miniport, TestProtocol& below, std::u16string name);
    void bind(TestProtocol& protocol) { bind(protocol, *adapter_); }
    void bind(TestProtocol& protocol, Adapter& adapter);
    void indicate(std::span<const PNDIS_PACKET> packets);
    std::vector<RawFinding> findings() { return take_findings(); }

  private:
    Adapter& add(MiniportDriver& driver, TestMiniport& miniport, std::u16string name);

    Driver driver_;
    Adapter* adapter_ = nullptr;
    NDIS_STATUS started_ = NDIS_STATUS_FAILURE;
};

} // namespace ndispool::host::testing
