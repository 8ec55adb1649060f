// Findings as SARIF 2.1.0, which code hosts show beside the source: each with its places in the order of time (codeFlows) and
// a fingerprint that stays the same from build to build.
#pragma once

#include "ndispool/observe/judged.h"
#include "ndispool/observe/rule_text.h"

#include <ostream>
#include <span>
#include <string_view>
#include <vector>

namespace ndispool::observe {

// `findings`: judged(report), marked; suppressed and known ones are in the document and say so. `rules`: those known by
// name; a finding of another rule gets a bare entry.
void write_sarif(std::ostream& out, const CheckReport& report, const std::vector<Judged>& findings,
                 std::span<const RuleText> rules, std::string_view ndispool_version);

} // namespace ndispool::observe
