#include "ndispool/pool/history.h"

#include <gtest/gtest.h>

namespace ndispool::pool {
namespace {

using enum Operation::Kind;

bool explained(const History& history, unsigned capacity) {
    return Explanation(history, capacity).exists();
}

TEST(History, operations_one_after_the_other_are_explained_only_as_they_were_made) {
    EXPECT_TRUE(explained({{{allocate, 0, 1, 2}, {in_use, 1, 3, 4}, {free, 0, 5, 6}, {in_use, 0, 7, 8}}}, 1));
    EXPECT_FALSE(explained({{{allocate, 0, 1, 2}, {in_use, 0, 3, 4}}}, 1));
    EXPECT_FALSE(explained({{{allocate, 0, 1, 2}, {in_use, 1, 3, 4}, {free, 0, 5, 6}, {in_use, 1, 7, 8}}}, 1));
    EXPECT_FALSE(explained({{{allocate, 0, 1, 2}, {refused, 1, 3, 4}}}, 2));
    EXPECT_TRUE(explained({{{allocate, 0, 1, 2}, {refused, 1, 3, 4}}}, 1));
    EXPECT_FALSE(explained({{{allocate, 0, 1, 2}, {allocate, 0, 3, 4}}}, 2)) << "two holders";
    EXPECT_FALSE(explained({{{allocate, 0, 1, 2}, {allocate, 1, 3, 4}}}, 1)) << "one too many";
}

TEST(History, operations_at_the_same_time_are_explained_in_either_order) {
    for (const std::uint8_t seen : {0, 1})
        EXPECT_TRUE(explained({{{allocate, 0, 1, 4}}, {{in_use, seen, 2, 3}}}, 1));
    EXPECT_FALSE(explained({{{allocate, 0, 1, 4}}, {{in_use, 2, 2, 3}}}, 2));
    EXPECT_TRUE(explained({{{allocate, 0, 1, 2}, {free, 0, 4, 7}}, {{allocate, 0, 5, 6}}}, 1));
    EXPECT_FALSE(explained({{{allocate, 0, 1, 2}, {free, 0, 4, 7}}, {{refused, 1, 8, 9}}}, 1));
}

TEST(History, the_frees_of_a_bulk_are_explained_in_any_order_and_what_follows_comes_after_them) {
    const std::vector<Operation> bulk{{allocate, 0, 1, 2}, {allocate, 1, 3, 4}, {free, 0, 5, 10}, {free, 1, 5, 10}};
    for (const std::uint8_t first : {0, 1})
        EXPECT_TRUE(explained({bulk, {{allocate, first, 6, 7}, {refused, 1, 8, 9}}}, 2)) << first;
    EXPECT_FALSE(explained({bulk, {{allocate, 0, 11, 12}, {refused, 1, 13, 14}}}, 2));
    auto then = bulk;
    then.push_back({in_use, 0, 11, 12});
    EXPECT_TRUE(explained({then}, 2));
    then.back().value = 1;
    EXPECT_FALSE(explained({then}, 2));
}

TEST(History, a_reservation_is_refused_only_while_fewer_are_free_and_takes_nothing) {
    EXPECT_TRUE(explained({{{allocate, 0, 1, 2}, {refused, 2, 3, 4}, {allocate, 1, 5, 6}}}, 2));
    EXPECT_FALSE(explained({{{allocate, 0, 1, 2}, {refused, 2, 3, 4}}}, 3)) << "both were free";
    const std::vector<Operation> other{{allocate, 0, 1, 2}, {free, 0, 7, 8}};
    EXPECT_TRUE(explained({other, {{refused, 2, 3, 6}}, {{in_use, 1, 4, 5}}}, 2));
    EXPECT_FALSE(explained({other, {{refused, 2, 3, 6}}, {{in_use, 2, 4, 5}}}, 2)) << "it took a part for a while";
    EXPECT_FALSE(explained({other, {{refused, 2, 3, 6}}, {{refused, 1, 4, 5}}}, 2)) << "so that another was refused";
    EXPECT_FALSE(explained({other, {{refused, 2, 9, 10}}}, 2)) << "all were free when it began";
}

// Each of two readings alone is fine, both are not: the usage does not go up and down and up.
TEST(History, readings_that_contradict_each_other_are_not_explained) {
    EXPECT_TRUE(explained({{{allocate, 0, 1, 10}}, {{in_use, 0, 2, 3}, {in_use, 1, 4, 5}}}, 1));
    EXPECT_FALSE(explained({{{allocate, 0, 1, 10}}, {{in_use, 1, 2, 3}, {in_use, 0, 4, 5}}}, 1));
    EXPECT_FALSE(explained({{{allocate, 0, 1, 10}}, {{in_use, 1, 2, 3}}, {{in_use, 0, 4, 5}}}, 1));
}

} // namespace
} // namespace ndispool::pool
