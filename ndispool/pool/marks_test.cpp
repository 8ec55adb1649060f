#include "ndispool/pool/marks.h"

#include <gtest/gtest.h>

#include <array>
#include <vector>

namespace ndispool::pool {
namespace {

TEST(Marks, are_set_and_cleared_one_by_one_across_words) {
    std::array<std::uint64_t, 3> words{};
    Marks marks(words.data());
    for (const std::size_t index : {0, 63, 64, 127, 128, 191}) {
        marks.set(index);
        EXPECT_TRUE(marks.test(index));
    }
    marks.clear(64);
    std::vector<std::size_t> seen;
    marks.for_each(192, [&](std::size_t index) { seen.push_back(index); });
    EXPECT_EQ(seen, (std::vector<std::size_t>{0, 63, 127, 128, 191}));
}

TEST(Marks, first_clear_is_the_lowest_without_a_mark) {
    std::array<std::uint64_t, 2> words{};
    Marks marks(words.data());
    for (std::size_t index = 0; index < 128; ++index) {
        EXPECT_EQ(marks.first_clear(), index);
        marks.set(index);
    }
    marks.clear(70);
    EXPECT_EQ(marks.first_clear(), 70u);
}

TEST(Marks, words_for_is_the_least_that_has_a_bit_for_each) {
    EXPECT_EQ(Marks::words_for(0), 0u);
    EXPECT_EQ(Marks::words_for(1), 1u);
    EXPECT_EQ(Marks::words_for(64), 1u);
    EXPECT_EQ(Marks::words_for(65), 2u);
}

} // namespace
} // namespace ndispool::pool
