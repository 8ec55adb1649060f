#include "ndispool/verify/findings.h"

#include "ndispool/machine/lock.h"

#include <algorithm>
#include <string_view>
#include <utility>

namespace ndispool::verify {

namespace {

machine::Lock lock;
std::vector<RawFinding>& findings() NDISPOOL_REQUIRES(lock) {
    static auto& all = *new std::vector<RawFinding>; // never destroyed: drivers' threads may outlive main()
    return all;
}

bool same_places(const std::vector<Evidence>& one, const std::vector<Evidence>& other) {
    return std::equal(one.begin(), one.end(), other.begin(), other.end(), [](const Evidence& a, const Evidence& b) {
        return std::string_view(a.what) == b.what && a.site.stack == b.site.stack;
    });
}

} // namespace

void found(const Rule& rule, std::string message, std::vector<Evidence> evidence) {
    std::erase_if(evidence, [](const Evidence& one) { return !one.site; });
    const machine::Locked locked(lock);
    for (RawFinding& known : findings())
        if (std::string_view(known.rule->id) == rule.id && same_places(known.evidence, evidence)) {
            ++known.count;
            return;
        }
    if (findings().size() < most_findings)
        findings().push_back({&rule, std::move(message), std::move(evidence), 1});
}

void forget_findings() {
    take_findings();
}

std::vector<RawFinding> take_findings() {
    const machine::Locked locked(lock);
    return std::exchange(findings(), {});
}

} // namespace ndispool::verify
