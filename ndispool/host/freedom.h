// What NDIS leaves to the driver below and the protocol above, decided by seed: whether a send or request is complete at once or
// later and on which processor, whether packets come singly or in arrays, as loans or with RESOURCES. Off, the host does what is
// fastest, which hides mistakes of drivers that rely on it.
//   Callers:   the two ends of the run, any thread.
//   Holds:     each question is answered from the seed and the number of questions before it. What was done is counted, and a way
//              that was not taken so far is, once the other one was taken often enough.
#pragma once

#include "ndispool/host/dice.h"

#include "ndispool/machine/processor.h"

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace ndispool::host {

// What was done, in the order of way_names.
enum class Way : std::uint8_t {
    send_completed_at_once,
    send_completed_later,
    send_completed_elsewhere, // later, on another processor than it came in on
    request_at_once,
    request_later,
    indicated_singly,
    indicated_in_array,
    indicated_as_loan,
    indicated_with_resources,
    sent_singly,
    sent_in_array,
    returned_at_once,
    returned_later,
    count
};

inline constexpr std::array<const char*, static_cast<std::size_t>(Way::count)> way_names = {
    "sends_completed_at_once",     "sends_completed_later",      "sends_completed_on_another_processor",
    "requests_completed_at_once",  "requests_completed_later",   "packets_indicated_singly",
    "packets_indicated_in_arrays", "packets_indicated_as_loans", "packets_indicated_with_resources",
    "packets_sent_singly",         "packets_sent_in_arrays",     "packets_returned_at_once",
    "packets_returned_later",
};

class Freedom {
  public:
    Freedom() = default;
    Freedom(std::uint64_t seed, unsigned processors) : dice_(seed), processors_(processors), used_(true) {}

    bool used() const { return used_; }

    // True once in so many times; never when freedom is not used.
    bool one_in(std::uint64_t times) { return used_ && dice_.next() % times == 0; }

    // The same between two ways.
    bool choose(std::uint64_t times, Way often, Way seldom) {
        const bool answer = one_in(times);
        if (!used_)
            return answer;
        const auto too_often = [&](Way taken, Way other) { return count(taken) >= times && count(other) == 0; };
        return too_often(often, seldom) || (answer && !too_often(seldom, often));
    }

    // By the processor that runs.
    void did(Way way, std::size_t times = 1) {
        if (!used_)
            return;
        add(ways_[static_cast<std::size_t>(way)], times);
        if (way != Way::send_completed_elsewhere && way != Way::indicated_as_loan &&
            way != Way::indicated_with_resources)
            add(on_processor_[machine::current_processor()], times); // those are counted another way too
    }
    std::uint64_t count(Way way) const { return ways_[static_cast<std::size_t>(way)].load(std::memory_order_relaxed); }
    // Names and counts, from `first` to `last`.
    void tell(std::vector<std::pair<std::string, std::uint64_t>>& to, Way first, Way last) const {
        for (auto way = static_cast<std::size_t>(first); way <= static_cast<std::size_t>(last); ++way)
            to.emplace_back(way_names[way], count(static_cast<Way>(way)));
    }
    void tell_processors(std::vector<std::pair<std::string, std::uint64_t>>& to) const {
        for (unsigned i = 0; i < processors_; ++i)
            to.emplace_back("calls_on_processor_" + std::to_string(i),
                            on_processor_[i].load(std::memory_order_relaxed));
    }

    // 1 to count; all of them when freedom is not used.
    std::size_t portion(std::size_t count) {
        if (!used_ || count < 2)
            return count;
        switch (dice_.next() % 8) { // mostly few, so that a run of some hundred packets asks often
        case 0:
            return count;
        case 1:
            return 1 + dice_.next() % count;
        case 2:
        case 3:
        case 4:
            return 1 + dice_.next() % few(count);
        default:
            return 1;
        }
    }
    // The same where one alone goes another way than several.
    std::size_t portion(std::size_t available, Way singly, Way in_array) {
        const std::size_t chosen = portion(available);
        return used_ && count(singly) == 0 && count(in_array) > 0 ? 1 : chosen;
    }

    unsigned processor() { return static_cast<unsigned>(dice_.next() % processors_); }

  private:
    static std::size_t few(std::size_t count) { return count < 4 ? count : 4; }

    using Count = std::atomic<std::uint64_t>; // counts; they order no other data
    static void add(Count& count, std::size_t times) { count.fetch_add(times, std::memory_order_relaxed); }

    Dice dice_;
    std::array<Count, static_cast<std::size_t>(Way::count)> ways_{};
    std::array<Count, machine::max_processors> on_processor_{};
    const unsigned processors_ = 1;
    const bool used_ = false;
};

} // namespace ndispool::host
