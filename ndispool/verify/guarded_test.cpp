#include "ndispool/verify/guarded.h"

#include "ndispool/verify/quarantine.h"

#include <cstring>
#include <gtest/gtest.h>
#include <sys/uio.h>
#include <unistd.h>
#include <vector>

namespace ndispool::verify {
namespace {

class GuardedBlocks : public testing::Test {
  protected:
    ~GuardedBlocks() override { forget_guarded(); }
};

// The kernel looks, so that no is an answer and not a fault.
bool accessible(const std::byte* at) {
    std::byte byte{};
    const iovec to{&byte, 1}, from{const_cast<std::byte*>(at), 1};
    return process_vm_readv(getpid(), &to, 1, &from, 1, 0) == 1;
}

std::uintptr_t number(const std::byte* at) {
    return reinterpret_cast<std::uintptr_t>(at);
}

TEST_F(GuardedBlocks, a_block_is_whole_and_ends_where_nothing_is) {
    for (const std::size_t bytes : {1u, 16u, 100u, 4096u, 4097u, 9000u, 40'000u, 65'536u}) {
        const auto guarded = guarded_allocate(bytes, 16);
        ASSERT_TRUE(guarded) << bytes;
        std::memset(guarded->block, 1, bytes);
        EXPECT_EQ(number(guarded->block) % 16, 0u);
        EXPECT_LT(guarded->tail, 16u);
        EXPECT_TRUE(accessible(guarded->block - guarded->front));
        EXPECT_FALSE(accessible(guarded->block + bytes + guarded->tail)) << bytes;
    }
    EXPECT_FALSE(guarded_allocate(largest_guarded + 1, 16));
    EXPECT_EQ(number(guarded_allocate(70, 64)->block) % 64, 0u);
}

TEST_F(GuardedBlocks, what_lies_behind_is_opened_once_and_closed_for_the_next_block) {
    const auto first = guarded_allocate(64, 16);
    std::byte* const behind = first->block + 64;
    const Touch touch = open_for(number(behind));
    EXPECT_EQ(touch.block, first->block);
    EXPECT_TRUE(touch.first);
    EXPECT_FALSE(open_for(number(behind)).first);
    EXPECT_EQ(*behind, std::byte{canary_byte});
    guarded_release(first->block);
    EXPECT_FALSE(accessible(behind));
}

TEST_F(GuardedBlocks, a_freed_block_is_closed_until_somebody_touches_it) {
    const auto one = guarded_allocate(200, 16);
    std::memset(one->block, poison_byte, 200);
    EXPECT_FALSE(is_closed(one->block));
    guarded_close(one->block);
    EXPECT_TRUE(is_closed(one->block + 100));
    EXPECT_FALSE(accessible(one->block));
    EXPECT_EQ(open_for(number(one->block) + 7).block, one->block);
    EXPECT_FALSE(is_closed(one->block));
    EXPECT_EQ(*one->block, std::byte{poison_byte}) << "what it was filled with is still there";
}

TEST_F(GuardedBlocks, in_front_of_a_block_that_fills_its_pages_is_its_own_guard) {
    std::vector<std::byte*> blocks;
    for (int i = 0; i < 3; ++i)
        blocks.push_back(guarded_allocate(page_bytes, 16)->block);
    EXPECT_EQ(open_for(number(blocks[1]) - 8).block, blocks[1]);
    EXPECT_EQ(open_for(number(blocks[1]) + page_bytes + 8).block, blocks[1]);
}

TEST_F(GuardedBlocks, there_are_no_more_than_the_header_says_and_released_ones_serve_again) {
    std::vector<std::byte*> blocks;
    std::size_t pages = 0;
    for (const std::size_t bytes : {std::size_t{64}, 2 * page_bytes, 4 * page_bytes, 16 * page_bytes})
        while (const auto guarded = guarded_allocate(bytes, 16)) {
            blocks.push_back(guarded->block);
            pages += guarded->pages;
        }
    EXPECT_EQ(pages, most_pages);
    guarded_close(blocks.front());
    guarded_release(blocks.front());
    const auto again = guarded_allocate(64, 16);
    ASSERT_TRUE(again);
    EXPECT_TRUE(accessible(again->block));
}

TEST_F(GuardedBlocks, addresses_elsewhere_are_nobodys) {
    std::byte local{};
    EXPECT_EQ(open_for(number(&local)).block, nullptr);
    EXPECT_EQ(open_for(0x10).block, nullptr);
    EXPECT_FALSE(is_closed(&local));
}

} // namespace
} // namespace ndispool::verify
