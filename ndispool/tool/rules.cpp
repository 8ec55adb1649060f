#include "ndispool/tool/rules.h"

#include "ndispool/verify/rules.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <string_view>
#include <vector>

namespace ndispool::tool {

namespace {

struct Summary {
    std::string_view id, text;
};

// One sentence each; docs/rules/ID.md has the page.
constexpr auto summaries = std::to_array<Summary>({
    {"pool-leak", "A packet pool was freed while packets of it were out."},
    {"pool-not-freed", "A packet pool was not freed before the driver was unloaded."},
    {"packet-leak", "A packet was never freed."},
    {"double-free", "Something was freed that had been freed already."},
    {"foreign-free", "Something was freed that was never allocated, or not from there."},
    {"use-after-free", "Something was used after it had been freed."},
    {"reserved-overrun", "A write went past the reserved area of a packet."},
    {"mixed-flavour", "Interlocked and non-interlocked functions were mixed on one object."},
    {"buffer-leak", "A buffer descriptor was never freed."},
    {"chain-leak", "A packet was freed with buffers still chained to it."},
    {"memory-leak", "Memory was not freed before the driver was unloaded."},
    {"memory-mismatch", "Memory was freed with another length or tag than it was allocated with."},
    {"memory-overrun", "A write went past a block of memory."},
    {"irql", "A function was called at an IRQL that it is not documented for."},
    {"lock-held", "A function that must not be called under a spin lock was."},
    {"lock-order", "Two spin locks were taken in both orders."},
    {"lock-leak", "A spin lock was not released, or released by somebody else."},
    {"wait-at-dispatch", "The driver waited at DISPATCH_LEVEL."},
    {"send-twice", "A packet was sent that was still being sent."},
    {"complete-twice", "A send or request was completed twice."},
    {"complete-missing", "A pending send or request was never completed."},
    {"free-in-flight", "A packet was freed or reinitialised while a lower driver owned it."},
    {"return-too-many", "A received packet was returned more often than it was kept."},
    {"return-missing", "A received packet was kept past the unbind."},
    {"return-early", "A received packet was returned before the handler that took it had returned."},
    {"indicate-status", "A packet was indicated without a status, or while it was still lent."},
    {"reserved-too-small", "A packet to indicate has less reserved space than NDIS needs."},
    {"oob-after-indicate",
     "The status of a packet was read after it was indicated, and is not the miniport's any more."},
    {"timer-at-unload", "A timer was still set when the driver was unloaded."},
    {"work-item-at-unload", "A work item was still queued when the driver was unloaded."},
    {"late-protocol-id", "The protocol ID of a pool was set after packets had been allocated from it."},
    {"unbind-order", "Things were given back in an order in which they are still in use."},
    {"event-misuse", "An event was used that was not initialised, or taken away from a thread that waits for it."},
    {"ignored-resources", "The result of an allocation that had failed was used."},
    {"crash", "The driver took its process down: an invalid access, an abort, a corrupt heap."},
    // What only the sweep can see.
    {"hang", "The driver did not come to an end within the time limit."},
    {"memory-exhausted", "The driver took more memory than the run allows."},
    {"no-recovery", "After a run in which a call failed, a run without failures passed no packets."},
    {"lost", "The process of the driver ended without a report."},
});

const std::array<observe::RuleText, 4> sweep_rules = {{
    {"hang", "", "A wait that nothing ends, or a loop. The frames are where the driver was when it was stopped.",
     "0x9F"},
    {"memory-exhausted", "", "Look for an allocation in a loop that a failure never ends.", "0xC4/0x04"},
    {"no-recovery", "", "Something of the failed run stayed behind, in what the driver registered.", ""},
    {"lost", "", "The driver, or a library it uses, ended the process. Repeat the run and look at what it printed.",
     ""},
}};

std::string summary_of(std::string_view id) {
    const auto at = std::find_if(summaries.begin(), summaries.end(), [&](const Summary& one) { return one.id == id; });
    return std::string(at == summaries.end() ? id : at->text);
}

std::vector<observe::RuleText> collect() {
    std::vector<observe::RuleText> all;
    for (const verify::Rule& rule : verify::rule::all)
        all.push_back({rule.id, summary_of(rule.id), fmt::format("See docs/rules/{}.md.", rule.id), rule.verifier});
    for (observe::RuleText rule : sweep_rules) {
        rule.summary = summary_of(rule.id);
        all.push_back(std::move(rule));
    }
    return all;
}

} // namespace

std::span<const observe::RuleText> rule_texts() {
    static const std::vector<observe::RuleText> rules = collect();
    return rules;
}

} // namespace ndispool::tool
