// Whether what threads saw of a pool is explained by one order of their operations, each taking effect at an instant
// between its begin and its end (Wing and Gong, 1993; with the memory of dead ends of Lowe, 2017).
//   Callers:   tests that recorded a history.
//   Holds:     the pool explained: allocate gives a descriptor that nobody has, and gives none only if all are out; in_use
//              is the number out. A bulk is single operations, in its order, within the time of the call.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <unordered_set>
#include <vector>

namespace ndispool::pool {

struct Operation {
    enum Kind : std::uint8_t { allocate, refused, free, in_use };
    Kind kind;
    std::uint8_t value;  // which descriptor; the answer of in_use
    std::uint64_t begin; // instants, all different
    std::uint64_t end;
};

// By thread, each in the order in which the thread made them. Together at most 64.
using History = std::vector<std::vector<Operation>>;

class Explanation {
  public:
    Explanation(const History& history, unsigned capacity) : history_(history), capacity_(capacity) {}

    [[nodiscard]] bool exists() {
        done_.assign(history_.size(), 0);
        seen_.clear();
        return go_on(0);
    }

  private:
    // `out`: a bit for each descriptor.
    bool go_on(std::uint64_t out) {
        std::uint64_t first_end = ~std::uint64_t{0};
        for (std::size_t thread = 0; thread < history_.size(); ++thread)
            if (done_[thread] < history_[thread].size())
                first_end = std::min(first_end, history_[thread][done_[thread]].end);
        if (first_end == ~std::uint64_t{0})
            return true;
        if (!seen_.insert(key(out)).second)
            return false;
        for (std::size_t thread = 0; thread < history_.size(); ++thread) {
            if (done_[thread] == history_[thread].size())
                continue;
            const Operation& next = history_[thread][done_[thread]];
            if (next.begin > first_end) // that one must come before it
                continue;
            const auto after = effect(next, out);
            if (!after)
                continue;
            ++done_[thread];
            if (go_on(*after))
                return true;
            --done_[thread];
        }
        return false;
    }

    [[nodiscard]] std::optional<std::uint64_t> effect(const Operation& operation, std::uint64_t out) const {
        const auto used = static_cast<unsigned>(__builtin_popcountll(out));
        const std::uint64_t bit = std::uint64_t{1} << operation.value;
        bool fits = false;
        switch (operation.kind) {
        case Operation::allocate:
            fits = (out & bit) == 0 && used < capacity_;
            return fits ? std::optional(out | bit) : std::nullopt;
        case Operation::free:
            fits = (out & bit) != 0;
            return fits ? std::optional(out & ~bit) : std::nullopt;
        case Operation::refused:
            fits = used == capacity_;
            break;
        case Operation::in_use:
            fits = used == operation.value;
            break;
        }
        return fits ? std::optional(out) : std::nullopt;
    }

    // What was done of each thread says which are out; but for what another free of the same descriptor left.
    [[nodiscard]] std::uint64_t key(std::uint64_t out) const {
        std::uint64_t key = out;
        for (const std::uint8_t done : done_)
            key = key * 64 + done;
        return key;
    }

    const History& history_;
    const unsigned capacity_;
    std::vector<std::uint8_t> done_;
    std::unordered_set<std::uint64_t> seen_;
};

} // namespace ndispool::pool
