// Every call of the driver that may fail for lack of resources: numbered, and made to fail by plan.
//   Callers:   arm() and numbered() while no driver runs; fails() from the checked door, any thread, any IRQL <= DISPATCH.
//   Holds:     a call is known by its number in this run, and by its call stack and which occurrence of that stack it is; the
//              second form is the same in every run of the same driver file. Without a plan nothing fails.
//              Memory is bounded: of each call stack the first calls_kept calls are listed, all are counted.
//   Not here:  choosing what is to fail and judging how it went (the tool); what a refusal looks like (the function itself).
#pragma once

#include "ndispool/verify/stack.h"

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ndispool::verify {

struct FaultPlan {
    std::set<std::uint64_t> ordinals;                            // from 1
    std::set<std::pair<std::uint64_t, std::uint32_t>> positions; // fingerprint of the stack, occurrence from 1

    bool empty() const { return ordinals.empty() && positions.empty(); }

    // "7", "7..9", "stack:3f2a90c1d5e6b784:2", separated by commas. Nullopt: not a plan.
    static std::optional<FaultPlan> parse(std::string_view text);
    std::string text() const; // what parse() reads
};

struct FailableCall {
    std::uint64_t ordinal = 0;
    const char* function = "";    // "NdisAllocatePacket"
    std::uint64_t stack = 0;      // fingerprint
    std::uint32_t occurrence = 0; // of this function at this stack, from 1
    bool failed = false;          // the plan made it fail
    StackId frames = StackId::none;
};

inline constexpr std::uint32_t calls_kept = 2;

// Begins to count at 1. Calls are counted from here on.
void arm(FaultPlan plan);

// Counts the call. True: it is to fail.
bool fails(const char* function, StackId stack) noexcept;

// In the order of their numbers.
std::vector<FailableCall> numbered();
std::uint64_t failable_calls() noexcept; // all, listed or not

} // namespace ndispool::verify
