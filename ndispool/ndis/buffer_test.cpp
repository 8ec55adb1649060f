#include "ndispool/ndis/buffer.h"

#include "ndispool/ndis/packet_test_support.h"

#include <cstring>
#include <deque>
#include <thread>
#include <utility>

namespace ndispool::ndis {
namespace {

PNDIS_BUFFER allocate(PVOID address, UINT bytes, NDIS_HANDLE pool = nullptr) {
    NDIS_STATUS status;
    PNDIS_BUFFER buffer;
    NdisAllocateBuffer(&status, &buffer, pool, address, bytes);
    EXPECT_EQ(status, buffer != nullptr ? NDIS_STATUS_SUCCESS : NDIS_STATUS_FAILURE);
    return buffer;
}

PVOID at(ULONG_PTR address) {
    return reinterpret_cast<PVOID>(address);
}

// ---- Pools ----

TEST(NdisAllocateBufferPool, always_succeeds_and_gives_a_handle_that_is_not_null) {
    for (const UINT descriptors : {0u, 1u, 0xFFFFFFFFu}) {
        NDIS_STATUS status = NDIS_STATUS_PENDING;
        NDIS_HANDLE pool = nullptr;
        NdisAllocateBufferPool(&status, &pool, descriptors);
        EXPECT_EQ(status, NDIS_STATUS_SUCCESS);
        EXPECT_NE(pool, nullptr);
        NdisFreeBufferPool(pool);
    }
}

TEST(NdisAllocateBufferPool, the_number_of_descriptors_is_not_enforced) {
    NDIS_STATUS status;
    NDIS_HANDLE pool;
    NdisAllocateBufferPool(&status, &pool, 1);
    char bytes[4];
    PNDIS_BUFFER one = allocate(bytes, 4, pool), two = allocate(bytes, 4, pool);
    EXPECT_NE(one, nullptr);
    EXPECT_NE(two, nullptr);
    NdisFreeBuffer(one);
    NdisFreeBuffer(two);
    NdisFreeBufferPool(pool);
}

TEST(NdisFreeBufferPool, buffers_that_are_still_out_stay_valid) {
    NDIS_STATUS status;
    NDIS_HANDLE pool;
    NdisAllocateBufferPool(&status, &pool, 1);
    char bytes[4];
    PNDIS_BUFFER buffer = allocate(bytes, 4, pool);
    NdisFreeBufferPool(pool);
    EXPECT_EQ(NdisBufferLength(buffer), 4u);
    NdisFreeBuffer(buffer);
}

// ---- Descriptors ----

TEST(NdisAllocateBuffer, the_descriptor_names_the_range_and_stands_alone) {
    std::vector<char> memory(3 * PAGE_SIZE);
    char* address = static_cast<char*>(PAGE_ALIGN(memory.data() + PAGE_SIZE)) + 100;
    PNDIS_BUFFER buffer = allocate(address, 5000);
    EXPECT_EQ(buffer->Next, nullptr);
    EXPECT_EQ(buffer->StartVa, address - 100);
    EXPECT_EQ(buffer->ByteOffset, 100u);
    EXPECT_EQ(buffer->ByteCount, 5000u);
    EXPECT_EQ(buffer->MappedSystemVa, address);
    EXPECT_TRUE(buffer->MdlFlags & MDL_SOURCE_IS_NONPAGED_POOL);
    EXPECT_EQ(buffer->Size, static_cast<CSHORT>(sizeof(MDL) + 2 * sizeof(PFN_NUMBER)));
    EXPECT_EQ(MmGetMdlVirtualAddress(buffer), address);
    EXPECT_EQ(MmGetMdlPfnArray(buffer)[1], MmGetMdlPfnArray(buffer)[0] + 1) << "there is room for both pages";
    NdisFreeBuffer(buffer);
}

TEST(NdisAllocateBuffer, any_pool_handle_is_tolerated) {
    char bytes[4];
    TestPool packets(1);
    for (NDIS_HANDLE handle : {NDIS_HANDLE{nullptr}, packets.handle, at(~ULONG_PTR{0})}) {
        PNDIS_BUFFER buffer = allocate(bytes, 4, handle);
        EXPECT_NE(buffer, nullptr);
        NdisFreeBuffer(buffer);
    }
}

TEST(NdisAllocateBuffer, a_length_of_0_is_accepted) {
    char byte;
    PNDIS_BUFFER buffer = allocate(&byte, 0);
    ASSERT_NE(buffer, nullptr);
    EXPECT_EQ(NdisBufferLength(buffer), 0u);
    NdisFreeBuffer(buffer);
}

TEST(NdisAllocateBuffer, FAILURE_and_null_when_memory_is_refused) {
    char byte;
    set_buffer_faults({.descriptor = [] { return true; }});
    NDIS_STATUS status;
    PNDIS_BUFFER buffer = reinterpret_cast<PNDIS_BUFFER>(&byte);
    NdisAllocateBuffer(&status, &buffer, nullptr, &byte, 1);
    set_buffer_faults({});
    EXPECT_EQ(status, NDIS_STATUS_FAILURE);
    EXPECT_EQ(buffer, nullptr);
}

TEST(NdisAllocateBuffer, FAILURE_for_more_pages_than_an_MDL_can_say) {
    PNDIS_BUFFER largest = allocate(at(0x10000000), 8185 * PAGE_SIZE);
    ASSERT_NE(largest, nullptr);
    EXPECT_EQ(static_cast<USHORT>(largest->Size), sizeof(MDL) + 8185 * sizeof(PFN_NUMBER));
    NdisFreeBuffer(largest);
    EXPECT_EQ(allocate(at(0x10000001), 8185 * PAGE_SIZE), nullptr);
    EXPECT_EQ(allocate(at(0x10000000), 0xFFFFFFFF), nullptr);
}

TEST(NdisFreeBuffer, does_not_follow_the_chain) {
    TestBuffer second("xy");
    char byte;
    PNDIS_BUFFER first = allocate(&byte, 1);
    NDIS_BUFFER_LINKAGE(first) = second.mdl;
    NdisFreeBuffer(first);
    EXPECT_EQ(NdisBufferLength(second.mdl), 2u);
}

TEST(NdisFreeBuffer, and_IoFreeMdl_each_free_what_the_other_side_made) {
    char bytes[10];
    NdisFreeBuffer(IoAllocateMdl(bytes, 10, FALSE, FALSE, nullptr));
    IoFreeMdl(allocate(bytes, 10));
}

TEST(NdisFreeBuffer, any_thread_may_free_and_null_is_ignored) {
    char byte;
    PNDIS_BUFFER buffer = allocate(&byte, 1);
    std::thread([&] { NdisFreeBuffer(buffer); }).join();
    NdisFreeBuffer(nullptr);
}

TEST(NdisAdjustBufferLength, sets_the_length_and_nothing_else) {
    TestBuffer buffer("hello");
    const MDL before = *buffer.mdl;
    NdisAdjustBufferLength(buffer.mdl, 2);
    EXPECT_EQ(NdisBufferLength(buffer.mdl), 2u);
    (NdisAdjustBufferLength)(buffer.mdl, 5);
    EXPECT_EQ(std::memcmp(&before, buffer.mdl, sizeof before), 0);
}

// ---- NdisCopyBuffer ----

struct NdisCopyBufferTest : testing::Test {
    ~NdisCopyBufferTest() override { set_buffer_faults({}); }

