#include "ndispool/observe/report_read.h"

#include "ndispool/observe/report_html.h"
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

std::string refusal(const std::string& text) {
    try {
        parse_report(text, "run.json");
    } catch (const InputError& error) {
        return error.what();
    }
    return "";
}

TEST(ReportRead, a_report_comes_back_as_it_was) {
    CheckReport free = testing::check();
    free.run.freedom = {{"packets_sent_in_arrays", 0}, {"packets_sent_singly", 3}};
    for (CheckReport report : {testing::check(), testing::plain(testing::report()), free, CheckReport{}}) {
        const CheckReport back = parse_report(document(report), "run.json");
        report.repeat.clear(); // of the first run: in the document it stands with its findings
        for (CheckReport copy : {back}) {
            copy.repeat.clear();
            EXPECT_EQ(document(copy), document(report));
        }
    }
}

TEST(ReportRead, what_is_no_report_is_refused_by_name) {
    for (const char* text : {"", "[]", "{}", "{\"schema\": 3}", "{\"schema\": \"other\"}"})
        EXPECT_TRUE(refusal(text).starts_with("run.json is no recorded run; ")) << text;
    for (const char* text : {R"({"schema": "ndispool-run", "wires": 3})", R"({"schema": "ndispool-run", "seed": "x"})",
                             R"({"schema": "ndispool-check", "cases": [], "findings": [{"case": 7}]})"})
        EXPECT_TRUE(refusal(text).starts_with("run.json is a recorded run of another version")) << text;
}

TEST(ReportHtml, is_one_page_that_shows_everything_and_loads_nothing) {
    const CheckReport report = testing::check();
    const std::string page = report_html(report, judged(report));
    for (const char* part : {"<title>ndispool: passthru</title>", "replay:real.pcap", "passthru!PtBindAdapter+0x1d5",
                             "<svg ", "packet-leak", "adapter.c:120", "missed_in 7", "--faults stack:2:1", "crashed",
                             "adapter came up", "call 2, &lt;odd&gt; &amp; &quot;name&quot;"})
        EXPECT_NE(page.find(part), std::string::npos) << part;
    for (const char* part : {"http:", "https:", "<script", "src=", "url(", "<odd>"})
        EXPECT_EQ(page.find(part), std::string::npos) << part;
}

} // namespace
} // namespace ndispool::observe
