#include "ndispool/wire/wire.h"

#include "ndispool/wire/one_line.h"

namespace ndispool::wire {

namespace {

// Each counter has one writer, so a load and a store are enough. Relaxed: a count orders no other data.
void add(std::atomic<std::uint64_t>& counter, std::uint64_t amount) noexcept {
    counter.store(counter.load(std::memory_order_relaxed) + amount, std::memory_order_relaxed);
}

std::uint64_t bytes_of(std::span<const Frame> frames) noexcept {
    std::uint64_t sum = 0;
    for (const Frame& frame : frames)
        sum += frame.bytes.size();
    return sum;
}

} // namespace

Error::Error(Kind kind, const std::string& line) : std::runtime_error(one_line(line)), kind_(kind) {}

std::optional<std::string> Wire::trouble() const {
    const std::lock_guard guard(trouble_lock_);
    return trouble_;
}

void Wire::set_trouble(const std::string& line) {
    const std::lock_guard guard(trouble_lock_);
    trouble_ = one_line(line);
}

Counters Wire::counters() const {
    return {.frames_in = frames_in_.load(std::memory_order_relaxed),
            .bytes_in = bytes_in_.load(std::memory_order_relaxed),
            .frames_out = frames_out_.load(std::memory_order_relaxed),
            .bytes_out = bytes_out_.load(std::memory_order_relaxed),
            .snapped = snapped_.load(std::memory_order_relaxed),
            .skipped = skipped_.load(std::memory_order_relaxed)};
}

void Wire::count_in(std::span<const Frame> given) noexcept {
    add(frames_in_, given.size());
    add(bytes_in_, bytes_of(given));
}

void Wire::count_out(std::span<const Frame> taken) noexcept {
    add(frames_out_, taken.size());
    add(bytes_out_, bytes_of(taken));
}

void Wire::count_snapped() noexcept {
    add(snapped_, 1);
}

void Wire::count_skipped() noexcept {
    add(skipped_, 1);
}

} // namespace ndispool::wire
