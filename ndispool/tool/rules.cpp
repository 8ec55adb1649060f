#include "ndispool/tool/rules.h"

#include <vector>

namespace ndispool::tool {

namespace {

// What only the sweep can see. A crash has no rule of Driver Verifier: on Windows it is the bug check itself.
const std::vector<observe::RuleText>& sweep_rules() {
    static const std::vector<observe::RuleText> rules = {
        {"crash", "The driver took its process down: an invalid access, an abort, a corrupt heap.",
         "On Windows this is a blue screen. The innermost frame of the driver is where to look.", "0xD1"},
        {"hang", "The driver did not come to an end within the time limit.",
         "A wait that nothing ends, or a loop. The frames are where the driver was when it was stopped.", "0x9F"},
        {"memory-exhausted", "The driver took more memory than the run allows.",
         "Look for an allocation in a loop that a failure never ends.", "0xC4/0x04"},
        {"no-recovery", "After a run in which a call failed, a run without failures passed no packets.",
         "Something of the failed run stayed behind, in static data or in what the driver registered.", ""},
        {"lost", "The process of the driver ended without a report.",
         "The driver, or a library it uses, ended the process. Repeat the run and look at what it printed.", ""},
    };
    return rules;
}

} // namespace

std::span<const observe::RuleText> rule_texts() {
    return sweep_rules();
}

} // namespace ndispool::tool
