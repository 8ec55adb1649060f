// A file of findings that are not to count: one a line, "RULE:PATTERN", with # for comments. PATTERN is matched, with * and ?,
// against "module!function" of the finding's place and of every frame of its sites; RULE may have * and ? too.
//   Callers:   one thread. Reading throws InputError: one line that names file and line.
#pragma once

#include "ndispool/observe/input_file.h"
#include "ndispool/observe/judged.h"

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace ndispool::observe {

struct Suppression {
    std::string rule, pattern;
};

std::vector<Suppression> parse_suppressions(std::string_view text, const std::string& name);
std::vector<Suppression> read_suppressions(const std::filesystem::path& file);

void suppress(std::vector<Judged>& findings, const std::vector<Suppression>& suppressions);

// Lines that would suppress every finding that counts, each with its message as a comment above it.
std::string suppressions_for(const std::vector<Judged>& findings);

bool matches(std::string_view text, std::string_view pattern);

} // namespace ndispool::observe
