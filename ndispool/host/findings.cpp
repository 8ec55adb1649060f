#include "ndispool/host/findings.h"

#include "ndispool/host/checker.h"

#include <algorithm>
#include <mutex>
#include <utility>

namespace ndispool::host {

namespace {
std::mutex lock; // guards findings
std::vector<RawFinding> findings;
} // namespace

void report(std::string_view rule, std::string_view message, const void* where) {
    if (checker() && checker()->said())
        return;
    std::scoped_lock guard(lock);
    const auto same = std::find_if(findings.begin(), findings.end(), [&](const RawFinding& known) {
        return known.rule == rule && known.message == message && known.where == where;
    });
    if (same != findings.end())
        ++same->count;
    else
        findings.push_back({std::string(rule), std::string(message), where});
}

std::vector<RawFinding> take_findings() {
    std::scoped_lock guard(lock);
    return std::exchange(findings, {});
}

} // namespace ndispool::host
