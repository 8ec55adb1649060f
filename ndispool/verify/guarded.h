// Blocks that end where a page ends behind which nothing may be touched, and which nothing may touch once they are freed: a wrong
// access stops at the instruction that makes it, is taken down, and goes on.
//   Callers:   memory.cpp, any thread, any IRQL <= DISPATCH; open_for() from the handler of the fault.
//   Holds:     no more than most_pages are used; when they are, and for larger blocks, the memory comes from elsewhere, and only
//              its canaries tell. Rounding to the alignment leaves up to alignment - 1 bytes between end and guard.
//   Not here:  what the blocks are (memory.cpp).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

namespace ndispool::verify {

inline constexpr std::size_t page_bytes = 4096;
inline constexpr std::size_t largest_guarded = 16 * page_bytes, most_pages = 4608;

struct Guarded {
    std::byte* block = nullptr;
    std::size_t front = 0, tail = 0; // bytes of the same pages before and behind the block
    std::size_t pages = 0;
};

std::optional<Guarded> guarded_allocate(std::size_t bytes, std::size_t alignment);
void guarded_close(std::byte* block) noexcept;   // it is freed: no access any more
void guarded_release(std::byte* block) noexcept; // another may have its pages

bool is_closed(const void* address) noexcept; // lies in a block that is freed and has not been touched since

// Makes the page accessible so that the instruction can go on. Nullptr: the address is in no guarded block; else the block whose
// end or freed memory it is. True when nobody had touched it before.
struct Touch {
    std::byte* block = nullptr;
    bool first = false;
};
Touch open_for(std::uintptr_t address) noexcept;

void forget_guarded(); // no block is in use any more

} // namespace ndispool::verify
