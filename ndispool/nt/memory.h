// The memory drivers allocate, and who holds what of it.
//   Callers:   any thread, any IRQL.
//   Holds:     each live block is recorded once, in a table beside the blocks: a wrong pointer is looked up, never
//              followed, so freeing it, or freeing twice, is reported (machine's bug hook) and harmless. A block has no
//              header, so memory checkers see its exact bounds.
//   Not here:  refusing allocations on purpose (verify).
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace ndispool::nt {

struct Block {
    void* address;
    std::size_t bytes;     // as asked for, 0 included
    std::uint32_t tag;     // four characters, the first in the low byte
    const void* allocator; // the driver's call site
};

inline constexpr std::size_t memory_alignment = 16, cache_line = 64;

// Null when the system has no memory. Content is undefined. `alignment`: one of the two above.
[[nodiscard]] void* allocate(std::size_t bytes, std::uint32_t tag, const void* allocator,
                             std::size_t alignment = memory_alignment) noexcept;

// Null does nothing.
void free_memory(void* address) noexcept;

// Live blocks, in no order. Blocks that others allocate or free meanwhile may or may not be among them.
std::vector<Block> memory_in_use();

} // namespace ndispool::nt
