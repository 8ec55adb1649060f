// A run for the tests of this room, with a number of its own in every field.
#pragma once

#include "ndispool/observe/judged.h"

namespace ndispool::observe::testing {

inline ndis::PoolRecord record() {
    ndis::PoolRecord record;
    record.id = 3;
    record.descriptors = 255;
    record.overflow = 65280;
    record.capacity = 65535;
    record.in_use = 0;
    record.peak = 34;
    record.overflow_in_use = 5;
    record.overflow_peak = 6;
    record.allocations = 18446744073709551615u;
    record.frees = 62781;
    record.refusals = 12;
    record.packet_size = 136;
    record.protocol_reserved = 32;
    record.protocol_id = 7;
    record.freed = true;
    return record;
}

inline host::Report report() {
    host::Report report;
    report.driver = "passthru";
    report.kind = host::Kind::intermediate;
    report.seed = 42;
    report.processors = 2;
    report.seconds = 0.084;
    report.packets = 62781;
    report.packets_per_second = 747392.857;
    report.wires = {
        {"below", "replay:real.pcap", 62781, 37123456, 1, 60, 2, {}, {{"dropped_out", 0}, {"missed_in", 7}}},
        {"above", "record:out.pcap", 0, 0, 62781, 37123456, 0, "record:out.pcap: disk is full", {}}};
    report.pools = {{record(), "passthru!PtBindAdapter+0x1d5"}};
    report.findings = {{"pool-leak", "3 packets out", "passthru!A+0x1"}};
    report.log = {"adapter came up"};
    return report;
}

// A finding that was allocated, passed on and found, in a file with a name that needs care.
inline host::Finding finding() {
    host::Finding finding{"packet-leak", "1 packet was never freed", "passthru!PtBind+0x12"};
    finding.verifier = "0xC4/0x62";
    finding.sites = {
        {"allocated", {{"PtBind", 0x12, "drivers/pass thru/adapter.c", 120, "passthru", 0x7f0012}}, 1, 2, 12345},
        {"passed on",
         {{"PtSend", 0x20, "drivers/pass thru/send.c", 33, "passthru", 0x7f0220}, {"", 0x999, "", 0, "libc", 0x7f0999}},
         0,
         2,
         20000}};
    return finding;
}

// A first run with a finding, a case that passed and one that crashed.
inline CheckReport check() {
    CheckReport check;
    check.run = report();
    check.run.findings = {finding()};
    check.swept = true;
    check.failable_calls = 63;
    check.failable_stacks = 41;
    check.seconds = 12.5;
    check.repeat = "ndispool check passthru --faults none";
    check.cases = {{"call 1, NdisAllocateMemory in passthru!A+0x1, occurrence 1",
                    "ndispool check passthru --faults stack:1:1",
                    Outcome::passed,
                    "DriverEntry failed with 0xC000009A",
                    0.25,
                    {}},
                   {"call 2, <odd> & \"name\"",
                    "ndispool check passthru --faults stack:2:1",
                    Outcome::crashed,
                    "",
                    0.5,
                    {{"crash",
                      "SIGSEGV at 0x0",
                      "passthru!B+0x2",
                      "0xD1",
                      {{"found", {{"B", 2, "b.c", 7, "passthru", 0x7f0002}}, 0, 0, 0}}}}}};
    return check;
}

// The forms of a plain run.
inline CheckReport plain(host::Report run) {
    CheckReport check;
    check.run = std::move(run);
    return check;
}

} // namespace ndispool::observe::testing
