// What a thread keeps of a crowded pool (crowd.h), in the place of its slot's stock: one line with a lock of its own. Who takes
// something from another thread's moves a line and stops nobody, where taking from a slot stops every processor.
//
//   Callers:   any thread that has locked the shelf; only the owner picks.
//   Holds:     an open shelf belongs to a slot that is blocked and has no stock. A closed one is empty.
#pragma once

#include "ndispool/pool/native.h"

#include <algorithm>
#include <array>
#include <cstdint>

namespace ndispool::pool {

template <class P> class alignas(64) Shelf {
  public:
    static constexpr std::uint32_t capacity = 28; // descriptors

    void lock() noexcept { lock_.lock(); }
    [[nodiscard]] bool try_lock() noexcept { return lock_.try_lock(); }
    void unlock() noexcept { lock_.unlock(); }

    [[nodiscard]] bool is_open() const noexcept { return open_; }
    void open() noexcept {
        open_ = true;
        was_needed();
    }
    void close() noexcept { open_ = false; }

    [[nodiscard]] std::uint32_t size() const noexcept { return size_; }
    [[nodiscard]] std::uint32_t room() const noexcept { return capacity - size_; }
    // There must be room.
    void put(std::uint16_t index) noexcept { list_[size_++] = index; }
    // The newest; there must be one.
    [[nodiscard]] std::uint16_t pick() noexcept { return list_[--size_]; }
    // The oldest, first to last; there must be that many.
    template <class Sink> void drop_oldest(std::uint32_t number, Sink sink) noexcept {
        std::for_each_n(list_.begin(), number, sink);
        std::copy(list_.begin() + number, list_.begin() + size_, list_.begin());
        size_ = static_cast<std::uint16_t>(size_ - number);
    }
    template <class Visit> void for_each(Visit visit) const { std::for_each_n(list_.begin(), size_, visit); }

    // Another thread needed what was here, or the owner what another had.
    void was_needed() noexcept { idle_in_ = P::patience; }
    // The owner takes or gives once more. False: it did so very often since that was last so.
    [[nodiscard]] bool serve() noexcept {
        idle_in_ -= idle_in_ != 0;
        return idle_in_ != 0;
    }
    [[nodiscard]] bool is_idle() const noexcept { return idle_in_ == 0; }

  private:
    typename P::Lock lock_;
    bool open_ = false;
    std::uint16_t size_ = 0;
    std::uint32_t idle_in_ = 0;
    std::array<std::uint16_t, capacity> list_;
};

static_assert(sizeof(Shelf<detail::Native>) == 64, "it moves from processor to processor as one line");

} // namespace ndispool::pool
