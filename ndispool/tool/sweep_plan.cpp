#include "ndispool/tool/sweep_plan.h"

#include "ndispool/tool/exit_code.h"
#include "ndispool/tool/number.h"

#include <algorithm>
#include <fmt/format.h>
#include <iterator>
#include <limits>
#include <map>
#include <random>
#include <set>

namespace ndispool::tool {

namespace {

std::vector<std::string> split(std::string_view text, char at) {
    std::vector<std::string> parts;
    for (std::size_t begin = 0; begin <= text.size();) {
        const std::size_t end = std::min(text.find(at, begin), text.size());
        parts.emplace_back(text.substr(begin, end - begin));
        begin = end + 1;
    }
    return parts;
}

bool is_number(std::string_view text) {
    return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

bool is_range(std::string_view text) {
    const std::size_t dots = text.find("..");
    return dots != std::string_view::npos && is_number(text.substr(0, dots)) && is_number(text.substr(dots + 2));
}

std::string selector_of(const SeenCall& call) {
    return fmt::format("stack:{:016x}:{}", call.stack, call.occurrence);
}

// By position, not by number: numbers depend on how threads took turns, positions do not.
PlannedCase planned(const SeenCall& call) {
    PlannedCase one;
    one.name = fmt::format("call {}, {} in {}, occurrence {}", call.number, call.function,
                           call.places.empty() ? "an unknown place" : call.places.front(), call.occurrence);
    one.selector = selector_of(call);
    one.faults.positions.emplace(call.stack, call.occurrence);
    return one;
}

PlannedCase together(const std::vector<PlannedCase>& parts) {
    PlannedCase all;
    for (const PlannedCase& part : parts) {
        all.name += (all.name.empty() ? "" : " + ") + part.name;
        all.selector += (all.selector.empty() ? "" : "+") + part.selector;
        all.faults.positions.insert(part.faults.positions.begin(), part.faults.positions.end());
        all.faults.ordinals.insert(part.faults.ordinals.begin(), part.faults.ordinals.end());
    }
    return all;
}

bool holds(const SeenCall& call, std::string_view site) {
    return selector_of(call) == site || call.function == site ||
           std::any_of(call.places.begin(), call.places.end(),
                       [&](const std::string& place) { return place.find(site) != std::string::npos; });
}

// One that was listed is known by its position, another only by its number.
std::vector<PlannedCase> numbered(const std::vector<SeenCall>& calls, std::uint64_t first, std::uint64_t last) {
    std::map<std::uint64_t, const SeenCall*> listed;
    for (const SeenCall& call : calls)
        listed[call.number] = &call;
    std::vector<PlannedCase> cases;
    for (std::uint64_t number = first; number <= last; ++number) {
        const auto known = listed.find(number);
        if (known != listed.end())
            cases.push_back(planned(*known->second));
        else
            cases.push_back({fmt::format("call {}", number), std::to_string(number), {{number}, {}}});
    }
    return cases;
}

std::vector<PlannedCase> range(const std::vector<SeenCall>& calls, std::uint64_t total, const std::string& text) {
    constexpr std::uint64_t most = std::numeric_limits<std::uint32_t>::max();
    const std::size_t dots = text.find("..");
    const std::uint64_t first = whole_number("--faults", std::string_view(text).substr(0, dots), 1, most);
    const std::uint64_t last = dots == std::string::npos
                                   ? first
                                   : whole_number("--faults", std::string_view(text).substr(dots + 2), first, most);
    if (last > total)
        throw UsageError(fmt::format("--faults: there is no call {}; the first run has {} that can fail", last, total));
    return numbered(calls, first, last);
}

std::vector<PlannedCase> cases_of(const std::vector<SeenCall>& calls, std::uint64_t total, const std::string& site) {
    if (is_number(site) || is_range(site))
        return range(calls, total, site);
    std::vector<PlannedCase> cases;
    for (const SeenCall& call : calls)
        if (holds(call, site))
            cases.push_back(planned(call));
    if (!cases.empty())
        return cases;
    // A position that the first run did not list: a later occurrence, or of a run that took another way.
    const auto faults = verify::FaultPlan::parse(site);
    if (!faults || faults->empty())
        throw UsageError(
            fmt::format("--faults: no call that can fail has '{}' on its call stack; leave --faults out to "
                        "see all of them",
                        site));
    return {PlannedCase{"call " + site, site, *faults}};
}

PlannedCase joined(const std::vector<SeenCall>& calls, std::uint64_t total, const std::string& sites) {
    std::vector<PlannedCase> parts;
    for (const std::string& site : split(sites, '+'))
        parts.push_back(cases_of(calls, total, site).front());
    return together(parts);
}

// "function+0x12" is a place, not two sites: what follows a plus that joins begins a selector or a number.
bool joins(std::string_view text) {
    return text.find("+stack:") != std::string_view::npos;
}

std::vector<PlannedCase> chosen(const std::vector<SeenCall>& calls, std::uint64_t total,
                                const std::vector<std::string>& sites) {
    std::vector<PlannedCase> all;
    for (const std::string& site : sites) {
        if (joins(site))
            all.push_back(joined(calls, total, site));
        else
            for (PlannedCase& one : cases_of(calls, total, site))
                all.push_back(std::move(one));
    }
    return all;
}

std::vector<PlannedCase> random_runs(const std::vector<PlannedCase>& single, std::uint64_t seed) {
    std::vector<PlannedCase> runs;
    std::mt19937_64 random(seed);
    for (std::size_t i = 0; i < single.size() && single.size() > 1; ++i) {
        const std::size_t number = std::min<std::size_t>(2 + random() % 3, single.size());
        std::set<std::size_t> picked;
        while (picked.size() < number)
            picked.insert(random() % single.size()); // %: the same everywhere, unlike the library's distributions
        std::vector<PlannedCase> parts;
        std::transform(picked.begin(), picked.end(), std::back_inserter(parts),
                       [&](std::size_t at) { return single[at]; });
        runs.push_back(together(parts));
    }
    return runs;
}

} // namespace

FaultChoice parse_faults(const std::optional<std::string>& text) {
    using Kind = FaultChoice::Kind;
    if (!text)
        return {};
    if (*text == "all")
        return {Kind::all, {}};
    if (*text == "none")
        return {Kind::none, {}};
    FaultChoice choice{Kind::chosen, split(*text, ',')};
    for (const std::string& site : choice.sites)
        if (site.empty())
            throw UsageError(
                fmt::format("--faults: '{}' has an empty part; write all, none, N, N..M or a SITE", *text));
    return choice;
}

std::vector<PlannedCase> plan(const std::vector<SeenCall>& calls, std::uint64_t total, const FaultChoice& choice,
                              std::optional<std::uint64_t> random_seed, const Shard& shard) {
    using Kind = FaultChoice::Kind;
    std::vector<PlannedCase> all;
    if (choice.kind == Kind::each_stack)
        for (const SeenCall& call : calls)
            all.push_back(planned(call));
    else if (choice.kind == Kind::all)
        all = numbered(calls, 1, total);
    else if (choice.kind == Kind::chosen)
        all = chosen(calls, total, choice.sites);
    if (random_seed && choice.kind != Kind::chosen)
        for (PlannedCase& run : random_runs(all, *random_seed))
            all.push_back(std::move(run));
    std::vector<PlannedCase> mine;
    for (std::size_t i = shard.number - 1; i < all.size(); i += shard.of)
        mine.push_back(std::move(all[i]));
    return mine;
}

} // namespace ndispool::tool
