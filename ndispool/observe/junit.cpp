#include "ndispool/observe/junit.h"

#include "ndispool/observe/finding_groups.h"
#include "ndispool/observe/report_text.h"
#include "ndispool/observe/words.h"
#include "ndispool/observe/xml.h"

#include <algorithm>
#include <fmt/chrono.h>
#include <fmt/format.h>

namespace ndispool::observe {

namespace {

struct TestCase {
    std::string name;
    double seconds = 0;
    std::string answer;
    std::vector<Judged> findings; // of this run alone
};

std::vector<TestCase> test_cases(const CheckReport& report, const std::vector<Judged>& findings) {
    std::vector<TestCase> cases;
    cases.push_back({report.swept ? "first run" : "run", report.run.seconds, {}, {}});
    for (const CaseReport& entry : report.cases)
        cases.push_back({entry.name, entry.seconds, entry.answer, {}});
    for (const Judged& entry : findings)
        cases[entry.in_case ? *entry.in_case + 1 : 0].findings.push_back(entry);
    return cases;
}

void write_failure(std::ostream& out, const TestCase& test) {
    const std::vector<FindingGroup> groups = grouped(test.findings);
    std::string text;
    for (const FindingGroup& group : groups)
        text += group_text(group);
    const std::string message = groups.front().messages.empty() ? groups.front().rule : groups.front().messages.front();
    out << fmt::format("      <failure type=\"{}\" message=\"{}\">{}</failure>\n", xml(groups.front().rule),
                       xml(message), xml(text));
}

// Findings that do not count are said, not failed.
std::string remarks(const TestCase& test) {
    std::string text = test.answer.empty() ? "" : test.answer + "\n";
    for (const Judged& entry : test.findings)
        if (entry.state != State::fresh)
            text += fmt::format("{}: {} {}: {}\n", state_name(entry.state), entry.finding.rule, entry.finding.where,
                                entry.finding.message);
    return text;
}

void write(std::ostream& out, const TestCase& test, const std::string& driver) {
    out << fmt::format("    <testcase name=\"{}\" classname=\"ndispool.{}\" time=\"{:.3f}\">\n", xml(test.name),
                       xml(driver), test.seconds);
    if (count(test.findings, State::fresh) > 0)
        write_failure(out, test);
    if (const std::string text = remarks(test); !text.empty())
        out << fmt::format("      <system-out>{}</system-out>\n", xml(text));
    out << "    </testcase>\n";
}

} // namespace

void write_junit(std::ostream& out, const CheckReport& report, const std::vector<Judged>& findings, std::time_t when) {
    const std::vector<TestCase> cases = test_cases(report, findings);
    const auto failures = std::count_if(cases.begin(), cases.end(),
                                        [](const TestCase& test) { return count(test.findings, State::fresh) > 0; });
    const double seconds = report.swept ? report.seconds : report.run.seconds;
    const std::string totals = fmt::format("tests=\"{}\" failures=\"{}\" errors=\"0\" skipped=\"0\" time=\"{:.3f}\"",
                                           cases.size(), failures, seconds);
    const std::string name = xml(fmt::format("ndispool {} {}", report.swept ? "check" : "run", report.run.driver));
    out << "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
    out << fmt::format("<testsuites name=\"{}\" {}>\n", name, totals);
    out << fmt::format("  <testsuite name=\"{}\" {} timestamp=\"{:%Y-%m-%dT%H:%M:%S}\">\n", name, totals,
                       fmt::gmtime(when));
    out << fmt::format("    <properties>\n      <property name=\"seed\" value=\"{}\"/>\n      <property "
                       "name=\"processors\" value=\"{}\"/>\n    </properties>\n",
                       report.run.seed, report.run.processors);
    for (const TestCase& test : cases)
        write(out, test, report.run.driver);
    out << "  </testsuite>\n</testsuites>\n";
}

} // namespace ndispool::observe
