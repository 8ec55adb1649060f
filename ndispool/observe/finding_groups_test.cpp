#include "ndispool/observe/finding_groups.h"

#include <gtest/gtest.h>

namespace ndispool::observe {
namespace {

std::vector<Judged> of(std::vector<host::Finding> findings) {
    CheckReport report;
    report.run.findings = std::move(findings);
    return judged(report);
}

TEST(FindingGroups, one_mistake_made_often_is_one_group) {
    const auto groups = grouped(of({{"double-free", "packet freed twice", "d!F+0x1"},
                                    {"double-free", "packet freed twice", "d!F+0x1"},
                                    {"double-free", "freed on another thread", "d!F+0x1"}}));
    ASSERT_EQ(groups.size(), 1u);
    EXPECT_EQ(groups[0].count, 3u);
    EXPECT_EQ(groups[0].rule, "double-free");
    EXPECT_EQ(groups[0].where, "d!F+0x1");
    EXPECT_EQ(groups[0].messages, (std::vector<std::string>{"packet freed twice", "freed on another thread"}));
}

TEST(FindingGroups, another_rule_or_place_is_another_group) {
    EXPECT_EQ(grouped(of({{"a", "m", "x"}, {"b", "m", "x"}, {"a", "m", "y"}})).size(), 3u);
}

TEST(FindingGroups, the_largest_group_comes_first_then_the_order_of_the_findings) {
    const auto groups = grouped(of({{"one", "", ""}, {"two", "", ""}, {"many", "", ""}, {"many", "", ""}}));
    ASSERT_EQ(groups.size(), 3u);
    EXPECT_EQ(groups[0].rule, "many");
    EXPECT_EQ(groups[1].rule, "one");
    EXPECT_EQ(groups[2].rule, "two");
}

} // namespace
} // namespace ndispool::observe
