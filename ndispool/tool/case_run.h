// One run of a check, from inside the process that was made for it, and what it tells the process that waits.
//   Callers:   run_case() in the child; parse_case_result() in the parent.
//   Holds:     a driver that refuses to come up (DriverEntry, bind or Initialize failed) is an answer like any other, with
//              what it left behind. In a run with faults a second one follows, loaded afresh and without them. A crash is
//              told with everything that is known by then.
//   Not here:  which faults (sweep_plan.h), processes (child_process.h), what to make of it (case_outcome.h).
#pragma once

#include "ndispool/host/run.h"
#include "ndispool/verify/faults.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace ndispool::tool {

// A call that can fail, as the first run saw it.
struct SeenCall {
    std::uint64_t number = 0; // in that run, from 1
    std::string function;     // "NdisAllocatePacketPool"
    std::uint64_t stack = 0;  // the same in every run of this driver file
    std::uint32_t occurrence = 0;
    std::vector<std::string> places; // "passthru!PtBindAdapter+0x1d5", innermost first

    bool operator==(const SeenCall&) const = default;
};

struct CaseRun {
    host::Setup setup;
    bool generated_below = false, generated_above = false; // frames of our own instead of the setup's wire
    verify::FaultPlan faults;
};

struct CaseResult {
    host::Report report;
    std::string refusal;      // the line, when the driver did not come up
    std::string trouble;      // the line, when the run could not be made at all: nothing else is there then
    bool lacking = false;     // the trouble is this machine's
    bool crashed = false;     // the report ends there, and has the crash among its findings
    bool hung = false;        // the same, with a hang
    std::uint64_t failed = 0; // calls that the plan made fail
    std::uint64_t calls = 0;  // all that can fail
    std::vector<SeenCall> seen;
    std::optional<host::Report> after; // of the run without faults
    std::string after_refusal;
};

// In a child process (child_process.h) only: a crash of the driver ends it.
std::string run_case(const CaseRun& work);

// Nullopt: not a result, the process lost it.
std::optional<CaseResult> parse_case_result(const std::string& text);

} // namespace ndispool::tool
