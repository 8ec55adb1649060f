#include "ndispool/observe/sarif.h"

#include "ndispool/observe/testing.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <sstream>

namespace ndispool::observe {
namespace {

using nlohmann::json;

json run_of(const CheckReport& report, const std::vector<Judged>& findings) {
    const std::vector<RuleText> rules = {{"crash", "The driver took its process down.", "Look at it.", "0xD1"}};
    std::ostringstream out;
    write_sarif(out, report, findings, rules, "0.1.0");
    const json document = json::parse(out.str());
    EXPECT_EQ(document.at("version"), "2.1.0");
    return document.at("runs").at(0);
}

TEST(Sarif, a_finding_has_its_places_in_the_order_of_time) {
    const CheckReport report = testing::check();
    const json result = run_of(report, judged(report)).at("results").at(0);
    EXPECT_EQ(result.at("ruleId"), "packet-leak");
    const json& flow = result.at("codeFlows").at(0).at("threadFlows").at(0).at("locations");
    ASSERT_EQ(flow.size(), 2u);
    EXPECT_TRUE(flow[0].at("location").at("message").at("text").get<std::string>().starts_with("allocated, "));
    EXPECT_TRUE(flow[1].at("location").at("message").at("text").get<std::string>().starts_with("passed on, "));
    EXPECT_EQ(flow[1].at("stack").at("frames").size(), 2u);
}

TEST(Sarif, a_result_points_at_the_line_that_the_finding_names) {
    const CheckReport report = testing::check();
    const json place = run_of(report, judged(report)).at("results").at(0).at("locations").at(0);
    EXPECT_EQ(place.at("physicalLocation").at("artifactLocation").at("uri"), "drivers/pass%20thru/adapter.c");
    EXPECT_EQ(place.at("physicalLocation").at("region").at("startLine"), 120);
    EXPECT_EQ(place.at("logicalLocations").at(0).at("fullyQualifiedName"), "passthru!PtBind");
}

TEST(Sarif, rules_are_listed_once_and_results_lead_to_them) {
    const CheckReport report = testing::check();
    const json run = run_of(report, judged(report));
    const json& rules = run.at("tool").at("driver").at("rules");
    ASSERT_EQ(rules.size(), 2u); // one was given, one is only in the findings
    for (const json& result : run.at("results"))
        EXPECT_EQ(rules.at(result.at("ruleIndex").get<std::size_t>()).at("id"), result.at("ruleId"));
    EXPECT_EQ(rules[0].at("help").at("text"), "Look at it.");
}

TEST(Sarif, what_looks_the_same_is_one_result_with_a_count_and_a_fingerprint) {
    CheckReport report = testing::check();
    report.run.findings.push_back(testing::finding());
    const json results = run_of(report, judged(report)).at("results");
    ASSERT_EQ(results.size(), 2u);
    EXPECT_EQ(results[0].at("occurrenceCount"), 2);
    EXPECT_EQ(results[0].at("partialFingerprints").at("ndispoolCallSite/v1"), judged(report)[0].fingerprint);
}

TEST(Sarif, what_does_not_count_says_so) {
    const CheckReport report = testing::check();
    std::vector<Judged> findings = judged(report);
    findings[0].state = State::known;
    findings[1].state = State::suppressed;
    const json results = run_of(report, findings).at("results");
    EXPECT_EQ(results[0].at("baselineState"), "unchanged");
    EXPECT_EQ(results[0].at("suppressions"), json::array());
    EXPECT_EQ(results[1].at("baselineState"), "new");
    EXPECT_EQ(results[1].at("suppressions").at(0).at("kind"), "external");
}

TEST(Sarif, a_run_without_findings_has_an_empty_list_of_results) {
    EXPECT_EQ(run_of({}, {}).at("results"), json::array());
}

} // namespace
} // namespace ndispool::observe
