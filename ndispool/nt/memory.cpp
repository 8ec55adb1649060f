#include "ndispool/nt/memory.h"

#include <array>
#include <cstdlib>
#include <new>

#include "ndis/memory.h"
#include "ndispool/machine/bug.h"
#include "ndispool/machine/lock.h"
#include "ndispool/nt/block_table.h"
#include "ndispool/nt/caller.h"

namespace ndispool::nt {
namespace {

// Two threads meet at a lock only when their blocks hash alike.
struct alignas(cache_line) Shard {
    machine::Lock lock;
    BlockTable blocks NDISPOOL_GUARDED_BY(lock);
};

constexpr std::size_t shard_count = 64;

std::array<Shard, shard_count>& shards() {
    static auto& all = *new std::array<Shard, shard_count>; // never destroyed: drivers' threads may outlive main()
    return all;
}

Shard& shard_of(const void* address) {
    return shards()[((reinterpret_cast<std::uintptr_t>(address) >> 4) * 0x9E3779B97F4A7C15u) >> 58];
}

bool record(const Block& block) noexcept {
    Shard& shard = shard_of(block.address);
    const machine::Locked locked(shard.lock);
    try {
        shard.blocks.insert(block);
        return true;
    } catch (const std::bad_alloc&) {
        return false;
    }
}

bool strike_out(const void* address) noexcept {
    Shard& shard = shard_of(address);
    const machine::Locked locked(shard.lock);
    return shard.blocks.erase(address);
}

// A zero length gives a pointer all the same, so it asks for a byte.
void* from_system(std::size_t bytes, std::size_t alignment) {
    void* address = nullptr;
    return posix_memalign(&address, alignment, bytes == 0 ? 1 : bytes) == 0 ? address : nullptr;
}

bool wants_cache_line(POOL_TYPE type) {
    return type == NonPagedPoolCacheAligned || type == PagedPoolCacheAligned || type == NonPagedPoolCacheAlignedMustS;
}

} // namespace

void* allocate(std::size_t bytes, std::uint32_t tag, const void* allocator, std::size_t alignment) noexcept {
    void* const address = from_system(bytes, alignment);
    if (address == nullptr || record({address, bytes, tag, allocator}))
        return address;
    std::free(address);
    return nullptr;
}

void free_memory(void* address) noexcept {
    if (address == nullptr)
        return;
    // Struck out before it is free: a block the system gives out again must not find its old record.
    if (strike_out(address))
        std::free(address);
    else
        machine::report_bug("memory is freed that is not allocated", address);
}

std::vector<Block> memory_in_use() {
    std::vector<Block> all;
    for (Shard& shard : shards()) {
        const machine::Locked locked(shard.lock);
        shard.blocks.append_to(all);
    }
    return all;
}

} // namespace ndispool::nt

using namespace ndispool::nt;

extern "C" {

PVOID ExAllocatePool(POOL_TYPE PoolType, SIZE_T NumberOfBytes) {
    constexpr ULONG none = 0x656e6f4e; // "None": the tag Windows gives such memory
    return allocate(NumberOfBytes, none, caller(__builtin_return_address(0)),
                    wants_cache_line(PoolType) ? cache_line : memory_alignment);
}

PVOID ExAllocatePoolWithTag(POOL_TYPE PoolType, SIZE_T NumberOfBytes, ULONG Tag) {
    return allocate(NumberOfBytes, Tag, caller(__builtin_return_address(0)),
                    wants_cache_line(PoolType) ? cache_line : memory_alignment);
}

void ExFreePool(PVOID P) {
    free_memory(P);
}

void ExFreePoolWithTag(PVOID P, ULONG) {
    free_memory(P);
}

SIZE_T RtlCompareMemory(const void* Source1, const void* Source2, SIZE_T Length) {
    const auto* first = static_cast<const UCHAR*>(Source1);
    const auto* second = static_cast<const UCHAR*>(Source2);
    SIZE_T equal = 0;
    while (equal < Length && first[equal] == second[equal])
        ++equal;
    return equal;
}

} // extern "C"
