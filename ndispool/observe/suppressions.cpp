#include "ndispool/observe/suppressions.h"

#include "ndispool/observe/finding_groups.h"
#include "ndispool/observe/frame_text.h"
#include "ndispool/observe/utf8.h"

#include <algorithm>
#include <fmt/format.h>

namespace ndispool::observe {

namespace {

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view blank = " \t\r";
    const std::size_t first = text.find_first_not_of(blank);
    return first == std::string_view::npos ? std::string_view{}
                                           : text.substr(first, text.find_last_not_of(blank) - first + 1);
}

bool applies(const Suppression& suppression, const host::Finding& finding) {
    if (!matches(finding.rule, suppression.rule))
        return false;
    if (matches(without_offset(finding.where), suppression.pattern))
        return true;
    return std::any_of(finding.sites.begin(), finding.sites.end(), [&](const host::Site& site) {
        return std::any_of(site.frames.begin(), site.frames.end(),
                           [&](const host::Frame& frame) { return matches(function_of(frame), suppression.pattern); });
    });
}

} // namespace

// Backs up to the last star only: linear in the text for each star.
bool matches(std::string_view text, std::string_view pattern) {
    std::size_t t = 0, p = 0, star = std::string_view::npos, after = 0;
    while (t < text.size()) {
        if (p < pattern.size() && pattern[p] == '*') {
            star = p++;
            after = t;
        } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == text[t])) {
            ++p, ++t;
        } else if (star != std::string_view::npos) {
            p = star + 1;
            t = ++after;
        } else {
            return false;
        }
    }
    return pattern.find_first_not_of('*', p) == std::string_view::npos;
}

std::vector<Suppression> parse_suppressions(std::string_view text, const std::string& name) {
    std::vector<Suppression> list;
    for (std::size_t number = 1; !text.empty(); ++number) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        const std::string_view line = trimmed(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
        if (line.empty() || line.starts_with("#"))
            continue;
        const std::size_t colon = line.find(':');
        if (colon == std::string_view::npos || colon == 0 || colon + 1 == line.size())
            throw InputError(fmt::format("{}: line {}: '{}' is no suppression; write RULE:PATTERN, such as "
                                         "memory-leak:mydriver!Bind*",
                                         name, number, printable(line)));
        list.push_back({std::string(trimmed(line.substr(0, colon))), std::string(trimmed(line.substr(colon + 1)))});
    }
    return list;
}

std::vector<Suppression> read_suppressions(const std::filesystem::path& file) {
    return parse_suppressions(read_input(file, "--suppressions"), file.string());
}

void suppress(std::vector<Judged>& findings, const std::vector<Suppression>& suppressions) {
    for (Judged& entry : findings)
        if (std::any_of(suppressions.begin(), suppressions.end(),
                        [&](const Suppression& one) { return applies(one, entry.finding); }))
            entry.state = State::suppressed;
}

std::string suppressions_for(const std::vector<Judged>& findings) {
    std::string text;
    std::vector<std::string> written;
    for (const FindingGroup& group : grouped(findings)) {
        const std::string_view where = without_offset(group.where);
        const std::string line = fmt::format("{}:{}", group.rule, where.empty() ? "*" : where);
        if (std::find(written.begin(), written.end(), line) != written.end())
            continue;
        written.push_back(line);
        text += fmt::format("# {}\n{}\n", printable(group.messages.empty() ? "" : group.messages.front()), line);
    }
    return text;
}

} // namespace ndispool::observe
