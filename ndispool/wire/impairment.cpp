#include "ndispool/wire/impairment.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <optional>
#include <utility>

#include "ndispool/wire/wire.h"

namespace ndispool::wire {

namespace {

[[noreturn]] void refuse(const Spec& spec, std::string_view item, std::string_view wrong) {
    throw Error(Error::Kind::usage_or_file,
                spec.message("'" + std::string(item) + "' " + std::string(wrong) +
                             "; for example lossy:loss=1%,dup=0.5%,reorder=1%,delay=5ms:packet:eth0"));
}

// A number that has at most `most`, in thousandths or finer: no sign, no exponent, nothing behind it.
std::optional<double> number(std::string_view text, double most) {
    double value = 0;
    if (text.empty() || text.find_first_not_of("0123456789.") != std::string_view::npos)
        return {};
    const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed);
    if (error != std::errc() || stop != text.data() + text.size() || value > most)
        return {};
    return value;
}

std::uint32_t parse_chance(const Spec& spec, std::string_view item, std::string_view value) {
    constexpr double whole = 100;
    const auto percent = value.ends_with('%') ? number(value.substr(0, value.size() - 1), whole) : std::nullopt;
    if (!percent)
        refuse(spec, item, "needs a share from 0% to 100%");
    return static_cast<std::uint32_t>(std::lround(*percent * Impairment::always / whole));
}

std::chrono::nanoseconds parse_delay(const Spec& spec, std::string_view item, std::string_view value) {
    struct Unit {
        std::string_view name;
        double nanoseconds;
    };
    constexpr double most_ns = 10e9;
    for (const Unit& unit : {Unit{"us", 1e3}, Unit{"ms", 1e6}, Unit{"s", 1e9}}) {
        if (!value.ends_with(unit.name))
            continue;
        if (const auto amount = number(value.substr(0, value.size() - unit.name.size()), most_ns / unit.nanoseconds))
            return std::chrono::nanoseconds(static_cast<std::int64_t>(*amount * unit.nanoseconds));
    }
    refuse(spec, item, "needs a time up to 10s with its unit us, ms or s");
}

} // namespace

bool Fates::happens(std::uint32_t chance) {
    return random_() % Impairment::always < chance;
}

// Every frame takes the same number of random numbers, so that one chance does not change what the others do.
Fate Fates::next() {
    Fate fate;
    fate.lost = happens(impairment_.loss);
    fate.duplicated = happens(impairment_.duplication) && !fate.lost;
    const bool overtaken = happens(impairment_.reordering) && !fate.lost;
    const auto by = static_cast<unsigned>(1 + random_() % most_overtakers);
    fate.overtaken_by = overtaken ? by : 0;
    return fate;
}

Impairment parse_impairment(const Spec& spec, std::string_view text) {
    Impairment impairment;
    std::array<bool, 4> seen{};
    const auto once = [&](std::size_t which, std::string_view item) {
        if (std::exchange(seen[which], true))
            refuse(spec, item, "is given twice");
    };
    while (true) {
        const std::string_view item = text.substr(0, text.find(','));
        const std::size_t equals = std::min(item.find('='), item.size());
        const std::string_view name = item.substr(0, equals);
        const std::string_view value = item.substr(std::min(equals + 1, item.size()));
        if (name == "loss")
            once(0, item), impairment.loss = parse_chance(spec, item, value);
        else if (name == "dup")
            once(1, item), impairment.duplication = parse_chance(spec, item, value);
        else if (name == "reorder")
            once(2, item), impairment.reordering = parse_chance(spec, item, value);
        else if (name == "delay")
            once(3, item), impairment.delay = parse_delay(spec, item, value);
        else
            refuse(spec, item, "is none of loss=, dup=, reorder= and delay=");
        if (item.size() == text.size())
            return impairment;
        text.remove_prefix(item.size() + 1);
    }
}

} // namespace ndispool::wire