    void source(const std::vector<std::string>& texts) {
        for (const std::string& text : texts) {
            buffers.emplace_back(text);
            if (buffers.size() > 1)
                NDIS_BUFFER_LINKAGE(buffers[buffers.size() - 2].mdl) = buffers.back().mdl;
        }
    }
    // "piece|piece" of the copy, or "-" when it is refused.
    std::string copy(UINT offset, UINT bytes) {
        NDIS_STATUS status;
        PNDIS_BUFFER first = buffers.front().mdl;
        NdisCopyBuffer(&status, &first, nullptr, buffers.front().mdl, offset, bytes);
        EXPECT_EQ(status, first != nullptr ? NDIS_STATUS_SUCCESS : NDIS_STATUS_FAILURE);
        std::string pieces = first != nullptr ? "" : "-";
        while (first != nullptr) {
            PVOID address;
            UINT length;
            NdisQueryBuffer(first, &address, &length);
            pieces += std::string(static_cast<char*>(address), length) + (first->Next != nullptr ? "|" : "");
            NdisFreeBuffer(std::exchange(first, first->Next));
        }
        return pieces;
    }

    std::deque<TestBuffer> buffers;
};

TEST_F(NdisCopyBufferTest, describes_a_part_of_one_buffer) {
    source({"abcdef"});
    EXPECT_EQ(copy(0, 6), "abcdef");
    EXPECT_EQ(copy(2, 3), "cde");
}

TEST_F(NdisCopyBufferTest, of_a_chain_is_a_chain_when_the_part_touches_several_buffers) {
    source({"ab", "", "cdef", "g"});
    EXPECT_EQ(copy(0, 7), "ab|cdef|g");
    EXPECT_EQ(copy(1, 4), "b|cde");
    EXPECT_EQ(copy(2, 2), "cd");
    EXPECT_EQ(copy(6, 1), "g");
}

TEST_F(NdisCopyBufferTest, shares_the_memory_and_does_not_copy_it) {
    source({"abc"});
    NDIS_STATUS status;
    PNDIS_BUFFER part;
    NdisCopyBuffer(&status, &part, nullptr, buffers[0].mdl, 1, 2);
    EXPECT_EQ(NdisBufferVirtualAddress(part), buffers[0].bytes.data() + 1);
    EXPECT_TRUE(part->MdlFlags & MDL_PARTIAL);
    NdisFreeBuffer(part);
}

TEST_F(NdisCopyBufferTest, FAILURE_when_the_part_is_not_inside_the_chain) {
    source({"ab", "cd"});
    EXPECT_EQ(copy(0, 5), "-");
    EXPECT_EQ(copy(4, 1), "-");
    EXPECT_EQ(copy(5, 0), "-");
    EXPECT_EQ(copy(1, 0xFFFFFFFF), "-");
    EXPECT_EQ(copy(0xFFFFFFFF, 1), "-");
}

TEST_F(NdisCopyBufferTest, a_part_of_length_0_inside_the_chain_is_one_empty_descriptor) {
    source({"ab", "cd"});
    EXPECT_EQ(copy(0, 0), "");
    EXPECT_EQ(copy(4, 0), "");
}

TEST_F(NdisCopyBufferTest, FAILURE_frees_what_it_had_made_when_memory_is_refused_half_way) {
    source({"ab", "cd", "ef"});
    static int left;
    left = 2;
    set_buffer_faults({.descriptor = [] { return left-- <= 0; }});
    EXPECT_EQ(copy(0, 6), "-");
    EXPECT_EQ(left, -1);
}

// ---- Queries ----

TEST(NdisQueryBuffer, gives_address_and_length_and_the_address_is_optional) {
    TestBuffer buffer("hello");
    UCHAR* address = nullptr;
    UINT bytes = 0;
    NdisQueryBuffer(buffer.mdl, &address, &bytes);
    EXPECT_EQ(static_cast<void*>(address), buffer.bytes.data());
    EXPECT_EQ(bytes, 5u);
    NdisQueryBuffer(buffer.mdl, nullptr, &bytes);
    PVOID by_function;
    (NdisQueryBuffer)(buffer.mdl, &by_function, &bytes);
    EXPECT_EQ(by_function, buffer.bytes.data());
    EXPECT_EQ(bytes, 5u);
}

TEST(NdisQueryBufferSafe, gives_a_null_address_and_the_length_when_the_mapping_fails) {
    TestBuffer buffer("hello");
    set_buffer_faults({.mapping = [](MM_PAGE_PRIORITY priority) { return priority == LowPagePriority; }});
    PVOID address = &buffer;
    UINT bytes = 0;
    NdisQueryBufferSafe(buffer.mdl, &address, &bytes, LowPagePriority);
    EXPECT_EQ(address, nullptr);
    EXPECT_EQ(bytes, 5u);
    EXPECT_EQ(NdisBufferVirtualAddressSafe(buffer.mdl, LowPagePriority), nullptr);
    NdisQueryBufferSafe(buffer.mdl, &address, &bytes, HighPagePriority);
    EXPECT_EQ(address, buffer.bytes.data());
    EXPECT_EQ(NdisBufferVirtualAddressSafe(buffer.mdl, HighPagePriority), buffer.bytes.data());
    NdisQueryBufferSafe(buffer.mdl, nullptr, &bytes, LowPagePriority);
    set_buffer_faults({});
    EXPECT_EQ(MmGetSystemAddressForMdlSafe(buffer.mdl, LowPagePriority), buffer.bytes.data());
}

TEST(NdisQueryBufferOffset, gives_the_offset_in_the_page_not_an_address) {
    PNDIS_BUFFER buffer = allocate(at(0x12345), 77);
    UINT offset, bytes;
    NdisQueryBufferOffset(buffer, &offset, &bytes);
    EXPECT_EQ(offset, 0x345u);
    EXPECT_EQ(bytes, 77u);
    offset = bytes = 0;
    (NdisQueryBufferOffset)(buffer, &offset, &bytes);
    EXPECT_EQ(offset, 0x345u);
    EXPECT_EQ(bytes, 77u);
    NdisFreeBuffer(buffer);
}

TEST(NdisBufferLength, and_NdisBufferVirtualAddress_are_the_same_as_macro_and_as_function) {
    TestBuffer buffer("hello");
    EXPECT_EQ(NdisBufferLength(buffer.mdl), 5u);
    EXPECT_EQ((NdisBufferLength)(buffer.mdl), 5u);
    EXPECT_EQ(NdisBufferVirtualAddress(buffer.mdl), buffer.bytes.data());
    EXPECT_EQ((NdisBufferVirtualAddress)(buffer.mdl), buffer.bytes.data());
}

struct Span {
    ULONG_PTR address;
    UINT bytes;
    ULONG pages;
};

class NdisBufferToSpanPages : public testing::TestWithParam<Span> {};

TEST_P(NdisBufferToSpanPages, counts_the_pages_the_range_touches_offset_included) {
    const auto [address, bytes, pages] = GetParam();
    PNDIS_BUFFER buffer = allocate(at(address), bytes);
    EXPECT_EQ(NDIS_BUFFER_TO_SPAN_PAGES(buffer), pages);
    EXPECT_EQ((NDIS_BUFFER_TO_SPAN_PAGES)(buffer), pages);
    UINT array_size = 0;
    NdisGetBufferPhysicalArraySize(buffer, &array_size);
    EXPECT_EQ(array_size, pages);
    array_size = 0;
    (NdisGetBufferPhysicalArraySize)(buffer, &array_size);
    EXPECT_EQ(array_size, pages);
    NdisFreeBuffer(buffer);
}

INSTANTIATE_TEST_SUITE_P(Ranges, NdisBufferToSpanPages,
                         testing::Values(Span{0x10000, 1, 1}, Span{0x10000, 4096, 1}, Span{0x10000, 4097, 2},
                                         Span{0x10FFF, 1, 1}, Span{0x10FFF, 2, 2}, Span{0x10800, 4096, 2},
                                         Span{0x10FFF, 4098, 3}, Span{0x10000, 0, 1}, Span{0x10800, 0, 1}));

TEST(NdisGetNextBuffer, gives_the_next_of_the_chain_and_null_at_its_end) {
    TestBuffer first("a"), second("b");
    NDIS_BUFFER_LINKAGE(first.mdl) = second.mdl;
    PNDIS_BUFFER next = nullptr;
    NdisGetNextBuffer(first.mdl, &next);
    EXPECT_EQ(next, second.mdl);
    NdisGetNextBuffer(next, &next);
    EXPECT_EQ(next, nullptr);
}

TEST(MdlMacros, page_arithmetic_uses_4096_bytes) {
    EXPECT_EQ(BYTE_OFFSET(0x12345), 0x345u);
    EXPECT_EQ(PAGE_ALIGN(at(0x12345)), at(0x12000));
    EXPECT_EQ(ROUND_TO_PAGES(1), 4096u);
    EXPECT_EQ(BYTES_TO_PAGES(8193), 3);
    EXPECT_EQ(ADDRESS_AND_SIZE_TO_SPAN_PAGES(0x10FFF, 2u), 2u);
    MDL storage[2];
    MmInitializeMdl(&storage[0], at(0x12345), 100);
    EXPECT_EQ(MmGetMdlByteOffset(&storage[0]), 0x345u);
    EXPECT_EQ(MmGetMdlByteCount(&storage[0]), 100u);
    EXPECT_EQ(MmGetMdlBaseVa(&storage[0]), at(0x12000));
    EXPECT_EQ(storage[0].Size, 56);
}

} // namespace
} // namespace ndispool::ndis
