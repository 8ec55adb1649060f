#include "ndispool/observe/finding_groups.h"

#include <algorithm>

namespace ndispool::observe {

std::vector<FindingGroup> grouped(const std::vector<host::Finding>& findings) {
    std::vector<FindingGroup> groups;
    for (const host::Finding& finding : findings) {
        auto group = std::find_if(groups.begin(), groups.end(), [&](const FindingGroup& known) {
            return known.rule == finding.rule && known.where == finding.where;
        });
        if (group == groups.end())
            group = groups.insert(group, {finding.rule, finding.where, 0, {}});
        ++group->count;
        if (std::find(group->messages.begin(), group->messages.end(), finding.message) == group->messages.end())
            group->messages.push_back(finding.message);
    }
    std::stable_sort(groups.begin(), groups.end(), [](auto& a, auto& b) { return a.count > b.count; });
    return groups;
}

} // namespace ndispool::observe
