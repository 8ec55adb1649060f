#include "ndispool/observe/junit.h"

#include "ndispool/observe/testing.h"
#include "ndispool/observe/xml.h"

#include <gtest/gtest.h>
#include <sstream>

namespace ndispool::observe {
namespace {

std::string document(const CheckReport& report, const std::vector<Judged>& findings) {
    std::ostringstream out;
    write_junit(out, report, findings, 1'000'000'000);
    return out.str();
}

bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

TEST(Junit, every_run_is_a_test_and_one_with_a_finding_has_failed) {
    const CheckReport report = testing::check();
    const std::string text = document(report, judged(report));
    EXPECT_TRUE(has(text, "<testsuite name=\"ndispool check passthru\" tests=\"3\" failures=\"2\" errors=\"0\" "
                          "skipped=\"0\" time=\"12.500\" timestamp=\"2001-09-09T01:46:40\">"))
        << text;
    EXPECT_TRUE(has(text, "<testcase name=\"first run\" classname=\"ndispool.passthru\" time=\"0.084\">"));
    EXPECT_TRUE(has(text, "<failure type=\"packet-leak\" message=\"1 packet was never freed\">"));
    EXPECT_TRUE(has(text, "<testcase name=\"call 2, &lt;odd&gt; &amp; &quot;name&quot;\""));
    EXPECT_TRUE(has(text, "<failure type=\"crash\""));
    EXPECT_TRUE(has(text, "<system-out>DriverEntry failed with 0xC000009A\n</system-out>"));
    EXPECT_TRUE(has(text, "#0 0x7f0002 in B+0x2 b.c:7"));
}

TEST(Junit, what_does_not_count_is_said_and_fails_nothing) {
    const CheckReport report = testing::check();
    std::vector<Judged> findings = judged(report);
    for (Judged& entry : findings)
        entry.state = State::known;
    const std::string text = document(report, findings);
    EXPECT_TRUE(has(text, "failures=\"0\""));
    EXPECT_FALSE(has(text, "<failure"));
    EXPECT_TRUE(has(text, "known: packet-leak"));
}

TEST(Xml, what_xml_cannot_hold_becomes_a_question_mark) {
    EXPECT_EQ(xml("a<b>&\"'"), "a&lt;b&gt;&amp;&quot;&#39;");
    EXPECT_EQ(xml(std::string("\0\x1b\x7f", 3) + "\xff\xef\xbf\xbf\t\n\u00e4"), "?????\t\n\u00e4");
}

} // namespace
} // namespace ndispool::observe
