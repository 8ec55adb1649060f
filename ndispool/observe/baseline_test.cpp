#include "ndispool/observe/baseline.h"

#include "ndispool/observe/report_json.h"
#include "ndispool/observe/testing.h"

#include <gtest/gtest.h>
#include <sstream>

namespace ndispool::observe {
namespace {

std::string document(const CheckReport& report) {
    std::ostringstream out;
    write_report_json(out, report, judged(report), "0.1.0");
    return out.str();
}

TEST(Baseline, what_an_earlier_report_has_is_known_and_what_is_new_is_not) {
    CheckReport report = testing::check();
    const Baseline baseline = parse_baseline(document(report), "old.json");
    report.cases[0].findings = {{"hang", "too long", "passthru!C+0x1"}};
    std::vector<Judged> findings = judged(report);
    mark_known(findings, baseline);
    ASSERT_EQ(count(findings, State::fresh), 1u);
    EXPECT_EQ(findings[1].finding.rule, "hang");
    EXPECT_EQ(findings[1].state, State::fresh);
}

TEST(Baseline, what_is_suppressed_stays_so) {
    const CheckReport report = testing::check();
    std::vector<Judged> findings = judged(report);
    findings[0].state = State::suppressed;
    mark_known(findings, parse_baseline(document(report), "old.json"));
    EXPECT_EQ(findings[0].state, State::suppressed);
}

TEST(Baseline, another_file_is_refused_by_name) {
    for (const char* text : {"", "[]", "{}", "not json", R"({"findings": [{"rule": "x"}]})", R"({"findings": 3})"})
        try {
            parse_baseline(text, "old.json");
            ADD_FAILURE() << text;
        } catch (const InputError& error) {
            EXPECT_TRUE(std::string(error.what()).starts_with("--baseline: old.json ")) << error.what();
        }
}

} // namespace
} // namespace ndispool::observe
