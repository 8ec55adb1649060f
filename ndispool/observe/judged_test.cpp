#include "ndispool/observe/judged.h"

#include "ndispool/observe/testing.h"

#include <gtest/gtest.h>

namespace ndispool::observe {
namespace {

std::string fingerprint(const host::Finding& finding) {
    CheckReport report;
    report.run.findings = {finding};
    return judged(report).at(0).fingerprint;
}

TEST(Judged, a_finding_keeps_its_fingerprint_when_the_driver_is_built_again) {
    host::Finding rebuilt = testing::finding();
    rebuilt.where = "passthru!PtBind+0x999";
    rebuilt.message = "2 packets were never freed";
    rebuilt.sites[0].frames[0].offset = 0x999;
    rebuilt.sites[0].frames[0].line = 7;
    rebuilt.sites[0].frames[0].address = 1;
    EXPECT_EQ(fingerprint(rebuilt), fingerprint(testing::finding()));
}

TEST(Judged, another_rule_function_or_path_is_another_finding) {
    const std::string first = fingerprint(testing::finding());
    host::Finding other = testing::finding();
    other.rule = "buffer-leak";
    EXPECT_NE(fingerprint(other), first);
    other = testing::finding();
    other.where = "passthru!PtUnbind+0x12";
    EXPECT_NE(fingerprint(other), first);
    other = testing::finding();
    other.sites[1].frames[0].function = "PtSendAll";
    EXPECT_NE(fingerprint(other), first);
}

TEST(Judged, different_places_in_one_function_are_numbered_and_the_same_place_is_not) {
    CheckReport report;
    host::Finding second = testing::finding();
    second.where = "passthru!PtBind+0x40";
    report.run.findings = {testing::finding(), second, testing::finding()};
    const std::vector<Judged> all = judged(report);
    EXPECT_TRUE(all[0].fingerprint.ends_with(":1"));
    EXPECT_TRUE(all[1].fingerprint.ends_with(":2"));
    EXPECT_EQ(all[2].fingerprint, all[0].fingerprint);
}

TEST(Judged, every_finding_says_which_run_it_is_from_and_how_to_repeat_it) {
    const std::vector<Judged> all = judged(testing::check());
    ASSERT_EQ(all.size(), 2u);
    EXPECT_FALSE(all[0].in_case);
    EXPECT_EQ(all[0].repeat, "ndispool check passthru --faults none");
    EXPECT_EQ(all[1].in_case, 1u);
    EXPECT_EQ(all[1].repeat, "ndispool check passthru --faults stack:2:1");
    EXPECT_EQ(count(all, State::fresh), 2u);
    EXPECT_EQ(count(all, State::known), 0u);
}

} // namespace
} // namespace ndispool::observe
