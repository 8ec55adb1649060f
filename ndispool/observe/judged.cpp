#include "ndispool/observe/judged.h"

#include "ndispool/observe/frame_text.h"

#include <algorithm>
#include <fmt/format.h>
#include <map>

namespace ndispool::observe {

namespace {

// FNV-1a: no secret and no adversary here, and the same on every machine.
class Hash {
  public:
    void add(std::string_view text) {
        for (const char byte : text)
            step(static_cast<unsigned char>(byte));
        step(0); // "ab", "c" is not "a", "bc"
    }
    std::uint64_t value() const { return value_; }

  private:
    void step(unsigned char byte) { value_ = (value_ ^ byte) * 0x100000001b3u; }
    std::uint64_t value_ = 0xcbf29ce484222325u;
};

std::uint64_t hash_of(const host::Finding& finding) {
    Hash hash;
    hash.add(finding.rule);
    hash.add(without_offset(finding.where));
    for (const host::Site& site : finding.sites) {
        hash.add(site.what);
        for (const host::Frame& frame : site.frames)
            hash.add(function_of(frame));
    }
    return hash.value();
}

// Tells apart what the hash does not: the exact places.
std::string place_of(const host::Finding& finding) {
    std::string place = finding.where;
    for (const host::Site& site : finding.sites)
        for (const host::Frame& frame : site.frames)
            place += fmt::format("|{}+{:#x}", frame.function, frame.offset);
    return place;
}

} // namespace

std::vector<Judged> judged(const CheckReport& report) {
    std::vector<Judged> all;
    for (const host::Finding& finding : report.run.findings)
        all.push_back({finding, {}, {}, report.repeat});
    for (std::size_t i = 0; i < report.cases.size(); ++i)
        for (const host::Finding& finding : report.cases[i].findings)
            all.push_back({finding, {}, i, report.cases[i].repeat});
    std::map<std::uint64_t, std::vector<std::string>> places;
    for (Judged& entry : all) {
        const std::uint64_t hash = hash_of(entry.finding);
        std::vector<std::string>& known = places[hash];
        const std::string place = place_of(entry.finding);
        const auto at = std::find(known.begin(), known.end(), place);
        entry.fingerprint = fmt::format("{:016x}:{}", hash, at - known.begin() + 1);
        if (at == known.end())
            known.push_back(place);
    }
    return all;
}

std::size_t count(const std::vector<Judged>& findings, State state) {
    return static_cast<std::size_t>(
        std::count_if(findings.begin(), findings.end(), [&](const Judged& entry) { return entry.state == state; }));
}

} // namespace ndispool::observe
