// lossy:WHAT:WIRE is WIRE behind a bad cable: what it gives and what it is given are lost, doubled, overtaken and late, as WHAT
// says (impairment.h) and the seed decides.
//   Holds:    its counters are those of this side of the cable; the frames lost on the way are counted in details(). Both
//             directions meet the same chances, each with a sequence of its own.
//   Closing:  what is still on the way out arrives first.
#pragma once

#include <mutex>

#include "ndispool/wire/bad_lane.h"
#include "ndispool/wire/wire.h"

namespace ndispool::wire {

class Lossy final : public Wire {
  public:
    // `now_100ns` is the clock of delays; null: the system's, which never goes back.
    Lossy(std::string spec, std::unique_ptr<Wire> inner, const Impairment& impairment, std::uint64_t seed,
          std::uint64_t (*now_100ns)() noexcept = nullptr);

    std::size_t receive(std::span<Frame> frames) override;
    std::size_t transmit(std::span<const Frame> frames) override;
    bool ended() const override { return ended_.load(std::memory_order_acquire); }
    bool finite() const override { return inner_->finite(); }
    bool offers() const override { return inner_->offers(); }
    void close() override;
    std::optional<std::string> trouble() const override { return inner_->trouble(); }
    int descriptor() const override {
        return in_.empty() && !sending_.load(std::memory_order_relaxed) ? inner_->descriptor() : -1;
    }
    std::vector<Detail> details() const override;

    LaneTally tally_in() const { return in_.tally(); }
    LaneTally tally_out() const { return out_.tally(); }

  private:
    using Time = BadLane::Time;
    static constexpr std::size_t batch = 64;
    Time now() const;
    void fetch(Time now);
    void push_out(Time now);

    const std::unique_ptr<Wire> inner_;
    std::uint64_t (*const now_100ns_)() noexcept;

    // The receiving thread's.
    BadLane in_;
    std::vector<OwnedFrame> given_; // what the last receive() gave views into
    std::atomic<bool> ended_{false};

    std::mutex out_lock_; // guards out_ and inner_->transmit()
    BadLane out_;
    std::atomic<bool> sending_{false}; // out_ is not empty: the receiving thread has it looked after
    bool closed_ = false;
};

std::unique_ptr<Wire> open_lossy(const Spec& spec, const Options& options);

// WIRE of lossy:WHAT:WIRE; any other spec is itself.
std::string_view inside(std::string_view spec);

} // namespace ndispool::wire
