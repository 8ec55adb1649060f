// A run as one JSON document, schema "ndispool-run", version 1; a check the same with more fields, schema "ndispool-check".
//   Holds:     within a version fields are only added. Integers are exact; a unit is in the name of its field.
#pragma once

#include "ndispool/observe/judged.h"

#include <ostream>
#include <string_view>

namespace ndispool::observe {

// `ndispool_version`: of the program that made the run, such as "0.1.0". `findings`: judged(report), marked.
void write_report_json(std::ostream& out, const CheckReport& report, const std::vector<Judged>& findings,
                       std::string_view ndispool_version);

} // namespace ndispool::observe
