#include "ndispool/tool/sweep_plan.h"

#include "ndispool/tool/testing.h"

#include <gtest/gtest.h>
#include <set>

namespace ndispool::tool {
namespace {

// Three call stacks: one seen once, two seen twice; five more calls that were not listed.
const std::vector<SeenCall> calls = {{1, "NdisAllocateMemoryWithTag", 0xa, 1, {"d!Bind+0x10", "d!Entry+0x5"}},
                                     {2, "NdisAllocatePacket", 0xb, 1, {"d!Receive+0x20"}},
                                     {3, "NdisAllocatePacket", 0xb, 2, {"d!Receive+0x20"}},
                                     {4, "NdisAllocateBuffer", 0xc, 1, {"d!Copy+0x30", "d!Receive+0x44"}},
                                     {7, "NdisAllocateBuffer", 0xc, 2, {"d!Copy+0x30", "d!Receive+0x44"}}};
constexpr std::uint64_t total = 10;

std::vector<std::string> selectors(const std::optional<std::string>& faults,
                                   std::optional<std::uint64_t> seed = std::nullopt, const Shard& shard = {}) {
    std::vector<std::string> list;
    for (const PlannedCase& one : plan(calls, total, parse_faults(faults), seed, shard))
        list.push_back(one.selector);
    return list;
}

using List = std::vector<std::string>;
const List each = {"stack:000000000000000a:1", "stack:000000000000000b:1", "stack:000000000000000b:2",
                   "stack:000000000000000c:1", "stack:000000000000000c:2"};

TEST(SweepPlan, by_default_each_call_stack_is_tried_at_its_first_two_occurrences) {
    EXPECT_EQ(selectors({}), each);
    EXPECT_EQ(plan(calls, total, {}, {}, {})[3].name, "call 4, NdisAllocateBuffer in d!Copy+0x30, occurrence 1");
}

TEST(SweepPlan, all_is_every_call_and_none_is_no_run) {
    EXPECT_EQ(selectors("all").size(), total);
    EXPECT_EQ(selectors("all")[4], "5"); // not listed: known by its number
    EXPECT_EQ(selectors("all")[6], each[4]);
    EXPECT_TRUE(selectors("none").empty());
}

TEST(SweepPlan, numbers_and_ranges_choose_calls) {
    EXPECT_EQ(selectors("2..4"), List(each.begin() + 1, each.begin() + 4));
    EXPECT_EQ(selectors("6"), List{"6"});
    EXPECT_EQ(selectors("1,7"), (List{each[0], each[4]}));
}

TEST(SweepPlan, a_site_is_a_function_or_a_place_anywhere_on_the_stack) {
    EXPECT_EQ(selectors("Receive"), List(each.begin() + 1, each.end()));
    EXPECT_EQ(selectors("Copy+0x30"), List(each.begin() + 3, each.end()));
    EXPECT_EQ(selectors("NdisAllocatePacket"), List(each.begin() + 1, each.begin() + 3));
}

TEST(SweepPlan, what_a_report_prints_is_exactly_that_run) {
    for (const PlannedCase& one : plan(calls, total, {}, 7, {})) {
        const auto again = plan(calls, total, parse_faults(one.selector), {}, {});
        ASSERT_EQ(again.size(), 1u) << one.selector;
        EXPECT_EQ(again[0].faults.positions, one.faults.positions);
        EXPECT_EQ(again[0].faults.ordinals, one.faults.ordinals);
    }
    EXPECT_EQ(selectors("stack:00000000000000ff:9"), List{"stack:00000000000000ff:9"}); // not seen, but possible
}

TEST(SweepPlan, a_seed_adds_as_many_runs_with_several_calls_failing) {
    const auto runs = plan(calls, total, {}, 42, {});
    ASSERT_EQ(runs.size(), 2 * each.size());
    for (std::size_t i = each.size(); i < runs.size(); ++i) {
        EXPECT_GE(runs[i].faults.positions.size(), 2u);
        EXPECT_LE(runs[i].faults.positions.size(), 4u);
    }
    EXPECT_EQ(selectors({}, 42), selectors({}, 42));
    EXPECT_NE(selectors({}, 42), selectors({}, 43));
}

TEST(SweepPlan, the_shards_together_are_the_sweep_each_run_once) {
    std::multiset<std::string> together;
    for (const std::uint64_t number : {1, 2, 3})
        for (const std::string& one : selectors({}, 5, {number, 3}))
            together.insert(one);
    const List whole = selectors({}, 5);
    EXPECT_EQ(together, std::multiset<std::string>(whole.begin(), whole.end()));
    EXPECT_TRUE(selectors("none", {}, {3, 3}).empty());
}

TEST(SweepPlan, what_is_in_no_call_is_refused_by_name) {
    const auto refusal = [](const char* faults) { return testing::refusal([&] { selectors(faults); }); };
    EXPECT_TRUE(refusal("Nowhere").starts_with("--faults: no call that can fail has 'Nowhere'"));
    EXPECT_TRUE(refusal("11").starts_with("--faults: there is no call 11; the first run has 10"));
    EXPECT_TRUE(refusal("3..2").starts_with("--faults: "));
    EXPECT_TRUE(refusal("0").starts_with("--faults: "));
    EXPECT_TRUE(refusal("a,,b").starts_with("--faults: 'a,,b' has an empty part"));
}

} // namespace
} // namespace ndispool::tool
