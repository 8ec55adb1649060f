// A run or a check as JUnit XML, which CI systems show as tests: the first run and every case of the sweep is a test, one with
// a finding that counts has failed.
#pragma once

#include "ndispool/observe/judged.h"

#include <ctime>
#include <ostream>
#include <vector>

namespace ndispool::observe {

// `findings`: judged(report), marked. `when`: the check began, in UTC.
void write_junit(std::ostream& out, const CheckReport& report, const std::vector<Judged>& findings, std::time_t when);

} // namespace ndispool::observe
