// Findings that an earlier report has already: they do not count, so that only new ones fail a build.
//   Callers:   one thread. Reading throws InputError (input_file.h).
//   Holds:     a finding is known when its fingerprint is in the file, however often.
#pragma once

#include "ndispool/observe/input_file.h"
#include "ndispool/observe/judged.h"

#include <filesystem>
#include <set>
#include <string>

namespace ndispool::observe {

using Baseline = std::set<std::string>; // fingerprints

// A document that --json wrote.
Baseline parse_baseline(const std::string& text, const std::string& name);
Baseline read_baseline(const std::filesystem::path& file);

// What is suppressed stays suppressed.
void mark_known(std::vector<Judged>& findings, const Baseline& baseline);

} // namespace ndispool::observe
