#include "ndispool/observe/report_json.h"

#include "ndispool/observe/testing.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <sstream>

namespace ndispool::observe {
namespace {

using nlohmann::json;

std::string text(const CheckReport& report) {
    std::ostringstream out;
    write_report_json(out, report, judged(report), "0.1.0");
    return out.str();
}

json document(const host::Report& report) {
    return json::parse(text(testing::plain(report)));
}

TEST(ReportJson, says_what_it_is_first) {
    EXPECT_TRUE(
        text(testing::plain(testing::report())).starts_with("{\n  \"schema\": \"ndispool-run\",\n  \"version\": 1,\n"));
}

TEST(ReportJson, holds_the_facts_of_the_run) {
    json found = document(testing::report());
    for (const char* list : {"wires", "pools", "findings"})
        found.erase(list);
    EXPECT_EQ(found, json::parse(R"({"schema": "ndispool-run", "version": 1, "ndispool_version": "0.1.0",
        "driver": "passthru", "kind": "intermediate", "seed": 42, "processors": 2, "clock": "real", "interrupted": false,
        "seconds": 0.084, "packets": 62781, "packets_per_second": 747392.857, "trouble": [],
        "pools_forgotten": 0, "log": ["adapter came up"]})"));
}

TEST(ReportJson, holds_what_each_wire_did) {
    EXPECT_EQ(document(testing::report()).at("wires"), json::parse(R"([
        {"side": "below", "spec": "replay:real.pcap", "frames_in": 62781, "bytes_in": 37123456, "frames_out": 1,
         "bytes_out": 60, "frames_refused": 2, "trouble": null, "details": {"dropped_out": 0, "missed_in": 7}},
        {"side": "above", "spec": "record:out.pcap", "frames_in": 0, "bytes_in": 0, "frames_out": 62781,
         "bytes_out": 37123456, "frames_refused": 0, "trouble": "record:out.pcap: disk is full",
         "details": {}}])"));
}

TEST(ReportJson, holds_every_number_of_each_pool_exactly) {
    EXPECT_EQ(document(testing::report()).at("pools"), json::parse(R"([
        {"id": 3, "allocator": "passthru!PtBindAdapter+0x1d5", "descriptors": 255, "overflow": 65280,
         "capacity": 65535, "in_use": 0, "peak": 34, "overflow_in_use": 5, "overflow_peak": 6,
         "allocations": 18446744073709551615, "frees": 62781, "refusals": 12, "packet_size_bytes": 136,
         "protocol_reserved_bytes": 32, "protocol_id": 7, "freed": true, "in_use_when_freed": 0,
         "empty_when_freed": true, "alive": false, "pools": 1}])"));
}

TEST(ReportJson, a_pool_that_was_never_freed_was_not_empty_when_freed) {
    host::Report report = testing::report();
    report.pools[0].record.freed = false;
    EXPECT_EQ(document(report).at("pools")[0].at("empty_when_freed"), false);
    report.pools[0].record.freed = true;
    report.pools[0].record.in_use_when_freed = 1;
    EXPECT_EQ(document(report).at("pools")[0].at("empty_when_freed"), false);
}

TEST(ReportJson, holds_every_finding_with_its_places) {
    host::Report report = testing::report();
    report.findings = {testing::finding()};
    report.findings[0].sites.pop_back();
    json found = document(report).at("findings");
    EXPECT_EQ(found.at(0).at("fingerprint").get<std::string>().size(), 18u);
    found.at(0).erase("fingerprint");
    EXPECT_EQ(found, json::parse(R"([
        {"rule": "packet-leak", "message": "1 packet was never freed", "where": "passthru!PtBind+0x12",
         "verifier": "0xC4/0x62", "state": "new", "repeat": "", "case": null, "sites": [
            {"what": "allocated", "processor": 1, "irql": 2, "time_100ns": 12345, "frames": [
                {"module": "passthru", "function": "PtBind", "offset": 18, "file": "drivers/pass thru/adapter.c",
                 "line": 120, "address": 8323090}]}]}])"));
}

TEST(ReportJson, a_check_says_that_it_is_one_and_holds_its_cases) {
    const json found = json::parse(text(testing::check()));
    EXPECT_EQ(found.at("schema"), "ndispool-check");
    EXPECT_EQ(found.at("failable_calls"), 63);
    EXPECT_EQ(found.at("cases").at(1).at("outcome"), "crashed");
    EXPECT_EQ(found.at("findings").at(0).at("case"), nullptr);
    EXPECT_EQ(found.at("findings").at(1).at("case"), 1);
    EXPECT_EQ(found.at("findings").at(1).at("repeat"), "ndispool check passthru --faults stack:2:1");
}

TEST(ReportJson, a_run_without_anything_is_a_whole_document) {
    const json found = document({});
    EXPECT_EQ(found.at("wires"), json::array());
    EXPECT_EQ(found.at("pools"), json::array());
    EXPECT_EQ(found.at("kind"), "protocol");
}

TEST(ReportJson, names_that_are_not_utf8_still_make_a_valid_document) {
    host::Report report = testing::report();
    report.wires[0].spec = "replay:\xff\n.pcap";
    EXPECT_EQ(document(report).at("wires")[0].at("spec"), "replay:\ufffd\n.pcap");
}

} // namespace
} // namespace ndispool::observe
