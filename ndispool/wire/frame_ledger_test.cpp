#include "ndispool/wire/frame_ledger.h"

#include <gtest/gtest.h>
#include <random>

namespace ndispool::wire {
namespace {

TEST(FrameLedger, at_first_all_frames_are_free_and_each_is_taken_once) {
    FrameLedger ledger(100, 8);
    EXPECT_EQ(ledger.count(Place::free), 8U);
    std::vector<bool> seen(8);
    for (int i = 0; i < 8; ++i) {
        const auto frame = ledger.take(Place::tx);
        ASSERT_TRUE(frame && *frame >= 100 && *frame < 108);
        EXPECT_FALSE(seen[*frame - 100]);
        seen[*frame - 100] = true;
    }
    EXPECT_FALSE(ledger.take(Place::tx));
    EXPECT_EQ(ledger.count(Place::tx), 8U);
    EXPECT_TRUE(ledger.balanced());
}

TEST(FrameLedger, a_move_from_where_the_frame_is_not_is_refused_and_changes_nothing) {
    FrameLedger ledger(4, 4);
    const std::uint32_t frame = *ledger.take(Place::fill);
    EXPECT_FALSE(ledger.move(frame, Place::rx, Place::app));
    EXPECT_FALSE(ledger.move(frame, Place::free, Place::fill)) << "only take() empties the free list";
    EXPECT_FALSE(ledger.move(3, Place::fill, Place::free)) << "not one of these";
    EXPECT_FALSE(ledger.move(8, Place::fill, Place::free));
    EXPECT_EQ(ledger.count(Place::fill), 1U);
    EXPECT_TRUE(ledger.move(frame, Place::fill, Place::free));
    EXPECT_FALSE(ledger.move(frame, Place::fill, Place::free)) << "given back twice";
    EXPECT_TRUE(ledger.balanced());
}

TEST(FrameLedger, whatever_is_moved_the_sum_over_all_places_stays) {
    std::mt19937 random(1);
    FrameLedger ledger(0, 32);
    for (int i = 0; i < 20'000; ++i) {
        if (random() % 2)
            (void)ledger.take(static_cast<Place>(1 + random() % (places - 1)));
        else
            (void)ledger.move(random() % 33, static_cast<Place>(random() % places),
                              static_cast<Place>(random() % places));
        ASSERT_TRUE(ledger.balanced());
        std::uint32_t sum = 0;
        for (std::size_t place = 0; place < places; ++place)
            sum += ledger.count(static_cast<Place>(place));
        ASSERT_EQ(sum, 32U);
    }
}

} // namespace
} // namespace ndispool::wire
