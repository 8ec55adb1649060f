// A run or a check as one HTML page that loads nothing from anywhere.
//   Holds:     every text of the report is escaped; no script runs in the page.
#pragma once

#include "ndispool/observe/judged.h"

#include <string>
#include <vector>

namespace ndispool::observe {

// `findings`: judged(report), marked.
std::string report_html(const CheckReport& report, const std::vector<Judged>& findings);

} // namespace ndispool::observe
