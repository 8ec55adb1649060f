#include "ndispool/wire/cable.h"

#include <algorithm>
#include <vector>

#include "ndispool/wire/owned_frame.h"

namespace ndispool::wire {

namespace {

// One direction: a ring of frames. Their buffers are swapped with those of the receiver, so that a busy cable allocates
// nothing.
class Channel {
  public:
    explicit Channel(std::size_t capacity) : ring_(std::max<std::size_t>(capacity, 1)) {}

    std::size_t put(std::span<const Frame> frames) {
        const std::lock_guard guard(lock_);
        if (closed_)
            return 0;
        if (abandoned_)
            return frames.size();
        const std::size_t count = std::min(frames.size(), ring_.size() - queued_);
        for (const Frame& frame : frames.first(count)) {
            OwnedFrame& slot = ring_[(head_ + queued_++) % ring_.size()];
            slot.bytes.assign(frame.bytes.begin(), frame.bytes.end());
            slot.time_100ns = frame.time_100ns;
        }
        return count;
    }

    std::size_t take(std::vector<OwnedFrame>& into, std::size_t wanted) {
        const std::lock_guard guard(lock_);
        const std::size_t count = std::min(wanted, queued_);
        into.resize(std::max(into.size(), count));
        for (std::size_t i = 0; i < count; ++i) {
            std::swap(into[i], ring_[head_]);
            head_ = (head_ + 1) % ring_.size();
        }
        queued_ -= count;
        return count;
    }

    void close() {
        const std::lock_guard guard(lock_);
        closed_ = true;
    }

    void abandon() {
        const std::lock_guard guard(lock_);
        abandoned_ = true;
    }

    bool drained() const {
        const std::lock_guard guard(lock_);
        return closed_ && queued_ == 0;
    }

  private:
    mutable std::mutex lock_; // guards everything below
    std::vector<OwnedFrame> ring_;
    std::size_t head_ = 0, queued_ = 0; // the oldest frame; how many
    bool closed_ = false;               // the transmitting end is closed
    bool abandoned_ = false;            // the receiving end is gone
};

class End final : public Wire {
  public:
    End(std::shared_ptr<Channel> out, std::shared_ptr<Channel> in, bool finite)
        : Wire("cable"), out_(std::move(out)), in_(std::move(in)), finite_(finite) {}

    ~End() override {
        out_->close();
        in_->abandon();
    }

    std::size_t receive(std::span<Frame> frames) override {
        const std::size_t count = in_->take(received_, frames.size());
        for (std::size_t i = 0; i < count; ++i)
            frames[i] = received_[i].view();
        count_in(frames.first(count));
        return count;
    }

    std::size_t transmit(std::span<const Frame> frames) override {
        const std::size_t count = out_->put(frames);
        count_out(frames.first(count));
        return count;
    }

    bool ended() const override { return in_->drained(); }
    bool finite() const override { return finite_; }
    bool offers() const override { return true; }
    void close() override { out_->close(); }

  private:
    const std::shared_ptr<Channel> out_, in_;
    const bool finite_;
    std::vector<OwnedFrame> received_; // what the last receive() gave views into
};

} // namespace

std::pair<std::unique_ptr<Wire>, std::unique_ptr<Wire>> cable(const CableOptions& options) {
    const auto up = std::make_shared<Channel>(options.capacity);
    const auto down = std::make_shared<Channel>(options.capacity);
    return {std::make_unique<End>(up, down, options.first_finite),
            std::make_unique<End>(down, up, options.second_finite)};
}

} // namespace ndispool::wire
