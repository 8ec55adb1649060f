// A run for the tests of this room, with a number of its own in every field.
#pragma once

#include "ndispool/host/report.h"

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
    report.wires = {{"below", "replay:real.pcap", 62781, 37123456, 1, 60, 2, {}},
                    {"above", "record:out.pcap", 0, 0, 62781, 37123456, 0, "record:out.pcap: disk is full"}};
    report.pools = {{record(), "passthru!PtBindAdapter+0x1d5"}};
    report.findings = {{"pool-leak", "3 packets out", "passthru!A+0x1"}};
    report.log = {"adapter came up"};
    return report;
}

} // namespace ndispool::observe::testing
