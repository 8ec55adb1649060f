#include "ndispool/verify/faults.h"

#include <gtest/gtest.h>

namespace ndispool::verify {
namespace {

TEST(FaultPlan, is_read_from_numbers_ranges_and_stacks_and_written_back_the_same) {
    const auto plan = FaultPlan::parse("7,10..12,stack:3f2a90c1d5e6b784:2");
    ASSERT_TRUE(plan);
    EXPECT_EQ(plan->ordinals, (std::set<std::uint64_t>{7, 10, 11, 12}));
    EXPECT_TRUE(plan->positions.contains({0x3f2a90c1d5e6b784, 2}));
    EXPECT_EQ(FaultPlan::parse(plan->text())->text(), plan->text());
}

TEST(FaultPlan, refuses_what_is_no_plan) {
    for (const char* text : {"0", "x", "3..2", "stack:1", "stack:g:1", "stack:1:0", "1,,2", "1..99999999999"})
        EXPECT_FALSE(FaultPlan::parse(text)) << text;
}

TEST(Faults, without_a_plan_nothing_fails_and_every_call_is_counted) {
    arm({});
    for (int i = 0; i < 5; ++i)
        EXPECT_FALSE(fails("NdisAllocatePacket", StackId::none));
    EXPECT_EQ(failable_calls(), 5u);
    ASSERT_EQ(numbered().size(), calls_kept); // of one stack only the first ones are listed
    EXPECT_EQ(numbered()[1].ordinal, 2u);
    EXPECT_EQ(numbered()[1].occurrence, 2u);
}

TEST(Faults, exactly_the_planned_calls_fail) {
    arm(*FaultPlan::parse("2,4"));
    std::string outcome;
    for (int i = 0; i < 5; ++i)
        outcome += fails("NdisAllocatePacket", StackId::none) ? 'x' : '.';
    EXPECT_EQ(outcome, ".x.x.");
    EXPECT_TRUE(numbered().back().failed);
    arm({});
}

TEST(Faults, a_stack_and_an_occurrence_name_a_call_whatever_its_number_is) {
    const char here = 0;
    const auto at = reinterpret_cast<std::uintptr_t>(&here);
    watch(at, at + 1);
    const StackId stack = capture(&here, nullptr);
    FaultPlan plan;
    plan.positions.emplace(fingerprint_of(stack), 2);
    arm(plan);
    EXPECT_FALSE(fails("NdisAllocatePacketPool", StackId::none));
    EXPECT_FALSE(fails("NdisAllocatePacket", stack));
    EXPECT_FALSE(fails("NdisAllocateBuffer", stack)); // another function counts for itself
    EXPECT_TRUE(fails("NdisAllocatePacket", stack));
    EXPECT_FALSE(fails("NdisAllocatePacket", stack));
    arm({});
    watch(0, 0);
}

TEST(Stack, a_stack_is_kept_once_and_known_by_offsets_in_the_image) {
    const char code[2] = {};
    const auto at = reinterpret_cast<std::uintptr_t>(&code[0]);
    watch(at, at + 2);
    const StackId one = capture(&code[1], nullptr), again = capture(&code[1], nullptr),
                  other = capture(&code[0], nullptr);
    EXPECT_EQ(one, again);
    EXPECT_NE(one, other);
    ASSERT_EQ(frames_of(one).size(), 1u);
    EXPECT_EQ(frames_of(one)[0], &code[1]);
    const std::uint64_t before = fingerprint_of(one);
    EXPECT_NE(before, 0u);
    watch(at - 1, at + 1); // as if the image had been mapped one byte lower
    EXPECT_EQ(fingerprint_of(capture(&code[0], nullptr)), before);
    watch(0, 0);
}

TEST(Stack, what_is_not_the_drivers_has_none) {
    watch(0, 0);
    EXPECT_EQ(capture(__builtin_return_address(0), __builtin_frame_address(0)), StackId::none);
    EXPECT_TRUE(frames_of(StackId::none).empty());
    EXPECT_EQ(fingerprint_of(StackId::none), 0u);
}

} // namespace
} // namespace ndispool::verify
