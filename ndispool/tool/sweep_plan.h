// Which runs a sweep is made of: from the calls of the first run and what --faults, --seed and --shard say.
//   Holds:     the same calls and options give the same runs in the same order; the runs of all shards together are those
//              of the whole sweep, each once.
#pragma once

#include "ndispool/tool/case_run.h"
#include "ndispool/tool/command_line.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace ndispool::tool {

struct PlannedCase {
    std::string name;     // "call 17, NdisAllocatePacketPool in passthru!PtBindAdapter+0x1d5, occurrence 1"
    std::string selector; // for --faults: exactly this run
    verify::FaultPlan faults;
};

// Each call stack's first two occurrences; all that were seen; some by number or place; none.
struct FaultChoice {
    enum class Kind : std::uint8_t { each_stack, all, chosen, none };
    Kind kind = Kind::each_stack;
    std::vector<std::string> sites; // of chosen: as written between commas
};

// Throws UsageError.
FaultChoice parse_faults(const std::optional<std::string>& text);

// `total`: how many calls there were; `calls` are those that were listed, the first two of each stack. `random_seed`: as many runs again with several calls failing. Throws UsageError when a site is in no call.
std::vector<PlannedCase> plan(const std::vector<SeenCall>& calls, std::uint64_t total, const FaultChoice& choice,
                              std::optional<std::uint64_t> random_seed, const Shard& shard);

} // namespace ndispool::tool
