#include "ndispool/observe/baseline.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace ndispool::observe {

Baseline parse_baseline(const std::string& text, const std::string& name) {
    const auto document = nlohmann::json::parse(text, nullptr, false);
    if (!document.is_object() || !document.contains("findings") || !document["findings"].is_array())
        throw InputError(fmt::format("--baseline: {} is no report; name a file that --json wrote", name));
    Baseline baseline;
    for (const auto& finding : document["findings"]) {
        if (!finding.is_object() || !finding.contains("fingerprint") || !finding["fingerprint"].is_string())
            throw InputError(
                fmt::format("--baseline: {} has findings without a fingerprint; write it again with --json", name));
        baseline.insert(finding["fingerprint"].get<std::string>());
    }
    return baseline;
}

Baseline read_baseline(const std::filesystem::path& file) {
    return parse_baseline(read_input(file, "--baseline"), file.string());
}

void mark_known(std::vector<Judged>& findings, const Baseline& baseline) {
    for (Judged& entry : findings)
        if (entry.state == State::fresh && baseline.contains(entry.fingerprint))
            entry.state = State::known;
}

} // namespace ndispool::observe
