// A finite wire that gives fixed frames from memory, for tests and benchmarks.
//   Holds:    the views it gives stay valid as long as it lives; receive() copies views, never bytes.
//             It swallows what it is given, and keeps copies when it was told to.
#pragma once

#include <atomic>
#include <memory>
#include <vector>

#include "ndispool/wire/owned_frame.h"
#include "ndispool/wire/wire.h"

namespace ndispool::wire {

class MemorySource final : public Wire {
  public:
    enum class Taken { dropped, kept };

    MemorySource(std::vector<OwnedFrame> frames, std::uint64_t times, Taken taken);

    std::size_t receive(std::span<Frame> frames) override;
    std::size_t transmit(std::span<const Frame> frames) override;
    bool ended() const override { return left_.load(std::memory_order_acquire) == 0; }
    bool finite() const override { return true; }
    bool offers() const override { return true; }
    void close() override { left_.store(0, std::memory_order_release); }

    const std::vector<OwnedFrame>& kept() const { return kept_; } // while nobody transmits

  private:
    const std::vector<OwnedFrame> frames_; // constant after construction
    std::vector<Frame> views_;
    const Taken taken_;

    std::size_t next_ = 0;            // the receiving thread's: index into views_
    std::atomic<std::uint64_t> left_; // frames still to give; written by the receiving thread

    std::vector<OwnedFrame> kept_; // the transmitting thread's
};

// Gives all of `frames`, in order, `times` times over.
std::unique_ptr<MemorySource> memory_source(std::vector<OwnedFrame> frames, std::uint64_t times = 1,
                                            MemorySource::Taken taken = MemorySource::Taken::dropped);

} // namespace ndispool::wire
