// What `ndispool check` did, by value: the first run, and one case for each run in which something was made to fail. A plain
// run is a check without cases, so every form of a report is written once.
//   Callers:   the tool fills it, this room reads it; plain copies, nothing in them changes afterwards.
//   Not here:  which calls are made to fail, processes, time limits (tool).
#pragma once

#include "ndispool/host/report.h"

#include <cstdint>
#include <string>
#include <vector>

namespace ndispool::observe {

enum class Outcome : std::uint8_t {
    passed,   // the driver lived through it, left nothing behind and passed packets afterwards
    findings, // it ended in order, but something was found
    crashed,  // the driver took its process down
    hung,     // the time limit ended it
    lost      // the process ended without a report: the tool's trouble or the driver's, not to be told apart
};

// One run in a process of its own.
struct CaseReport {
    std::string name;   // "call 17, NdisAllocatePacketPool in passthru!PtBindAdapter+0x1d5, occurrence 1"
    std::string repeat; // the command that does exactly this again
    Outcome outcome = Outcome::passed;
    std::string answer; // what the driver made of it, "DriverEntry failed with 0xC000009A"; empty when it went on
    double seconds = 0;
    std::vector<host::Finding> findings; // those the first run does not have
};

struct CheckReport {
    host::Report run; // the first, with nothing made to fail
    bool swept = false;
    std::uint64_t failable_calls = 0;  // in the first run
    std::uint64_t failable_stacks = 0; // different call stacks of those
    std::uint64_t shard = 1, shards = 1;
    double seconds = 0; // all of it
    std::string repeat; // the command that does the first run again
    std::vector<CaseReport> cases;
};

} // namespace ndispool::observe
