// A run or a check as text for people and grep: plain digits, aligned columns, no colour. The findings that count come with
// their places, the most frequent first. Ends with one line that begins "SUMMARY: ".
#pragma once

#include "ndispool/observe/judged.h"

#include <string>
#include <vector>

namespace ndispool::observe {

// `findings`: judged(report), marked.
std::string report_text(const CheckReport& report, const std::vector<Judged>& findings);

// One finding, or one made many times, with its places: "     2  pool-leak  passthru!Bind+0x12" and what follows.
struct FindingGroup;
std::string group_text(const FindingGroup& group);

} // namespace ndispool::observe
