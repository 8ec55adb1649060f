#include "ndispool/detail/slot.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <vector>

namespace ndispool::pool {
namespace {

using Slot = detail::Slot<detail::Native>;
constexpr std::uint32_t magazine = detail::Native::magazine;

// Descriptors that are never followed; the chain is a vector beside the slot.
struct SlotTest : testing::Test {
    SlotTest() { slot->set_limit(Slot::capacity, 14); }

    void* make() { return reinterpret_cast<void*>(64 * ++made); }
    void fill(std::uint32_t descriptors) {
        for (std::uint32_t i = 0; i < descriptors; ++i)
            slot->put(make());
    }
    bool stow() {
        return slot->stow([this](detail::Chain& chain, void* const* oldest) {
            folded.insert(folded.end(), oldest, oldest + magazine);
            ++chain.magazines;
        });
    }
    bool refill() {
        return slot->refill([this](detail::Chain& chain, void** place) {
            std::copy(folded.end() - magazine, folded.end(), place);
            folded.resize(folded.size() - magazine);
            --chain.magazines;
        });
    }
    [[nodiscard]] std::vector<void*> shown() const {
        std::vector<void*> all;
        slot->for_each([&](void* descriptor) { all.push_back(descriptor); });
        return all;
    }

    std::unique_ptr<Slot> slot = std::make_unique<Slot>();
    std::vector<void*> folded;
    std::uintptr_t made = 0;
};

TEST_F(SlotTest, gives_back_what_was_put_the_last_first) {
    fill(3);
    const std::vector<void*> there = shown();
    ASSERT_EQ(there.size(), 3u);
    for (std::size_t i = 3; i-- != 0;) {
        void* descriptor;
        ASSERT_TRUE(slot->take(descriptor));
        EXPECT_EQ(descriptor, there[i]);
    }
    void* descriptor;
    EXPECT_FALSE(slot->take(descriptor));
}

TEST_F(SlotTest, has_no_more_than_its_limit_wherever_that_is_moved) {
    for (const std::uint32_t limit : {4u, 64u, 10u, 0u, 1u, 63u}) {
        while (slot->stock() > limit)
            static_cast<void>(slot->pick());
        const std::vector<void*> before = shown();
        slot->set_limit(limit, 0);
        EXPECT_EQ(shown(), before);
        for (std::uint32_t left = limit - slot->stock(); left != 0; --left)
            ASSERT_TRUE(slot->give(make())) << limit;
        EXPECT_FALSE(slot->give(make())) << limit;
        void* const one = make();
        EXPECT_FALSE(slot->give({&one, 1})) << limit;
        EXPECT_EQ(slot->stock(), limit);
    }
}

TEST_F(SlotTest, keeps_a_stock_that_is_above_a_new_limit_until_it_was_taken) {
    fill(40);
    const std::vector<void*> there = shown();
    slot->set_limit(8, 0);
    EXPECT_EQ(shown(), there);
    EXPECT_FALSE(slot->give(make()));
    void* descriptor;
    ASSERT_TRUE(slot->take(descriptor));
    EXPECT_EQ(descriptor, there.back());
    ASSERT_TRUE(slot->give(descriptor));
    slot->drop_oldest(38, [](void*) {});
    EXPECT_EQ(shown(), std::vector<void*>(there.end() - 2, there.end()));
    slot->set_limit(8, 0);
    for (int i = 0; i < 6; ++i)
        ASSERT_TRUE(slot->give(make()));
    EXPECT_FALSE(slot->give(make()));
}

TEST_F(SlotTest, lets_its_owner_take_down_to_the_slack_and_hides_nothing_from_others) {
    fill(10);
    const std::vector<void*> there = shown();
    slot->set_slack(7);
    EXPECT_EQ(shown(), there) << "what is under the floor is there";
    std::array<void*, 4> four;
    EXPECT_FALSE(slot->take(four));
    for (std::size_t i = 10; i-- != 7;) {
        void* descriptor;
        ASSERT_TRUE(slot->take(descriptor));
        EXPECT_EQ(descriptor, there[i]);
    }
    void* descriptor;
    EXPECT_FALSE(slot->take(descriptor));
    EXPECT_EQ(slot->pick(), there[6]);
    slot->set_slack(2);
    EXPECT_TRUE(slot->take(four));
    EXPECT_EQ(std::vector<void*>(four.begin(), four.end()), std::vector<void*>(there.begin() + 2, there.begin() + 6));
    EXPECT_FALSE(slot->take(descriptor));
    slot->set_slack(0);
    EXPECT_TRUE(slot->take(descriptor));
    EXPECT_EQ(descriptor, there[1]);
}

TEST_F(SlotTest, brings_no_spare_magazine_that_the_slack_forbids) {
    fill(magazine + 1);
    ASSERT_TRUE(stow());
    slot->set_slack(1);
    EXPECT_FALSE(refill());
    slot->set_slack(0);
    EXPECT_TRUE(refill());
}

// Whatever the counters say: a thread may free only, or allocate only, for ever.
TEST_F(SlotTest, exchanges_magazines_with_who_only_frees_and_who_only_allocates) {
    for (std::uint32_t turn = 0; turn < 5; ++turn) {
        while (slot->give(make()))
            ;
        ASSERT_TRUE(stow()) << turn;
        EXPECT_EQ(slot->stock(), magazine);
    }
    slot->drop_oldest(slot->stock(), [](void*) {});
    for (std::uint32_t turn = 0; turn < 5; ++turn) {
        ASSERT_TRUE(refill()) << turn;
        void* descriptor;
        for (std::uint32_t i = 0; i < magazine; ++i)
            ASSERT_TRUE(slot->take(descriptor));
    }
    EXPECT_FALSE(refill()) << "none is spare";
    slot->count_allocations(1000);
    fill(magazine + 1);
    EXPECT_TRUE(stow());
    EXPECT_TRUE(refill());
    EXPECT_EQ(slot->stock(), magazine + 1);
}

TEST_F(SlotTest, is_left_alone_while_it_is_blocked_and_is_as_before_afterwards) {
    fill(magazine + 5);
    ASSERT_TRUE(stow());
    fill(magazine);
    const std::vector<void*> there = shown();
    slot->block();
    void* one = make();
    EXPECT_FALSE(slot->take(one));
    EXPECT_FALSE(slot->take({&one, 1}));
    EXPECT_FALSE(slot->give(one));
    EXPECT_FALSE(slot->give({&one, 1}));
    EXPECT_FALSE(stow());
    while (slot->stock() != 1)
        static_cast<void>(slot->pick());
    EXPECT_FALSE(refill());
    EXPECT_TRUE(slot->quiet());
    slot->unblock();
    EXPECT_TRUE(refill());
    ASSERT_TRUE(slot->take(one));
    EXPECT_EQ(one, there.front());
    EXPECT_EQ(slot->kept(), magazine);
}

} // namespace
} // namespace ndispool::pool
