#include "ndispool/observe/finding_groups.h"

#include <algorithm>

namespace ndispool::observe {

namespace {

void add_once(std::vector<std::string>& list, const std::string& text) {
    if (!text.empty() && std::find(list.begin(), list.end(), text) == list.end())
        list.push_back(text);
}

} // namespace

std::vector<FindingGroup> grouped(const std::vector<Judged>& findings, State state) {
    std::vector<FindingGroup> groups;
    for (const Judged& entry : findings) {
        if (entry.state != state)
            continue;
        const host::Finding& finding = entry.finding;
        auto group = std::find_if(groups.begin(), groups.end(), [&](const FindingGroup& known) {
            return known.rule == finding.rule && known.where == finding.where;
        });
        if (group == groups.end()) {
            group = groups.insert(group, FindingGroup{});
            group->rule = finding.rule;
            group->where = finding.where;
            group->verifier = finding.verifier;
            group->fingerprint = entry.fingerprint;
        }
        ++group->count;
        add_once(group->messages, finding.message);
        add_once(group->repeats, entry.repeat);
        if (group->sites.empty())
            group->sites = finding.sites;
    }
    std::stable_sort(groups.begin(), groups.end(), [](auto& a, auto& b) { return a.count > b.count; });
    return groups;
}

} // namespace ndispool::observe
