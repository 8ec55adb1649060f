// Writes a new packet's memory, which is most of what allocating it costs: the first line as it is given, zeros after that.
//   Callers:   any thread.
//   Holds:     of the first line, Flags may be changing meanwhile; either value is written.
#pragma once

#include "ndispool/ndis/packet_layout.h"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define NDISPOOL_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define NDISPOOL_SANITIZED 1
#endif
#endif

namespace ndispool::ndis {

struct alignas(64) NewPacketLine {
    NDIS_PACKET_PRIVATE contents;
};
static_assert(sizeof(NewPacketLine) == 64);

// Stores of 32 bytes: half as many. False until the program's static objects are made, and where a sanitizer is to see them.
#ifdef NDISPOOL_SANITIZED
inline constexpr bool wide_stores = false;
#else
inline const bool wide_stores = __builtin_cpu_supports("avx");
#endif

inline constexpr std::size_t least_lines = round_up(visible_bytes(0), packet_alignment);
static_assert(least_lines == 256, "what is written at once");

// `packet` and `bytes` are multiples of 64, `bytes` is at least least_lines. Inline, so that no register needs saving.
[[gnu::always_inline]] inline void write_lines(PNDIS_PACKET packet, std::size_t bytes, NewPacketLine& first) noexcept {
    auto* at = reinterpret_cast<std::byte*>(packet);
    const std::byte* const end = at + bytes;
    if (wide_stores) {
        asm volatile("vmovdqa (%1), %%ymm0\n\t"
                     "vmovdqa 32(%1), %%ymm1\n\t"
                     "vmovdqa %%ymm0, (%0)\n\t"
                     "vmovdqa %%ymm1, 32(%0)\n\t"
                     "vpxor %%xmm0, %%xmm0, %%xmm0\n\t"
                     "vmovdqa %%ymm0, 64(%0)\n\t"
                     "vmovdqa %%ymm0, 96(%0)\n\t"
                     "vmovdqa %%ymm0, 128(%0)\n\t"
                     "vmovdqa %%ymm0, 160(%0)\n\t"
                     "vmovdqa %%ymm0, 192(%0)\n\t"
                     "vmovdqa %%ymm0, 224(%0)\n\t"
                     "vzeroupper"
                     :
                     : "r"(at), "r"(&first)
                     : "xmm0", "xmm1", "memory");
        for (at += least_lines; at != end; at += 64)
            asm volatile("vpxor %%xmm0, %%xmm0, %%xmm0\n\t"
                         "vmovdqa %%ymm0, (%0)\n\t"
                         "vmovdqa %%ymm0, 32(%0)"
                         :
                         : "r"(at)
                         : "xmm0", "memory");
        return;
    }
    for (; at != end; at += 64)
        std::memset(at, 0, 64);
    // Relaxed: set before, or late and then any time.
    packet->Private.Flags = std::atomic_ref(first.contents.Flags).load(std::memory_order_relaxed);
    packet->Private.Pool = first.contents.Pool;
    packet->Private.NdisPacketFlags = first.contents.NdisPacketFlags;
    packet->Private.NdisPacketOobOffset = first.contents.NdisPacketOobOffset;
}

} // namespace ndispool::ndis
