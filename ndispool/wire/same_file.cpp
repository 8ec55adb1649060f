#include "ndispool/wire/same_file.h"

#include <filesystem>
#include <vector>

#include "ndispool/wire/lossy.h"
#include "ndispool/wire/part_file.h"
#include "ndispool/wire/spec.h"

namespace ndispool::wire {

namespace fs = std::filesystem;

namespace {

std::vector<fs::path> files_of(const Spec& spec) {
    if (spec.argument.empty() || (spec.scheme != "replay" && spec.scheme != "record"))
        return {};
    const fs::path name(spec.argument);
    std::error_code ignored;
    if (fs::is_character_file(name, ignored))
        return {};
    if (spec.scheme == "replay")
        return {name};
    return {name, part_path(name)};
}

bool same(const fs::path& a, const fs::path& b) {
    std::error_code ignored;
    if (fs::equivalent(a, b, ignored))
        return true;
    const fs::path place = fs::weakly_canonical(fs::absolute(a, ignored), ignored);
    return !place.empty() && place == fs::weakly_canonical(fs::absolute(b, ignored), ignored);
}

} // namespace

bool same_file(std::string_view spec_a, std::string_view spec_b) {
    const Spec one(inside(spec_a));
    const Spec other(inside(spec_b));
    if (one.scheme == "replay" && other.scheme == "replay") // reading twice harms nobody
        return false;
    for (const fs::path& a : files_of(one))
        for (const fs::path& b : files_of(other))
            if (same(a, b))
                return true;
    return false;
}

} // namespace ndispool::wire
