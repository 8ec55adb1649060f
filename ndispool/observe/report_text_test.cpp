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

} // namespace
} // namespace ndispool::observe
