#include "ndispool/tool/checked_run.h"

#include "ndispool/host/exports.h"
#include "ndispool/tool/driver_names.h"
#include "ndispool/verify/door.h"
#include "ndispool/verify/packets.h"
#include "ndispool/verify/ticks.h"

#include <algorithm>
#include <fmt/format.h>
#include <map>
#include <set>

namespace ndispool::tool {

host::Frame frame_of(const verify::NamedFrame& named) {
    return {named.function, named.offset, named.file, named.line, named.module, named.address};
}

namespace {

std::vector<host::Frame> named_frames(verify::StackId stack) {
    std::vector<host::Frame> frames;
    for (const verify::NamedFrame& named : verify::name_stack(stack))
        frames.push_back(frame_of(named));
    return frames;
}

host::Site site_of(const verify::Evidence& evidence, std::uint64_t began) {
    const verify::Site& site = evidence.site;
    return {evidence.what, named_frames(site.stack), site.processor, site.irql, verify::uptime_of(site.time) - began};
}

host::Finding finding_of(const verify::RawFinding& raw, std::uint64_t began) {
    host::Finding finding{raw.rule->id, raw.message, {}, raw.rule->verifier};
    if (raw.count > 1)
        finding.message += fmt::format(", {} times", raw.count);
    for (const verify::Evidence& evidence : raw.evidence)
        finding.sites.push_back(site_of(evidence, began));
    // Where it was found; a leak is found nowhere, and then where it began.
    for (auto site = finding.sites.rbegin(); site != finding.sites.rend() && finding.where.empty(); ++site)
        if (!site->frames.empty())
            finding.where = place_of(site->frames.front());
    return finding;
}

// The pool table shows what the driver asked for and did, without what the checked door added.
void correct(std::vector<host::PoolReport>& pools) {
    const auto numbers = verify::pool_numbers();
    std::set<const void*> done; // a handle may have been another pool's before
    for (auto pool = pools.rbegin(); pool != pools.rend(); ++pool) {
        ndis::PoolRecord& record = pool->record;
        const auto own = numbers.find(record.handle);
        if (own == numbers.end() || !done.insert(record.handle).second)
            continue;
        const verify::PoolNumbers& true_ones = own->second;
        record.protocol_reserved = true_ones.reserved;
        record.packet_size -= true_ones.extra_bytes;
        record.in_use = true_ones.in_use;
        record.peak = true_ones.peak;
        record.overflow_peak = true_ones.peak > record.descriptors ? true_ones.peak - record.descriptors : 0;
        record.overflow_in_use = true_ones.in_use > record.descriptors ? true_ones.in_use - record.descriptors : 0;
        record.allocations = true_ones.allocations;
        record.frees = true_ones.frees;
        record.refusals = true_ones.refusals;
    }
}

// What the host counts wrongly after a mistake that was found with its places.
bool follows_from(const std::string& rule, const std::set<std::string>& found) {
    const auto any = [&](std::initializer_list<const char*> causes) {
        return std::any_of(causes.begin(), causes.end(), [&](const char* cause) { return found.contains(cause); });
    };
    return (rule == "return-missing" && any({"return-too-many", "free-in-flight", "oob-after-indicate"})) ||
           (rule == "machine" && any({"lock-leak", "lock-order", "use-after-free"}));
}

} // namespace

CheckedRun::CheckedRun(verify::FaultPlan plan) : plan_(std::move(plan)) {
    verify::open_door(host::find_export);
}

const nt::Export* CheckedRun::form_of(std::string_view name, const nt::Export& plain) {
    return verify::checked_form(name, plain);
}

void CheckedRun::loaded(const load::Image& image) {
    verify::watch_driver(image.code().begin, image.code().end);
    verify::arm(plan_);
    calls_.clear();
    verify::start_ticks();
    began_ = verify::uptime_of(0);
}

void CheckedRun::unloaded() {
    verify::judge_pending();
}

void CheckedRun::finish(bool whole, std::vector<host::PoolReport>& pools, std::vector<host::Finding>& findings) {
    if (whole)
        verify::judge_leaks();
    for (const verify::FailableCall& call : verify::numbered())
        calls_.push_back({call, named_frames(call.frames)});
    std::vector<host::Finding> own;
    std::set<std::string> rules;
    for (const verify::RawFinding& raw : verify::take_findings()) {
        own.push_back(finding_of(raw, began_));
        rules.insert(raw.rule->id);
    }
    std::erase_if(findings, [&](const host::Finding& finding) {
        return rules.contains(finding.rule) || follows_from(finding.rule, rules);
    });
    findings.insert(findings.begin(), std::make_move_iterator(own.begin()), std::make_move_iterator(own.end()));
    correct(pools);
    if (whole)
        verify::close_door();
}

host::Finding CheckedRun::unfinished_business() {
    host::Finding finding;
    const std::uint64_t began = verify::uptime_of(0);
    for (const verify::Unfinished& one : verify::unfinished()) {
        finding.message += (finding.message.empty() ? "" : "; ") + one.text;
        for (const verify::Evidence& evidence : one.places)
            if (evidence.site)
                finding.sites.push_back(site_of(evidence, began));
    }
    return finding;
}

bool CheckedRun::said() const {
    return verify::call_is_reported();
}

} // namespace ndispool::tool
