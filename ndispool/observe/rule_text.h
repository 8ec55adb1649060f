// What a rule is about, for formats that carry the rules beside the findings.
#pragma once

#include <span>
#include <string>

namespace ndispool::observe {

struct RuleText {
    std::string id;       // "pool-leak"
    std::string summary;  // one sentence
    std::string help;     // what to do about it; may be empty
    std::string verifier; // nearest Driver Verifier or bug check code; may be empty
};

} // namespace ndispool::observe
