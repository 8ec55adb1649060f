// A source of pages for tests: it meters what is out, refuses beyond a limit, and lets a test act in the middle of a
// call.
#pragma once

#include "ndispool/pool.h"

#include <atomic>
#include <cstddef>
#include <functional>
#include <limits>
#include <utility>

namespace ndispool::pool {

class TestPages final : public Pages {
  public:
    static constexpr std::size_t everything = std::numeric_limits<std::size_t>::max();

    std::atomic<std::size_t> limit = everything; // bytes out at once
    std::function<void()> before_map;            // done once; not to be set while another thread uses the pool
    std::function<void()> before_unmap;

    [[nodiscard]] std::size_t out() const { return out_; }

    void* map(std::size_t bytes) noexcept override {
        if (const auto act = std::exchange(before_map, nullptr))
            act();
        if (out_ > limit || bytes > limit - out_)
            return nullptr;
        out_ += bytes;
        return system_pages().map(bytes);
    }

    void unmap(void* start, std::size_t bytes) noexcept override {
        if (const auto act = std::exchange(before_unmap, nullptr))
            act();
        out_ -= bytes;
        system_pages().unmap(start, bytes);
    }

  private:
    std::atomic<std::size_t> out_ = 0;
};

} // namespace ndispool::pool
