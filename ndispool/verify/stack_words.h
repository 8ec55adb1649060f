// What lies on a stack that may be destroyed: words that are read without a fault, and which of them are return addresses.
//   Callers:   signal handlers, on any thread.
//   Holds:     nothing is followed that the kernel did not copy first.
//   Not here:  walking a stack that is whole (stack.h).
#pragma once

#include <cstddef>
#include <cstdint>

namespace ndispool::verify {

// False: these words are not there.
bool read_words(std::uint64_t address, std::uint64_t* words, std::size_t count) noexcept;

// Whether the instruction before this address is a call. Words on a stack may be anything.
bool follows_call(std::uint64_t address) noexcept;

struct ReturnIntoDriver {
    std::uint64_t address = 0; // 0: there is none
    std::uint64_t at = 0;      // where on the stack it lies
};

// The one nearest to the top, among so many words. A function of the C library has no frame of its own, and whoever called it is
// missing from the chain of frames.
ReturnIntoDriver find_return(std::uint64_t stack_pointer, std::size_t words) noexcept;

} // namespace ndispool::verify
