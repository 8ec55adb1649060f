#include "ndispool/observe/suppressions.h"

#include "ndispool/observe/testing.h"

#include <gtest/gtest.h>

namespace ndispool::observe {
namespace {

State state_with(const std::string& line) {
    CheckReport report;
    report.run.findings = {testing::finding()};
    std::vector<Judged> findings = judged(report);
    suppress(findings, parse_suppressions(line, "s.txt"));
    return findings.at(0).state;
}

std::string refusal(const std::string& text) {
    try {
        parse_suppressions(text, "s.txt");
    } catch (const InputError& error) {
        return error.what();
    }
    return "";
}

TEST(Suppressions, a_line_names_a_rule_and_a_function_of_the_place_or_of_any_site) {
    EXPECT_EQ(state_with("packet-leak:passthru!PtBind"), State::suppressed);
    EXPECT_EQ(state_with("packet-leak:passthru!PtSend"), State::suppressed);
    EXPECT_EQ(state_with("packet-leak:passthru!PtSen"), State::fresh);
    EXPECT_EQ(state_with("buffer-leak:passthru!PtBind"), State::fresh);
}

TEST(Suppressions, stars_and_question_marks_stand_for_what_they_always_do) {
    EXPECT_EQ(state_with("*-leak:*!Pt*nd"), State::suppressed);
    EXPECT_EQ(state_with("*:passthru!Pt????"), State::suppressed);
    EXPECT_EQ(state_with("*:passthru!Pt???????"), State::fresh);
    EXPECT_TRUE(matches("", "*"));
    EXPECT_FALSE(matches("", "?"));
    EXPECT_TRUE(matches("aXbXc", "a*X*c"));
    EXPECT_FALSE(matches(std::string(5000, 'a'), "*a*a*a*a*a*a*a*b"));
}

TEST(Suppressions, comments_and_blank_lines_say_nothing) {
    EXPECT_TRUE(parse_suppressions("# why\n\n   \r\n", "s.txt").empty());
    EXPECT_EQ(parse_suppressions("  a : b  ", "s.txt").at(0).pattern, "b");
}

TEST(Suppressions, a_line_that_is_none_is_named_with_its_number) {
    for (const char* line : {"packet-leak", ":x", "packet-leak:"})
        EXPECT_TRUE(refusal(std::string("# first\n") + line).starts_with("s.txt: line 2: '")) << line;
}

TEST(Suppressions, the_lines_made_for_findings_suppress_them) {
    CheckReport report;
    report.run.findings = {testing::finding(), {"lost", "gone", ""}};
    std::vector<Judged> findings = judged(report);
    const std::string lines = suppressions_for(findings);
    EXPECT_EQ(lines, "# 1 packet was never freed\npacket-leak:passthru!PtBind\n# gone\nlost:*\n");
    suppress(findings, parse_suppressions(lines, "s.txt"));
    EXPECT_EQ(count(findings, State::suppressed), 2u);
    EXPECT_EQ(suppressions_for(findings), "");
}

} // namespace
} // namespace ndispool::observe
