// Memory of a pool's overflow in searches: at the same addresses in every execution, and looked at when it goes.
//   Callers:   *_search.cpp of all a pool does (supply.h), which include this last.
#pragma once

#include "ndispool/pool/pages.h"

#include "ndispool/pool/search.h" // last: see model_machine.h

#include <new>

// Relacy takes these for its own, too, in all but name. A search is one source, so they are there once.
// NOLINTBEGIN(misc-definitions-in-headers)
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept {
    return operator new[](size);
}
void operator delete(void* memory, std::size_t) noexcept {
    operator delete(memory);
}
// NOLINTEND(misc-definitions-in-headers)

namespace ndispool::pool {

class ModelPages final : public Pages {
  public:
    static constexpr std::size_t most = 3;
    void* map(std::size_t bytes) noexcept override {
        RL_ASSERT(bytes == sizeof pages_[0] && out() < most);
        std::size_t page = 0;
        while (used_[page])
            ++page;
        used_[page] = true;
        std::memset(pages_[page].data(), 0, 256); // the record and the marks
        return pages_[page].data();
    }
    void unmap(void* start, std::size_t) noexcept override {
        const auto page = static_cast<std::size_t>(static_cast<std::array<std::byte, 4096>*>(start) - pages_.data());
        RL_ASSERT(std::exchange(used_[page], false));
    }
    [[nodiscard]] std::size_t out() const {
        return static_cast<std::size_t>(std::count(used_.begin(), used_.end(), true));
    }
    void start() { used_ = {}; }

    // A different number for each descriptor, statics first.
    static std::uint8_t number_of(void* descriptor) {
        const auto* place = static_cast<std::byte*>(descriptor);
        if (place >= row_memory && place < row_memory + sizeof row_memory)
            return static_cast<std::uint8_t>((place - row_memory) / 64);
        const auto line = static_cast<std::size_t>(place - pages_[0].data()) / 64;
        return static_cast<std::uint8_t>(most_descriptors + line / 64 * 4 + line % 64); // the first line is the chunk's
    }
    static constexpr std::size_t numbers = most_descriptors + most * 4;

  private:
    alignas(4096) inline static std::array<std::array<std::byte, 4096>, most> pages_;
    std::array<bool, most> used_{};
};
inline ModelPages model_pages;

} // namespace ndispool::pool
