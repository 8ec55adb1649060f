// What the tests of packets share: pools that end with their scope, and the bugs that were reported meanwhile.
#pragma once

#include "ndis/packet.h"
#include "ndispool/ndis/packet_bug.h"
#include "ndispool/ndis/packet_pool_record.h"

#include <gtest/gtest.h>

#include <mutex>
#include <string>
#include <vector>

namespace ndispool::ndis {

struct TestPool {
    explicit TestPool(UINT descriptors, UINT overflow = 0, UINT protocol_reserved = 32) {
        NdisAllocatePacketPoolEx(&status, &handle, descriptors, overflow, protocol_reserved);
    }
    ~TestPool() {
        if (handle != nullptr)
            NdisFreePacketPool(handle);
    }
    TestPool(const TestPool&) = delete;
    TestPool& operator=(const TestPool&) = delete;

    // Null when the pool has none.
    PNDIS_PACKET take() {
        PNDIS_PACKET packet = nullptr;
        NdisAllocatePacket(&status, &packet, handle);
        EXPECT_EQ(status == NDIS_STATUS_SUCCESS, packet != nullptr);
        return packet;
    }
    std::vector<PNDIS_PACKET> take(std::size_t count) {
        std::vector<PNDIS_PACKET> packets;
        for (std::size_t i = 0; i < count; ++i)
            packets.push_back(take());
        return packets;
    }
    [[nodiscard]] UINT usage() const { return NdisPacketPoolUsage(handle); }

    NDIS_STATUS status = NDIS_STATUS_PENDING;
    NDIS_HANDLE handle = nullptr;
};

inline void free_all(const std::vector<PNDIS_PACKET>& packets) {
    for (PNDIS_PACKET packet : packets)
        NdisFreePacket(packet);
}

// A descriptor of its own bytes.
struct TestBuffer {
    explicit TestBuffer(std::string text) : bytes(std::move(text)) {
        NDIS_STATUS status;
        NdisAllocateBuffer(&status, &mdl, nullptr, bytes.data(), static_cast<UINT>(bytes.size()));
        EXPECT_EQ(status, NDIS_STATUS_SUCCESS);
    }
    ~TestBuffer() { NdisFreeBuffer(mdl); }
    TestBuffer(const TestBuffer&) = delete;
    TestBuffer& operator=(const TestBuffer&) = delete;

    std::string bytes;
    PNDIS_BUFFER mdl = nullptr;
};

// While it lives, bugs go here. One at a time.
class CaughtBugs {
  public:
    CaughtBugs() {
        caught().clear();
        set_packet_bug_hook([](const PacketBug& bug) {
            std::lock_guard held(lock());
            caught().push_back(bug);
        });
    }
    ~CaughtBugs() { set_packet_bug_hook(nullptr); }
    CaughtBugs(const CaughtBugs&) = delete;
    CaughtBugs& operator=(const CaughtBugs&) = delete;

    [[nodiscard]] std::vector<PacketBug> all() const {
        std::lock_guard held(lock());
        return caught();
    }
    [[nodiscard]] std::vector<std::string> rules() const {
        std::vector<std::string> names;
        for (const PacketBug& bug : all())
            names.emplace_back(bug.rule);
        return names;
    }

  private:
    static std::mutex& lock() {
        static std::mutex one;
        return one;
    }
    static std::vector<PacketBug>& caught() {
        static std::vector<PacketBug> list;
        return list;
    }
};

using Rules = std::vector<std::string>;

// The record of a pool by its handle: the youngest, should several have had it.
inline PoolRecord record_of(NDIS_HANDLE handle) {
    PoolRecord found;
    for (const PoolRecord& record : packet_pools())
        if (record.handle == handle)
            found = record;
    EXPECT_NE(found.id, 0u);
    return found;
}

} // namespace ndispool::ndis
