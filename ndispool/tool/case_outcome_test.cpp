#include "ndispool/tool/case_outcome.h"

#include <csignal>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace ndispool::tool {
namespace {

using How = ChildEnding::How;
using nlohmann::json;
using observe::Outcome;

const DriverNames no_names("nowhere/d.so");

json report_of(std::uint64_t out, const json& findings = json::array()) {
    return {{"schema", "ndispool-run"},
            {"driver", "d"},
            {"kind", "intermediate"},
            {"wires",
             {{{"side", "below"}, {"frames_in", 300}, {"frames_out", out}},
              {{"side", "above"}, {"frames_in", 300}, {"frames_out", out}}}},
            {"findings", findings}};
}

json result_of(std::uint64_t out_after = 300, const json& findings = json::array()) {
    return {
        {"report", report_of(0, findings)}, {"refusal", ""},      {"calls", 9}, {"failed", 1}, {"seen", json::array()},
        {"after", report_of(out_after)},    {"after_refusal", ""}};
}

host::Report first_run() {
    host::Report first;
    for (const char* const side : {"below", "above"}) {
        first.wires.emplace_back();
        first.wires.back().side = side;
        first.wires.back().frames_in = first.wires.back().frames_out = 300;
    }
    first.findings = {{"pool-leak", "old", "d!Old+0x1"}};
    return first;
}

observe::CaseReport judged(const ChildEnding& ending) {
    observe::CaseReport report;
    judge(report, ending, first_run(), no_names, {.seconds = 7});
    return report;
}

observe::CaseReport judged(const json& result) {
    ChildEnding ending;
    ending.result = result.dump() + "\n";
    return judged(ending);
}

TEST(CaseOutcome, a_run_without_new_findings_passed_also_when_the_driver_refused) {
    json result = result_of();
    result["refusal"] = "DriverEntry failed";
    const observe::CaseReport report = judged(result);
    EXPECT_EQ(report.outcome, Outcome::passed);
    EXPECT_EQ(report.answer, "DriverEntry failed");
}

TEST(CaseOutcome, what_the_first_run_has_is_not_found_again_and_what_is_new_is) {
    const json old = {{"rule", "pool-leak"}, {"message", "old"}, {"where", "d!Old+0x99"}};
    const json fresh = {{"rule", "memory-leak"}, {"message", "new"}, {"where", "d!New+0x1"}};
    EXPECT_EQ(judged(result_of(300, json::array({old}))).outcome, Outcome::passed);
    const observe::CaseReport report = judged(result_of(300, json::array({old, fresh})));
    EXPECT_EQ(report.outcome, Outcome::findings);
    ASSERT_EQ(report.findings.size(), 1u);
    EXPECT_EQ(report.findings[0].rule, "memory-leak");
}

TEST(CaseOutcome, a_driver_that_passes_nothing_afterwards_did_not_recover) {
    const observe::CaseReport report = judged(result_of(0));
    ASSERT_EQ(report.findings.size(), 1u);
    EXPECT_EQ(report.findings[0].rule, "no-recovery");
    json refuses = result_of();
    refuses["after_refusal"] = "DriverEntry failed";
    EXPECT_EQ(judged(refuses).findings.at(0).rule, "no-recovery");
}

TEST(CaseOutcome, a_wire_that_had_nothing_to_pass_on_is_no_proof) {
    json result = result_of(0);
    result["after"]["wires"][0]["frames_in"] = 0;
    result["after"]["wires"][1]["frames_in"] = 0;
    EXPECT_EQ(judged(result).outcome, Outcome::passed);
}

TEST(CaseOutcome, a_call_that_was_not_made_is_said) {
    json result = result_of();
    result["failed"] = 0;
    EXPECT_EQ(judged(result).answer, "the call was not made in this run");
}

TEST(CaseOutcome, half_a_result_and_none_are_a_lost_run) {
    for (const std::string text : {"", "{\"report\":", "{}", "[]", "\xff"}) {
        ChildEnding ending;
        ending.result = text;
        EXPECT_EQ(judged(ending).outcome, Outcome::lost) << text;
        EXPECT_EQ(judged(ending).findings.at(0).rule, "lost") << text;
    }
}

TEST(CaseOutcome, every_other_ending_is_a_finding) {
    ChildEnding ending;
    ending.how = How::signalled;
    ending.code = SIGSEGV;
    EXPECT_EQ(judged(ending).outcome, Outcome::crashed); // without a note: the signal alone
    ending.notes = {{0x10, 0x7fff0000, {0x1000, 0x2000}, SIGSEGV}};
    EXPECT_EQ(judged(ending).findings.at(0).message,
              "the driver crashed: SIGSEGV at 0x10: a null pointer was followed");
    ending.notes[0].address = 0x7ffe0010;
    EXPECT_NE(judged(ending).findings.at(0).message.find("stack is used up"), std::string::npos);
    ending.how = How::timed_out; // the report of the crash hung
    EXPECT_EQ(judged(ending).findings.at(0).rule, "crash");
    ending.notes[0].signal = where_signal;
    EXPECT_EQ(judged(ending).outcome, Outcome::hung);
    EXPECT_EQ(judged(ending).findings.at(0).message, "the run did not end within 7 s");
    ending.out_of_memory = true;
    EXPECT_EQ(judged(ending).findings.at(0).rule, "memory-exhausted");
}

TEST(CaseOutcome, an_abort_comes_with_what_the_library_said) {
    ChildEnding ending;
    ending.how = How::signalled;
    ending.code = SIGABRT;
    ending.printed = "something\nfree(): invalid pointer\n";
    EXPECT_EQ(judged(ending).findings.at(0).message, "the driver crashed: SIGABRT: free(): invalid pointer");
}

} // namespace
} // namespace ndispool::tool
