// Whether what threads saw of a pool is explained by one order of their operations, each taking effect at an instant
// between its begin and its end (Wing and Gong, 1993; with the memory of dead ends of Lowe, 2017).
//   Callers:   tests that recorded a history.
//   Holds:     the pool explained: allocate gives a descriptor that nobody has, and gives none only if all are out; in_use
//              is the number out. A bulk is single operations within the time of the call: allocations and a refusal in
//              their order, frees in any (the pool gives back those of the overflow first). A reservation is a bulk that was
//              not short; one that was refused is an instant at which fewer were free, and nothing else.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <unordered_set>
#include <utility>
#include <vector>

namespace ndispool::pool {

struct Operation {
    enum Kind : std::uint8_t { allocate, refused, free, in_use };
    Kind kind;
    std::uint8_t value;  // which descriptor; how many were refused; the answer of in_use
    std::uint64_t begin; // instants, all different
    std::uint64_t end;
};

// By thread, each in the order in which the thread made them. Together at most 64.
using History = std::vector<std::vector<Operation>>;

class Explanation {
  public:
    // A further free of a bulk becomes a thread of its own: when it may come is said by its instants alone.
    Explanation(const History& history, unsigned capacity) : capacity_(capacity) {
        for (const auto& thread : history) {
            std::vector<Operation> in_order;
            for (const Operation& one : thread)
                if (one.kind == Operation::free && !in_order.empty() && in_order.back().begin == one.begin)
                    history_.push_back({one});
                else
                    in_order.push_back(one);
            history_.push_back(std::move(in_order));
        }
        std::size_t before = 0;
        for (const auto& thread : history_)
            first_bit_.push_back(std::exchange(before, before + thread.size()));
    }

    [[nodiscard]] bool exists() {
        done_.assign(history_.size(), 0);
        seen_.clear();
        return go_on(0, 0);
    }

  private:
    // `done`: a bit for each operation. They say which descriptors are out; `out` has a bit for each of these.
    bool go_on(std::uint64_t done, std::uint64_t out) {
        std::uint64_t first_end = ~std::uint64_t{0};
        for (std::size_t thread = 0; thread < history_.size(); ++thread)
            if (done_[thread] < history_[thread].size())
                first_end = std::min(first_end, history_[thread][done_[thread]].end);
        if (first_end == ~std::uint64_t{0})
            return true;
        if (!seen_.insert(done).second)
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
            const std::uint64_t bit = std::uint64_t{1} << (first_bit_[thread] + done_[thread]);
            ++done_[thread];
            if (go_on(done | bit, *after))
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
            fits = used + operation.value > capacity_;
            break;
        case Operation::in_use:
            fits = used == operation.value;
            break;
        }
        return fits ? std::optional(out) : std::nullopt;
    }

    const unsigned capacity_;
    History history_;
    std::vector<std::size_t> first_bit_; // of each thread
    std::vector<std::uint8_t> done_;
    std::unordered_set<std::uint64_t> seen_;
};

} // namespace ndispool::pool
