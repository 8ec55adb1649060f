#include "ndispool/ndis/packet_copy.h"

#include "ndispool/ndis/buffer.h"
#include "ndispool/ndis/packet_test_support.h"

#include <deque>

namespace ndispool::ndis {
namespace {

struct NdisCopyFromPacketToPacketTest : testing::Test {
    ~NdisCopyFromPacketToPacketTest() override { free_all({source, target}); }

    static void chain(PNDIS_PACKET packet, std::deque<TestBuffer>& buffers, const std::vector<std::string>& texts) {
        for (const std::string& text : texts)
            NdisChainBufferAtBack(packet, buffers.emplace_back(text).mdl);
    }
    void from(const std::vector<std::string>& texts) { chain(source, source_buffers, texts); }
    void to(const std::vector<std::string>& texts) { chain(target, target_buffers, texts); }
    UINT copy(UINT target_offset, UINT bytes, UINT source_offset) {
        UINT copied = 77;
        NdisCopyFromPacketToPacket(target, target_offset, bytes, source, source_offset, &copied);
        return copied;
    }
    [[nodiscard]] std::string result() const {
        std::string all;
        for (const TestBuffer& buffer : target_buffers)
            all += buffer.bytes;
        return all;
    }

    TestPool pool{2};
    PNDIS_PACKET source = pool.take(), target = pool.take();
    std::deque<TestBuffer> source_buffers, target_buffers;
};

TEST_F(NdisCopyFromPacketToPacketTest, bytes_go_from_chain_to_chain_whatever_their_pieces) {
    from({"ab", "cdef", "g"});
    to({"...", ".", "....."});
    EXPECT_EQ(copy(0, 7, 0), 7u);
    EXPECT_EQ(result(), "abcdefg..");
}

TEST_F(NdisCopyFromPacketToPacketTest, offsets_may_lie_in_any_piece_and_on_its_border) {
    from({"ab", "cdef", "g"});
    to({"...", ".", "....."});
    EXPECT_EQ(copy(3, 3, 2), 3u);
    EXPECT_EQ(result(), "...cde...");
    EXPECT_EQ(copy(8, 1, 6), 1u);
    EXPECT_EQ(result(), "...cde..g");
}

TEST_F(NdisCopyFromPacketToPacketTest, the_end_of_the_source_ends_the_copy) {
    from({"abc"});
    to({"......"});
    EXPECT_EQ(copy(1, 100, 1), 2u);
    EXPECT_EQ(result(), ".bc...");
}

TEST_F(NdisCopyFromPacketToPacketTest, a_full_destination_ends_the_copy) {
    from({"abcdef"});
    to({"..", ".."});
    EXPECT_EQ(copy(1, 0xFFFFFFFF, 0), 3u);
    EXPECT_EQ(result(), ".abc");
}

TEST_F(NdisCopyFromPacketToPacketTest, offsets_at_or_past_the_end_and_a_length_of_0_copy_nothing) {
    from({"abc"});
    to({"..."});
    EXPECT_EQ(copy(0, 3, 3), 0u);
    EXPECT_EQ(copy(3, 3, 0), 0u);
    EXPECT_EQ(copy(0, 3, 0xFFFFFFFF), 0u);
    EXPECT_EQ(copy(0xFFFFFFFF, 3, 0), 0u);
    EXPECT_EQ(copy(0, 0, 0), 0u);
    EXPECT_EQ(result(), "...");
}

TEST_F(NdisCopyFromPacketToPacketTest, packets_without_buffers_copy_nothing) {
    EXPECT_EQ(copy(0, 5, 0), 0u);
    to({"..."});
    EXPECT_EQ(copy(0, 5, 0), 0u);
}

TEST_F(NdisCopyFromPacketToPacketTest, empty_buffers_are_passed_over) {
    from({"", "ab", "", "c"});
    to({"", ".", "", ".."});
    EXPECT_EQ(copy(0, 3, 0), 3u);
    EXPECT_EQ(result(), "abc");
}

TEST_F(NdisCopyFromPacketToPacketTest, both_may_lie_in_the_same_memory) {
    std::string shared = "abcdefgh";
    NDIS_STATUS status;
    PNDIS_BUFFER front, back;
    NdisAllocateBuffer(&status, &front, nullptr, shared.data(), 6);
    NdisAllocateBuffer(&status, &back, nullptr, shared.data() + 2, 6);
    NdisChainBufferAtFront(source, front);
    NdisChainBufferAtFront(target, back);
    EXPECT_EQ(copy(0, 6, 0), 6u);
    EXPECT_EQ(shared, "ababcdef");
    NdisFreeBuffer(front);
    NdisFreeBuffer(back);
}

TEST_F(NdisCopyFromPacketToPacketTest, copies_bytes_only_and_leaves_cached_counts) {
    from({"abc"});
    to({"..."});
    NDIS_SET_PACKET_HEADER_SIZE(source, 14);
    NdisSetPacketFlags(source, NDIS_FLAGS_MULTICAST_PACKET);
    NDIS_SET_PACKET_CANCEL_ID(source, 9);
    UINT bytes;
    NdisQueryPacketLength(target, &bytes);
    EXPECT_EQ(copy(0, 3, 0), 3u);
    EXPECT_EQ(NDIS_GET_PACKET_HEADER_SIZE(target), 0u);
    EXPECT_EQ(NdisGetPacketFlags(target), 0u);
    EXPECT_EQ(NDIS_GET_PACKET_CANCEL_ID(target), nullptr);
    EXPECT_TRUE(NDIS_PACKET_VALID_COUNTS(target));
    EXPECT_FALSE(NDIS_PACKET_VALID_COUNTS(source));
}

TEST_F(NdisCopyFromPacketToPacketTest, the_safe_form_copies_less_when_memory_cannot_be_mapped) {
    from({"ab", "cd"});
    to({"...."});
    static int mappings_left;
    mappings_left = 2;
    set_buffer_faults({.mapping = [](MM_PAGE_PRIORITY) { return mappings_left-- <= 0; }});
    UINT copied = 77;
    NdisCopyFromPacketToPacketSafe(target, 0, 4, source, 0, &copied, NormalPagePriority);
    EXPECT_EQ(copied, 2u);
    EXPECT_EQ(result(), "ab..");
    set_buffer_faults({});
    NdisCopyFromPacketToPacketSafe(target, 0, 4, source, 0, &copied, NormalPagePriority);
    EXPECT_EQ(copied, 4u);
    EXPECT_EQ(result(), "abcd");
}

} // namespace
} // namespace ndispool::ndis
