#include "ndispool/ndis/packet_chain.h"

#include "ndispool/ndis/buffer.h"
#include "ndispool/ndis/packet_test_support.h"

#include <thread>

namespace ndispool::ndis {
namespace {

using Chain = std::vector<PNDIS_BUFFER>;

struct NdisChain : testing::Test {
    ~NdisChain() override { NdisFreePacket(packet); }

    [[nodiscard]] Chain chain() const {
        Chain all;
        for (PNDIS_BUFFER buffer = NDIS_PACKET_FIRST_NDIS_BUFFER(packet); buffer != nullptr;
             NdisGetNextBuffer(buffer, &buffer))
            all.push_back(buffer);
        return all;
    }
    [[nodiscard]] UINT length() const {
        UINT bytes;
        NdisQueryPacketLength(packet, &bytes);
        return bytes;
    }
    PNDIS_BUFFER unchain(void (*function)(PNDIS_PACKET, PNDIS_BUFFER*)) const {
        PNDIS_BUFFER buffer;
        function(packet, &buffer);
        return buffer;
    }

    TestPool pool{1};
    PNDIS_PACKET packet = pool.take();
    TestBuffer a{"a"}, b{"bb"}, c{"cccc"}, d{"dddddddd"};
};

TEST_F(NdisChain, at_front_puts_a_buffer_before_all_others) {
    NdisChainBufferAtFront(packet, a.mdl);
    NdisChainBufferAtFront(packet, b.mdl);
    EXPECT_EQ(chain(), (Chain{b.mdl, a.mdl}));
    EXPECT_EQ(NDIS_PACKET_LAST_NDIS_BUFFER(packet), a.mdl);
}

TEST_F(NdisChain, at_back_puts_a_buffer_behind_all_others) {
    NdisChainBufferAtBack(packet, a.mdl);
    NdisChainBufferAtBack(packet, b.mdl);
    EXPECT_EQ(chain(), (Chain{a.mdl, b.mdl}));
    EXPECT_EQ(NDIS_PACKET_LAST_NDIS_BUFFER(packet), b.mdl);
}

TEST_F(NdisChain, what_is_put_on_may_itself_be_a_chain) {
    NDIS_BUFFER_LINKAGE(b.mdl) = c.mdl;
    NdisChainBufferAtFront(packet, b.mdl);
    EXPECT_EQ(NDIS_PACKET_LAST_NDIS_BUFFER(packet), c.mdl);
    NdisChainBufferAtFront(packet, a.mdl);
    NdisChainBufferAtBack(packet, d.mdl);
    EXPECT_EQ(chain(), (Chain{a.mdl, b.mdl, c.mdl, d.mdl}));
    for (int i = 0; i < 4; ++i)
        unchain(NdisUnchainBufferAtFront);
    NDIS_BUFFER_LINKAGE(b.mdl) = c.mdl;
    NdisChainBufferAtBack(packet, a.mdl);
    NdisChainBufferAtBack(packet, b.mdl);
    EXPECT_EQ(chain(), (Chain{a.mdl, b.mdl, c.mdl}));
    EXPECT_EQ(NDIS_PACKET_LAST_NDIS_BUFFER(packet), c.mdl);
}

TEST_F(NdisChain, unchain_at_front_takes_the_first_and_leaves_it_without_a_successor) {
    for (TestBuffer* buffer : {&a, &b})
        NdisChainBufferAtBack(packet, buffer->mdl);
    EXPECT_EQ(unchain(NdisUnchainBufferAtFront), a.mdl);
    EXPECT_EQ(a.mdl->Next, nullptr);
    EXPECT_EQ(chain(), Chain{b.mdl});
    EXPECT_EQ(unchain(NdisUnchainBufferAtFront), b.mdl);
    EXPECT_EQ(NDIS_PACKET_FIRST_NDIS_BUFFER(packet), nullptr);
    EXPECT_EQ(NDIS_PACKET_LAST_NDIS_BUFFER(packet), nullptr);
}

TEST_F(NdisChain, unchain_at_back_takes_the_last) {
    for (TestBuffer* buffer : {&a, &b, &c})
        NdisChainBufferAtBack(packet, buffer->mdl);
    EXPECT_EQ(unchain(NdisUnchainBufferAtBack), c.mdl);
    EXPECT_EQ(chain(), (Chain{a.mdl, b.mdl}));
    EXPECT_EQ(NDIS_PACKET_LAST_NDIS_BUFFER(packet), b.mdl);
    EXPECT_EQ(unchain(NdisUnchainBufferAtBack), b.mdl);
    EXPECT_EQ(unchain(NdisUnchainBufferAtBack), a.mdl);
    EXPECT_EQ(NDIS_PACKET_FIRST_NDIS_BUFFER(packet), nullptr);
    EXPECT_EQ(NDIS_PACKET_LAST_NDIS_BUFFER(packet), nullptr);
}

TEST_F(NdisChain, unchaining_from_an_empty_packet_gives_null) {
    EXPECT_EQ(unchain(NdisUnchainBufferAtFront), nullptr);
    EXPECT_EQ(unchain(NdisUnchainBufferAtBack), nullptr);
}

TEST_F(NdisChain, unchain_at_back_finds_the_end_of_a_chain_that_a_driver_made_by_hand) {
    NdisChainBufferAtBack(packet, a.mdl);
    NDIS_BUFFER_LINKAGE(a.mdl) = b.mdl;
    NDIS_PACKET_VALID_COUNTS(packet) = FALSE;
    EXPECT_EQ(unchain(NdisUnchainBufferAtBack), b.mdl);
    EXPECT_EQ(chain(), Chain{a.mdl});
}

TEST_F(NdisChain, each_change_makes_the_counts_invalid) {
    NdisChainBufferAtFront(packet, a.mdl);
    EXPECT_EQ(length(), 1u);
    EXPECT_TRUE(NDIS_PACKET_VALID_COUNTS(packet));
    NdisChainBufferAtBack(packet, b.mdl);
    EXPECT_FALSE(NDIS_PACKET_VALID_COUNTS(packet));
    EXPECT_EQ(length(), 3u);
    NdisChainBufferAtFront(packet, c.mdl);
    EXPECT_FALSE(NDIS_PACKET_VALID_COUNTS(packet));
    EXPECT_EQ(length(), 7u);
    unchain(NdisUnchainBufferAtFront);
    EXPECT_FALSE(NDIS_PACKET_VALID_COUNTS(packet));
    EXPECT_EQ(length(), 3u);
    unchain(NdisUnchainBufferAtBack);
    EXPECT_FALSE(NDIS_PACKET_VALID_COUNTS(packet));
    EXPECT_EQ(length(), 1u);
}

TEST_F(NdisChain, recalculate_makes_tail_the_real_end_and_the_counts_invalid) {
    NdisChainBufferAtBack(packet, a.mdl);
    EXPECT_EQ(length(), 1u);
    NDIS_BUFFER_LINKAGE(a.mdl) = b.mdl;
    NdisRecalculatePacketCounts(packet);
    EXPECT_EQ(NDIS_PACKET_LAST_NDIS_BUFFER(packet), b.mdl);
    EXPECT_FALSE(NDIS_PACKET_VALID_COUNTS(packet));
    EXPECT_EQ(length(), 3u);
    NDIS_PACKET_FIRST_NDIS_BUFFER(packet) = nullptr;
    NdisRecalculatePacketCounts(packet);
    EXPECT_EQ(NDIS_PACKET_LAST_NDIS_BUFFER(packet), b.mdl) << "an empty packet keeps its tail";
}

// ---- NdisQueryPacket ----

TEST_F(NdisChain, query_gives_pages_descriptors_first_and_bytes_in_any_combination) {
    NdisChainBufferAtBack(packet, a.mdl);
    NdisChainBufferAtBack(packet, b.mdl);
    UINT pages, count, bytes;
    PNDIS_BUFFER first;
    NdisQueryPacket(packet, &pages, &count, &first, &bytes);
    EXPECT_EQ(pages, NDIS_BUFFER_TO_SPAN_PAGES(a.mdl) + NDIS_BUFFER_TO_SPAN_PAGES(b.mdl));
    EXPECT_EQ(count, 2u);
    EXPECT_EQ(first, a.mdl);
    EXPECT_EQ(bytes, 3u);
    UINT alone;
    NdisQueryPacket(packet, &alone, nullptr, nullptr, nullptr);
    EXPECT_EQ(alone, pages);
    NdisQueryPacket(packet, nullptr, &alone, nullptr, nullptr);
    EXPECT_EQ(alone, count);
    NdisQueryPacket(packet, nullptr, nullptr, nullptr, &alone);
    EXPECT_EQ(alone, bytes);
    NdisQueryPacket(packet, nullptr, nullptr, nullptr, nullptr);
}

TEST_F(NdisChain, query_of_the_first_buffer_alone_computes_nothing) {
    NdisChainBufferAtBack(packet, a.mdl);
    PNDIS_BUFFER first;
    NdisQueryPacket(packet, nullptr, nullptr, &first, nullptr);
    EXPECT_EQ(first, a.mdl);
    EXPECT_FALSE(NDIS_PACKET_VALID_COUNTS(packet));
}

TEST_F(NdisChain, query_caches_counts_until_they_are_made_invalid) {
    NdisChainBufferAtBack(packet, a.mdl);
    EXPECT_EQ(length(), 1u);
    NdisAdjustBufferLength(a.mdl, 0);
    EXPECT_EQ(length(), 1u) << "an adjusted length does not touch the packet";
    NDIS_PACKET_VALID_COUNTS(packet) = FALSE;
    EXPECT_EQ(length(), 0u);
    NdisAdjustBufferLength(a.mdl, 1);
}

TEST_F(NdisChain, several_receivers_may_query_one_packet_at_once) {
    for (TestBuffer* buffer : {&a, &b, &c, &d})
        NdisChainBufferAtBack(packet, buffer->mdl);
    const auto query = [&] {
        UINT pages = 0, count = 0, bytes = 0;
        NdisQueryPacket(packet, &pages, &count, nullptr, &bytes);
        EXPECT_GE(pages, 4u);
        EXPECT_EQ(count, 4u);
        EXPECT_EQ(bytes, 15u);
    };
    std::thread one(query), other(query);
    one.join();
    other.join();
}

// ---- NdisGetFirstBufferFromPacket ----

TEST_F(NdisChain, first_buffer_comes_with_its_address_and_length_and_the_length_of_all) {
    NdisChainBufferAtBack(packet, b.mdl);
    NdisChainBufferAtBack(packet, c.mdl);
    PNDIS_BUFFER first;
    PVOID address;
    UINT bytes, total;
    NdisGetFirstBufferFromPacket(packet, &first, &address, &bytes, &total);
    EXPECT_EQ(first, b.mdl);
    EXPECT_EQ(address, b.bytes.data());
    EXPECT_EQ(bytes, 2u);
    EXPECT_EQ(total, 6u);
    EXPECT_FALSE(NDIS_PACKET_VALID_COUNTS(packet)) << "cached counts are neither used nor made";
}

TEST_F(NdisChain, first_buffer_of_an_empty_packet_is_null_with_lengths_0) {
    for (int form = 0; form < 2; ++form) {
        PNDIS_BUFFER first = a.mdl;
        PVOID address = &first;
        UINT bytes = 7, total = 7;
        if (form == 0)
            NdisGetFirstBufferFromPacket(packet, &first, &address, &bytes, &total);
        else
            NdisGetFirstBufferFromPacketSafe(packet, &first, &address, &bytes, &total, NormalPagePriority);
        EXPECT_EQ(first, nullptr);
        EXPECT_EQ(address, nullptr);
        EXPECT_EQ(bytes, 0u);
        EXPECT_EQ(total, 0u);
    }
}

TEST_F(NdisChain, safe_first_buffer_has_a_null_address_and_valid_lengths_when_the_mapping_fails) {
    NdisChainBufferAtBack(packet, b.mdl);
    NdisChainBufferAtBack(packet, c.mdl);
    PNDIS_BUFFER first;
    UCHAR* address;
    UINT bytes, total;
    set_buffer_faults({.mapping = [](MM_PAGE_PRIORITY priority) { return priority != HighPagePriority; }});
    NdisGetFirstBufferFromPacketSafe(packet, &first, &address, &bytes, &total, NormalPagePriority);
    EXPECT_EQ(address, nullptr);
    EXPECT_EQ(first, b.mdl);
    EXPECT_EQ(bytes, 2u);
    EXPECT_EQ(total, 6u);
    NdisGetFirstBufferFromPacketSafe(packet, &first, &address, &bytes, &total, HighPagePriority);
    EXPECT_EQ(static_cast<void*>(address), b.bytes.data());
    set_buffer_faults({});
}

} // namespace
} // namespace ndispool::ndis
