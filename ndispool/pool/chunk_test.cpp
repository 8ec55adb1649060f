#include "ndispool/pool/chunk.h"

#include "ndispool/pool/pages.h"

#include <gtest/gtest.h>

namespace ndispool::pool {
namespace {

// The record, the marks and the descriptors of any shape lie behind one another and within the chunk.
void expect_consistent(const Shape& shape) {
    SCOPED_TRACE(testing::Message() << shape.overflow << " of " << shape.size << " aligned " << shape.alignment);
    const ChunkLayout layout = ChunkLayout::of(shape);
    EXPECT_GE(layout.first, sizeof(Chunk) + Marks::words_for(layout.slots) * sizeof(std::uint64_t));
    EXPECT_EQ(layout.first % shape.alignment, 0u);
    EXPECT_EQ(layout.stride % shape.alignment, 0u);
    EXPECT_GE(layout.stride, shape.size);
    EXPECT_LE(layout.first + layout.slots * layout.stride, layout.bytes);
    EXPECT_EQ(layout.bytes % page_bytes, 0u);
    EXPECT_GE(layout.slots, 1u);
    EXPECT_LE(layout.slots, shape.overflow);
}

TEST(ChunkLayout, holds_its_record_its_marks_and_its_descriptors) {
    for (const std::uint32_t overflow : {1u, 2u, 31u, 33u, 1000u, max_capacity})
        for (const std::size_t size : {1, 2, 63, 64, 65, 384, 4096, 5000, 65536, 1000000})
            for (const std::size_t alignment : {1, 8, 64, 4096})
                expect_consistent({.descriptors = 0, .overflow = overflow, .size = size, .alignment = alignment});
}

TEST(ChunkLayout, takes_64_KiB_of_usual_descriptors_and_no_more_than_a_small_overflow_needs) {
    EXPECT_EQ(ChunkLayout::of({.descriptors = 0, .overflow = 10000, .size = 384}).bytes, 64u * 1024);
    EXPECT_EQ(ChunkLayout::of({.descriptors = 0, .overflow = 1, .size = 384}).bytes, page_bytes);
}

TEST(Chunk, gives_each_of_its_slots_once_and_takes_each_back_once) {
    const ChunkLayout layout = ChunkLayout::of({.descriptors = 0, .overflow = 3, .size = 100});
    LeavingChunks leaving(layout, system_pages());
    Chunk* chunk = Chunk::map(layout, system_pages());
    ASSERT_NE(chunk, nullptr);
    leaving.push(chunk);

    void* first = chunk->take(layout);
    void* second = chunk->take(layout);
    void* third = chunk->take(layout);
    EXPECT_EQ(chunk->used(), layout.slots);
    EXPECT_NE(first, second);
    EXPECT_NE(second, third);
    EXPECT_TRUE(chunk->give(second, layout));
    EXPECT_FALSE(chunk->give(second, layout));
    EXPECT_FALSE(chunk->is_out(second, layout));
    EXPECT_TRUE(chunk->is_out(third, layout));
    EXPECT_EQ(chunk->take(layout), second);
}

TEST(Chunk, knows_its_record_and_the_inside_of_a_descriptor_for_no_descriptor) {
    const ChunkLayout layout = ChunkLayout::of({.descriptors = 0, .overflow = 3, .size = 100});
    LeavingChunks leaving(layout, system_pages());
    Chunk* chunk = Chunk::map(layout, system_pages());
    ASSERT_NE(chunk, nullptr);
    leaving.push(chunk);

    auto* descriptor = static_cast<std::byte*>(chunk->take(layout));
    EXPECT_FALSE(chunk->give(chunk, layout));
    EXPECT_FALSE(chunk->give(descriptor + 1, layout));
    EXPECT_FALSE(chunk->give(descriptor + layout.stride, layout)); // never taken
    EXPECT_FALSE(chunk->give(descriptor + layout.slots * layout.stride, layout));
    EXPECT_EQ(chunk->used(), 1u);
}

} // namespace
} // namespace ndispool::pool
