#include "ndispool/verify/faults.h"

#include "ndispool/machine/lock.h"

#include <algorithm>
#include <atomic>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <unordered_map>

namespace ndispool::verify {

namespace {

std::optional<std::uint64_t> number(std::string_view text, int base) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
    if (error != std::errc() || end != text.data() + text.size())
        return std::nullopt;
    return value;
}

constexpr std::uint64_t widest_range = 1'000'000;

bool add_range(FaultPlan& plan, std::string_view text) {
    const auto dots = text.find("..");
    const auto first = number(text.substr(0, dots), 10);
    const auto last = dots == std::string_view::npos ? first : number(text.substr(dots + 2), 10);
    if (!first || !last || *first == 0 || *last < *first || *last - *first >= widest_range)
        return false;
    for (std::uint64_t ordinal = *first; ordinal <= *last; ++ordinal)
        plan.ordinals.insert(ordinal);
    return true;
}

bool add_position(FaultPlan& plan, std::string_view text) {
    const auto colon = text.find(':');
    if (colon == std::string_view::npos)
        return false;
    const auto stack = number(text.substr(0, colon), 16);
    const auto occurrence = number(text.substr(colon + 1), 10);
    if (!stack || !occurrence || *occurrence == 0 || *occurrence > UINT32_MAX)
        return false;
    plan.positions.emplace(*stack, static_cast<std::uint32_t>(*occurrence));
    return true;
}

// One function at one stack; the name's address tells functions apart.
struct Key {
    const char* function;
    StackId stack;
    bool operator==(const Key&) const = default;
};
struct KeyHash {
    std::size_t operator()(const Key& key) const noexcept {
        return (reinterpret_cast<std::uintptr_t>(key.function) + static_cast<std::uint32_t>(key.stack)) *
               0x9E3779B97F4A7C15u;
    }
};

class Register {
  public:
    void reset(FaultPlan plan) {
        const machine::Locked locked(lock_);
        plan_ = std::move(plan);
        count_ = 0;
        occurrences_.clear();
        calls_.clear();
    }

    bool count(const char* function, StackId stack) {
        const std::uint64_t fingerprint = fingerprint_of(stack);
        const machine::Locked locked(lock_);
        const std::uint64_t ordinal = ++count_;
        const std::uint32_t occurrence = ++occurrences_[{function, stack}];
        const bool failed = plan_.ordinals.contains(ordinal) || plan_.positions.contains({fingerprint, occurrence});
        if (occurrence <= calls_kept || failed)
            calls_.push_back({ordinal, function, fingerprint, occurrence, failed, stack});
        return failed;
    }

    std::vector<FailableCall> calls() {
        const machine::Locked locked(lock_);
        return calls_;
    }

    std::uint64_t total() {
        const machine::Locked locked(lock_);
        return count_;
    }

  private:
    machine::Lock lock_;
    FaultPlan plan_ NDISPOOL_GUARDED_BY(lock_);
    std::uint64_t count_ NDISPOOL_GUARDED_BY(lock_) = 0;
    std::unordered_map<Key, std::uint32_t, KeyHash> occurrences_ NDISPOOL_GUARDED_BY(lock_);
    std::vector<FailableCall> calls_ NDISPOOL_GUARDED_BY(lock_);
};

Register& all() {
    static Register& calls = *new Register; // never destroyed: drivers' threads may outlive main()
    return calls;
}

} // namespace

std::optional<FaultPlan> FaultPlan::parse(std::string_view text) {
    FaultPlan plan;
    while (!text.empty()) {
        const auto comma = text.find(',');
        const std::string_view item = text.substr(0, comma);
        text = comma == std::string_view::npos ? std::string_view() : text.substr(comma + 1);
        constexpr std::string_view stack = "stack:";
        if (!(item.starts_with(stack) ? add_position(plan, item.substr(stack.size())) : add_range(plan, item)))
            return std::nullopt;
    }
    return plan;
}

std::string FaultPlan::text() const {
    std::string text;
    for (const std::uint64_t ordinal : ordinals)
        text += (text.empty() ? "" : ",") + std::to_string(ordinal);
    for (const auto& [stack, occurrence] : positions) {
        char item[64];
        std::snprintf(item, sizeof item, "stack:%016llx:%u", static_cast<unsigned long long>(stack), occurrence);
        text += (text.empty() ? "" : ",") + std::string(item);
    }
    return text;
}

void arm(FaultPlan plan) {
    all().reset(std::move(plan));
}

bool fails(const char* function, StackId stack) noexcept {
    return all().count(function, stack);
}

std::vector<FailableCall> numbered() {
    return all().calls();
}

std::uint64_t failable_calls() noexcept {
    return all().total();
}

} // namespace ndispool::verify
