// Call stacks of the driver under test: taken by walking frame pointers, kept once each, known by a number.
//   Callers:   capture(): any thread, any IRQL, on every call of the driver; it takes no lock. The rest at any time.
//   Holds:     only frames in the driver's code are kept: the innermost run of them, from the call outward until the host's
//              code begins. A number stands for the same frames until the next watch(). Memory is bounded.
//   Not here:  names (naming.h), what a stack was taken for (ledger, faults).
#pragma once

#include <cstdint>
#include <span>

namespace ndispool::verify {

enum class StackId : std::uint32_t { none = 0 };

inline constexpr unsigned max_frames = 16;

// From now on this range is the driver. Forgets all stacks of the one before. No driver code is running.
void watch(std::uintptr_t begin, std::uintptr_t end);
bool in_driver(const void* address) noexcept;
std::uintptr_t driver_begin() noexcept;

// `caller`: the driver's call site, `frame`: the frame pointer of the function it called.
StackId capture(const void* caller, const void* frame) noexcept;

// Return addresses, innermost first.
std::span<const void* const> frames_of(StackId stack) noexcept;

// The same number in every process that runs this driver file: made of offsets in the image. 0 for no stack.
std::uint64_t fingerprint_of(StackId stack) noexcept;

} // namespace ndispool::verify
