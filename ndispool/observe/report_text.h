// A run as text for people and grep: plain digits, aligned columns, no colour. Ends with one line that begins "SUMMARY:
// ".
#pragma once

#include "ndispool/host/report.h"

#include <string>

namespace ndispool::observe {

std::string report_text(const host::Report& report);

} // namespace ndispool::observe
