#include "ndispool/wire/spelling.h"

#include <array>

#include <gtest/gtest.h>

namespace ndispool::wire {
namespace {

TEST(EditDistance, counts_letters_inserted_removed_and_changed) {
    EXPECT_EQ(edit_distance("", ""), 0U);
    EXPECT_EQ(edit_distance("null", "null"), 0U);
    EXPECT_EQ(edit_distance("", "tap"), 3U);
    EXPECT_EQ(edit_distance("tap", ""), 3U);
    EXPECT_EQ(edit_distance("reply", "replay"), 1U);
    EXPECT_EQ(edit_distance("recrod", "record"), 2U);
    EXPECT_EQ(edit_distance("kitten", "sitting"), 3U);
}

TEST(Nearest, is_the_closest_word_and_none_when_all_are_far) {
    constexpr auto words = std::to_array<std::string_view>({"replay", "record", "tap"});
    EXPECT_EQ(nearest("replat", words), "replay");
    EXPECT_EQ(nearest("recor", words), "record");
    EXPECT_EQ(nearest("repcord", words), "record");
    EXPECT_EQ(nearest("pcap", words), "") << "half of the letters changed";
    EXPECT_EQ(nearest("renown", words), "") << "three letters from record";
    EXPECT_EQ(nearest("", words), "");
}

} // namespace
} // namespace ndispool::wire
