#include "ndispool/observe/report_text.h"

#include "ndispool/observe/testing.h"

#include <algorithm>
#include <gtest/gtest.h>
#include <sstream>

namespace ndispool::observe {
namespace {

bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

std::string report_text(const host::Report& report) {
    const CheckReport check = testing::plain(report);
    return report_text(check, judged(check));
}

TEST(ReportText, is_this_text) {
    host::Report report = testing::report();
    report.pools[0].record.allocations = 62781;
    EXPECT_EQ(report_text(report),
              "passthru: intermediate driver, 2 processors, seed 42\n"
              "62781 packets in 0.084000 seconds, 747393 packets per second\n"
              "\n"
              "Wires: 2\n"
              "     frames    bytes frames    bytes  frames\n"
              "side     in       in    out      out refused wire\n"
              "below 62781 37123456      1       60       2 replay:real.pcap\n"
              "above     0        0  62781 37123456       0 record:out.pcap\n"
              "below: missed_in 7\n"
              "\n"
              "Packet pools: 1\n"
              "    descriptors   in use overflow                     packet  when\n"
              "static overflow now peak     peak allocations refusals bytes freed allocated by\n"
              "   255    65280   0   34        6       62781       12   136 empty passthru!PtBindAdapter+0x1d5\n"
              "\n"
              "Findings: 1\n"
              "     1  pool-leak  passthru!A+0x1\n"
              "        3 packets out\n"
              "\n"
              "Event log: 1 line\n"
              "  adapter came up\n"
              "\n"
              "SUMMARY: ndispool: 1 finding\n");
}

TEST(ReportText, fits_on_100_columns) {
    host::Report report = testing::report();
    report.pools[0].record.allocations = 99999999999;
    std::istringstream lines(report_text(report));
    for (std::string line; std::getline(lines, line);)
        EXPECT_LE(line.size(), 100u) << line;
}

TEST(ReportText, empty_tables_say_so_in_words) {
    const std::string text = report_text({});
    EXPECT_TRUE(has(text, "Wires: none\n"));
    EXPECT_TRUE(has(text, "Packet pools: none; the driver allocated no packet pool\n"));
    EXPECT_TRUE(has(text, "Findings: none\n"));
    EXPECT_FALSE(has(text, "Event log"));
    EXPECT_TRUE(text.ends_with("\nSUMMARY: ndispool: no findings\n"));
}

TEST(ReportText, a_pool_says_whether_it_was_empty_when_it_was_freed) {
    host::Report report = testing::report();
    EXPECT_TRUE(has(report_text(report), " empty passthru!"));
    report.pools[0].record.in_use_when_freed = 3;
    EXPECT_TRUE(has(report_text(report), " 3 out passthru!"));
    report.pools[0].record.freed = false;
    EXPECT_TRUE(has(report_text(report), " never passthru!"));
}

TEST(ReportText, a_run_that_ended_while_frames_moved_says_so) {
    host::Report report = testing::report();
    EXPECT_FALSE(has(report_text(report), "still moved"));
    report.restless = true;
    EXPECT_TRUE(has(report_text(report), "ended while frames still moved"));
}

TEST(ReportText, an_interrupted_run_says_so) {
    host::Report report = testing::report();
    EXPECT_FALSE(has(report_text(report), "signal"));
    report.interrupted = true;
    EXPECT_TRUE(has(report_text(report), "ended early by a signal"));
}

TEST(ReportText, what_a_driver_logs_cannot_add_lines_or_colours) {
    host::Report report = testing::report();
    report.log = {"two\nlines\x1b[31m"};
    EXPECT_TRUE(has(report_text(report), "  two?lines?[31m\n"));
}

TEST(ReportText, a_finding_comes_with_its_places_in_the_form_of_the_address_sanitizer) {
    host::Report report = testing::report();
    report.findings = {testing::finding(), testing::finding()};
    EXPECT_TRUE(has(report_text(report), "Findings: 2\n"
                                         "     2  packet-leak  passthru!PtBind+0x12  (0xC4/0x62)\n"
                                         "        1 packet was never freed\n"
                                         "      allocated, processor 1, IRQL 2, 0.001234 seconds\n"
                                         "    #0 0x7f0012 in PtBind+0x12 drivers/pass thru/adapter.c:120\n"
                                         "      passed on, processor 0, IRQL 2, 0.002000 seconds\n"
                                         "    #0 0x7f0220 in PtSend+0x20 drivers/pass thru/send.c:33\n"
                                         "    #1 0x7f0999 (libc+0x999)\n"))
        << report_text(report);
}

TEST(ReportText, a_check_says_how_its_runs_ended_and_how_to_repeat_a_failed_one) {
    const CheckReport check = testing::check();
    const std::string text = report_text(check, judged(check));
    EXPECT_TRUE(has(text, "Fault sweep: 63 calls that can fail, on 41 call stacks; 2 runs in 12.5 seconds\n"
                          "     1  passed\n"
                          "     1  crashed\n"))
        << text;
    EXPECT_TRUE(has(text, "      repeat with: ndispool check passthru --faults stack:2:1\n")) << text;
    EXPECT_TRUE(text.ends_with("\nSUMMARY: ndispool: 2 findings in 3 runs\n")) << text;
}

TEST(ReportText, what_is_known_or_suppressed_is_counted_but_not_shown) {
    const CheckReport check = testing::check();
    std::vector<Judged> findings = judged(check);
    findings[0].state = State::known;
    findings[1].state = State::suppressed;
    const std::string text = report_text(check, findings);
    EXPECT_TRUE(has(text, "Findings: none\n"));
    EXPECT_TRUE(text.ends_with("\nSUMMARY: ndispool: no findings in 3 runs, 1 known, 1 suppressed\n")) << text;
}

} // namespace
} // namespace ndispool::observe
