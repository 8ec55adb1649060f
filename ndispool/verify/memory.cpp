// The checked forms of memory functions, and their ledger.
#include "ndispool/verify/memory.h"

#include "ndispool/nt/invoke.h"
#include "ndispool/verify/door_parts.h"
#include "ndispool/verify/events.h"
#include "ndispool/verify/guarded.h"
#include "ndispool/verify/quarantine.h"
#include "ndispool/verify/table.h"

#include <algorithm>
#include <cstring>
#include <deque>
#include <map>

namespace ndispool::verify {

namespace {

struct BlockEntry {
    std::size_t bytes = 0;
    ULONG tag = 0;
    bool tagged = false;   // the tag is the driver's own
    unsigned margin = 0;   // bytes of canary in front; as much as keeps the alignment
    unsigned tail = 0;     // and behind
    std::size_t pages = 0; // of its own, with a guard behind (guarded.h); 0: not guarded
    bool freed = false;
    bool lookaside = false;                   // an entry of a lookaside list
    bool late_write = false, overrun = false; // seen at the instruction that did it
    Site allocated, freed_at;
};

constexpr unsigned usual_tail = 16;

Table<BlockEntry>& blocks() {
    static auto& all = *new Table<BlockEntry>;
    return all;
}

constexpr std::size_t quarantine_bytes = 4u << 20, largest_kept = 64u << 10;
machine::Lock quarantine_lock; // guards the two below
std::deque<std::byte*>& quarantine() {
    static auto& all = *new std::deque<std::byte*>;
    return all;
}
std::size_t bytes_in_quarantine = 0;

struct Wish {
    std::size_t bytes;
    ULONG tag;
    bool tagged;
    POOL_TYPE type = NonPagedPool;
    bool lookaside = false;
};

bool cache_aligned(POOL_TYPE type) {
    return type == NonPagedPoolCacheAligned || type == PagedPoolCacheAligned || type == NonPagedPoolCacheAlignedMustS;
}

void* allocate(Call& call, const Wish& wish) {
    if (call.refused())
        return nullptr;
    const unsigned alignment = cache_aligned(wish.type) ? 64 : 16;
    BlockEntry made{wish.bytes, wish.tag,       wish.tagged, alignment, usual_tail, 0,
                    false,      wish.lookaside, false,       false,     {},         {}};
    std::byte* block = nullptr;
    if (const auto guarded = guarded_allocate(wish.bytes, alignment)) {
        block = guarded->block;
        made.margin = static_cast<unsigned>(std::min<std::size_t>(guarded->front, alignment));
        made.tail = static_cast<unsigned>(guarded->tail);
        made.pages = guarded->pages;
    } else if (wish.bytes <= SIZE_MAX - alignment - usual_tail) {
        if (void* const whole = plain_ExAllocatePoolWithTag(wish.type, wish.bytes + alignment + usual_tail, wish.tag))
            block = static_cast<std::byte*>(whole) + alignment;
    }
    if (!block) {
        call.note_refusal();
        return nullptr;
    }
    std::memset(block - made.margin, canary_byte, made.margin);
    std::memset(block + wish.bytes, canary_byte, made.tail);
    made.allocated = call.site();
    blocks().make(block, [&](BlockEntry& entry) { entry = made; });
    return block;
}

void check_canaries(const std::byte* block, const BlockEntry& entry, const Site& now, const char* when) {
    const auto behind = entry.overrun ? std::nullopt : first_change(block + entry.bytes, entry.tail, canary_byte);
    const auto front = first_change(block - entry.margin, entry.margin, canary_byte);
    if (behind)
        found(rule::memory_overrun,
              "a block of " + std::to_string(entry.bytes) + " bytes was written past its end, " + "at byte " +
                  std::to_string(entry.bytes + *behind) + ", seen " + when,
              {{"allocated", entry.allocated}, {"found", now}});
    if (front)
        found(rule::memory_overrun,
              "a block of " + std::to_string(entry.bytes) + " bytes was written in front of its begin, seen " + when,
              {{"allocated", entry.allocated}, {"found", now}});
}

void check_poison(const std::byte* block, const BlockEntry& entry, const Site& now) {
    if (const auto change = first_change(block, entry.bytes, poison_byte); change && !entry.late_write)
        found(rule::use_after_free,
              "a block of " + std::to_string(entry.bytes) +
                  " bytes was written to after it had been freed, at offset " + std::to_string(*change),
              {{"allocated", entry.allocated}, {"freed", entry.freed_at}, {"found", now}});
}

// What it keeps from others while it is in quarantine.
std::size_t cost_of(const BlockEntry& entry) {
    return entry.pages > 0 ? (entry.pages + 1) * page_bytes : entry.bytes + 128;
}

void release(std::byte* block, const Site& now) {
    unsigned margin = 0;
    bool guarded = false;
    blocks().find(block, [&](BlockEntry* entry) {
        margin = entry->margin;
        guarded = entry->pages > 0;
        if (entry->bytes <= largest_kept && !is_closed(block)) // nobody writes where nothing may be touched
            check_poison(block, *entry, now);
    });
    blocks().erase(block);
    if (guarded)
        guarded_release(block);
    else
        plain_ExFreePool(block - margin);
}

void put_in_quarantine(std::byte* block, std::size_t bytes, const Site& now) {
    std::deque<std::byte*> leaving;
    {
        const machine::Locked locked(quarantine_lock);
        quarantine().push_back(block);
        bytes_in_quarantine += bytes;
        while (bytes_in_quarantine > quarantine_bytes && !quarantine().empty()) {
            std::byte* const oldest = quarantine().front();
            quarantine().pop_front();
            bytes_in_quarantine -= blocks().find(oldest, [](const BlockEntry* entry) { return cost_of(*entry); });
            leaving.push_back(oldest);
        }
    }
    for (std::byte* oldest : leaving)
        release(oldest, now);
}

std::string tag_text(ULONG tag) {
    std::string text;
    for (int i = 0; i < 4; ++i) {
        const char letter = static_cast<char>(tag >> (8 * i));
        text += letter >= ' ' && letter <= '~' ? letter : '.';
    }
    return "'" + text + "'";
}

enum class Comparison : std::uint8_t { nothing, length, tag };

// How the driver says what it frees.
struct Description {
    Comparison by = Comparison::nothing;
    std::size_t length = 0;
    ULONG tag = 0;
};

void check_description(Call& call, const BlockEntry& entry, const Description& said) {
    // Length 0 says nothing: drivers free what NDIS allocated for them that way, and much else.
    if (said.by == Comparison::length && said.length != 0 && said.length != entry.bytes)
        call.found(rule::memory_mismatch,
                   "a block of " + std::to_string(entry.bytes) + " bytes was freed as one of " +
                       std::to_string(said.length),
                   {{"allocated", entry.allocated}});
    if (said.by == Comparison::tag && entry.tagged && said.tag != entry.tag)
        call.found(rule::memory_mismatch,
                   "a block with tag " + tag_text(entry.tag) + " was freed with tag " + tag_text(said.tag),
                   {{"allocated", entry.allocated}});
}

// True: it is not the driver's own, and the plain form is to see to it.
bool free_block(Call& call, void* address, const Description& said) {
    if (call.null_argument(address, "memory to free"))
        return false;
    auto* const block = static_cast<std::byte*>(address);
    enum class Fate : std::uint8_t { foreign, refused, keep };
    std::size_t bytes = 0, cost = 0;
    const Fate fate = blocks().find(block, [&](BlockEntry* entry) {
        if (!entry)
            return Fate::foreign;
        if (entry->freed) {
            call.found(rule::double_free, "a block of " + std::to_string(entry->bytes) + " bytes was freed again",
                       {{"allocated", entry->allocated}, {"freed", entry->freed_at}});
            return Fate::refused;
        }
        check_description(call, *entry, said);
        check_events_in(call, block, entry->bytes);
        check_canaries(block, *entry, call.site(), "when it was freed");
        entry->freed = true;
        entry->freed_at = call.site();
        bytes = entry->bytes;
        cost = cost_of(*entry);
        if (bytes <= largest_kept)
            poison(block, bytes);
        if (entry->pages > 0)
            guarded_close(block);
        return Fate::keep;
    });
    if (fate != Fate::keep)
        return fate == Fate::foreign;
    if (bytes > largest_kept)
        release(block, call.site());
    else
        put_in_quarantine(block, cost, call.site());
    return false;
}

NDIS_STATUS answer(void* memory, PVOID* to) {
    *to = memory;
    return memory ? NDIS_STATUS_SUCCESS : NDIS_STATUS_FAILURE;
}

constexpr ULONG untagged = 0x4d644e20; // " NdM", as the plain form has it

NDIS_STATUS NTAPI AllocateMemory(PVOID* address, UINT length, UINT flags, NDIS_PHYSICAL_ADDRESS) {
    NDISPOOL_CALL(NdisAllocateMemory);
    if (flags != 0 && machine::current_irql() > machine::passive_level)
        call.found(rule::irql, "NdisAllocateMemory with memory flags is for PASSIVE_LEVEL");
    return answer(allocate(call, {length, untagged, false}), address);
}

NDIS_STATUS NTAPI AllocateMemoryWithTag(PVOID* address, UINT length, ULONG tag) {
    NDISPOOL_CALL(NdisAllocateMemoryWithTag);
    return answer(allocate(call, {length, tag, true}), address);
}

PVOID NTAPI AllocateMemoryWithTagPriority(NDIS_HANDLE, UINT length, ULONG tag, EX_POOL_PRIORITY) {
    NDISPOOL_CALL(NdisAllocateMemoryWithTagPriority);
    return allocate(call, {length, tag, true});
}

VOID NTAPI FreeMemory(PVOID address, UINT length, UINT flags) {
    NDISPOOL_CALL(NdisFreeMemory);
    if (free_block(call, address, {Comparison::length, length, 0}))
        plain_NdisFreeMemory(address, length, flags);
}

VOID NTAPI FreeMemoryWithTag(PVOID address, ULONG tag) {
    NDISPOOL_CALL(NdisFreeMemoryWithTag);
    if (free_block(call, address, {Comparison::tag, 0, tag}))
        plain_NdisFreeMemoryWithTag(address, tag);
}

PVOID NTAPI AllocatePool(POOL_TYPE type, SIZE_T bytes) {
    NDISPOOL_CALL(ExAllocatePool);
    return allocate(call, {bytes, untagged, false, type});
}

PVOID NTAPI AllocatePoolWithTag(POOL_TYPE type, SIZE_T bytes, ULONG tag) {
    NDISPOOL_CALL(ExAllocatePoolWithTag);
    return allocate(call, {bytes, tag, true, type});
}

VOID NTAPI FreePool(PVOID address) {
    NDISPOOL_CALL(ExFreePool);
    if (free_block(call, address, {}))
        plain_ExFreePool(address);
}

VOID NTAPI FreePoolWithTag(PVOID address, ULONG tag) {
    NDISPOOL_CALL(ExFreePoolWithTag);
    if (free_block(call, address, {Comparison::tag, 0, tag}))
        plain_ExFreePoolWithTag(address, tag);
}

// Inline code of compiled drivers goes through the pointers in the list, so they lead to the checked door too.
PALLOCATE_FUNCTION default_allocate(nt::Abi abi) {
    return abi == nt::Abi::system_v
               ? &AllocatePoolWithTag
               : reinterpret_cast<PALLOCATE_FUNCTION>(&nt::MicrosoftDoor<&AllocatePoolWithTag>::enter);
}
PFREE_FUNCTION default_free(nt::Abi abi) {
    return abi == nt::Abi::system_v ? &FreePool
                                    : reinterpret_cast<PFREE_FUNCTION>(&nt::MicrosoftDoor<&FreePool>::enter);
}
bool is_default(PALLOCATE_FUNCTION function) {
    return function == default_allocate(nt::Abi::system_v) || function == default_allocate(nt::Abi::microsoft);
}
bool is_default(PFREE_FUNCTION function) {
    return function == default_free(nt::Abi::system_v) || function == default_free(nt::Abi::microsoft);
}

VOID NTAPI InitializeLookaside(PNPAGED_LOOKASIDE_LIST list, PALLOCATE_FUNCTION allocate, PFREE_FUNCTION free,
                               ULONG flags, SIZE_T size, ULONG tag, USHORT depth) {
    NDISPOOL_CALL(NdisInitializeNPagedLookasideList);
    plain_NdisInitializeNPagedLookasideList(list, allocate, free, flags, size, tag, depth);
    const nt::Abi abi = nt::abi_of(nt::caller(__builtin_return_address(0)));
    if (!allocate)
        list->Allocate = default_allocate(abi);
    if (!free)
        list->Free = default_free(abi);
}

PVOID NTAPI AllocateFromLookaside(PNPAGED_LOOKASIDE_LIST list) {
    NDISPOOL_CALL(NdisAllocateFromNPagedLookasideList);
    if (!is_default(list->Allocate))
        return plain_NdisAllocateFromNPagedLookasideList(list);
    return allocate(call, {list->Size, list->Tag, true, NonPagedPool, true});
}

VOID NTAPI FreeToLookaside(PNPAGED_LOOKASIDE_LIST list, PVOID entry) {
    NDISPOOL_CALL(NdisFreeToNPagedLookasideList);
    if (!is_default(list->Free))
        plain_NdisFreeToNPagedLookasideList(list, entry);
    else if (free_block(call, entry, {}))
        plain_ExFreePool(entry);
}

} // namespace

std::optional<Neighbour> memory_at(std::uintptr_t address) {
    constexpr std::uintptr_t near = 256;
    std::optional<Neighbour> best;
    std::uintptr_t distance = near;
    blocks().each([&](const void* at, const BlockEntry& entry) {
        const auto begin = reinterpret_cast<std::uintptr_t>(at), end = begin + entry.bytes;
        const std::uintptr_t away = address < begin ? begin - address : address < end ? 0 : address - end + 1;
        if (away >= distance && !(away == 0))
            return;
        distance = away;
        const std::string block =
            std::string(entry.freed ? "a freed" : "a") + " block of " + std::to_string(entry.bytes) + " bytes";
        const std::string where = address < begin ? std::to_string(begin - address) + " bytes in front of "
                                  : address < end ? std::to_string(address - begin) + " bytes inside "
                                                  : std::to_string(address - end) + " bytes behind ";
        best = Neighbour{where + block, entry.allocated, entry.freed ? entry.freed_at : Site{}};
    });
    return best;
}

void inspect_memory(const char* when) {
    const Site now = site_now(StackId::none);
    blocks().each([&](const void* address, const BlockEntry& entry) {
        const auto* const block = static_cast<const std::byte*>(address);
        if (is_closed(block))
            return;
        check_canaries(block, entry, now, when);
        if (entry.freed && entry.bytes <= largest_kept)
            check_poison(block, entry, now);
    });
}

void judge_memory() {
    const Site now = site_now(StackId::none);
    std::deque<std::byte*> all;
    {
        const machine::Locked locked(quarantine_lock);
        all.swap(quarantine());
        bytes_in_quarantine = 0;
    }
    for (std::byte* block : all)
        release(block, now);
    struct Leak {
        Site allocated;
        std::uint64_t count = 0, bytes = 0;
    };
    std::map<StackId, Leak> leaks;
    blocks().each([&](const void* block, const BlockEntry& entry) {
        if (entry.freed)
            return;
        check_canaries(static_cast<const std::byte*>(block), entry, now, "after the driver was unloaded");
        Leak& leak = leaks[entry.allocated.stack];
        leak.allocated = entry.allocated;
        ++leak.count;
        leak.bytes += entry.bytes;
    });
    for (const auto& [stack, leak] : leaks)
        found(rule::memory_leak,
              std::to_string(leak.count) + (leak.count == 1 ? " block" : " blocks") + " of memory with " +
                  std::to_string(leak.bytes) + " bytes not freed before the driver was unloaded",
              {{"allocated", leak.allocated}});
}

bool touched(std::uintptr_t address, bool write, const Site& where) noexcept {
    const Touch touch = open_for(address);
    if (!touch.block || !touch.first)
        return touch.block != nullptr; // another thread was first, and this one goes on too
    blocks().find(touch.block, [&](BlockEntry* entry) {
        if (!entry)
            return;
        (entry->freed ? entry->late_write : entry->overrun) = write;
        const auto begin = reinterpret_cast<std::uintptr_t>(touch.block);
        const char* const did = write ? " bytes was written" : " bytes was read";
        const std::string block = "a block of " + std::to_string(entry->bytes) + did;
        if (address < begin)
            found(rule::memory_overrun,
                  block + " in front of its begin, " + std::to_string(begin - address) + " bytes before it",
                  {{"allocated", entry->allocated}, {"freed", entry->freed_at}, {"found", where}});
        else if (address >= begin + entry->bytes)
            found(rule::memory_overrun, block + " past its end, at byte " + std::to_string(address - begin),
                  {{"allocated", entry->allocated}, {"freed", entry->freed_at}, {"found", where}});
        else
            found(rule::use_after_free,
                  block + " after it had been freed, at offset " + std::to_string(address - begin),
                  {{"allocated", entry->allocated}, {"freed", entry->freed_at}, {"found", where}});
    });
    return true;
}

void survive_freed_memory(Call& call, const void* address, std::size_t bytes, const char* what) {
    if (!is_closed(address))
        return;
    const Touch touch = open_for(reinterpret_cast<std::uintptr_t>(address));
    blocks().find(touch.block, [&](BlockEntry* entry) {
        if (!entry)
            return;
        entry->late_write = true;
        call.found(rule::use_after_free,
                   std::string(call.function().name) + " was given " + what + " in memory that had been freed",
                   {{"allocated", entry->allocated}, {"freed", entry->freed_at}});
        std::memset(const_cast<void*>(address), 0, bytes);
    });
}

void forget_memory() {
    forget_guarded();
    blocks().erase_if([](const void*, const BlockEntry&) { return true; });
}

std::span<const DoorPart> memory_door() {
    static const DoorPart list[] = {
        NDISPOOL_PART(NdisAllocateMemory, AllocateMemory),
        NDISPOOL_PART(NdisAllocateMemoryWithTag, AllocateMemoryWithTag),
        NDISPOOL_PART(NdisAllocateMemoryWithTagPriority, AllocateMemoryWithTagPriority),
        NDISPOOL_PART(NdisFreeMemory, FreeMemory),
        NDISPOOL_PART(NdisFreeMemoryWithTag, FreeMemoryWithTag),
        NDISPOOL_PART(ExAllocatePool, AllocatePool),
        NDISPOOL_PART(ExAllocatePoolWithTag, AllocatePoolWithTag),
        NDISPOOL_PART(ExFreePool, FreePool),
        NDISPOOL_PART(ExFreePoolWithTag, FreePoolWithTag),
        NDISPOOL_PART(NdisInitializeNPagedLookasideList, InitializeLookaside),
        NDISPOOL_PART(NdisAllocateFromNPagedLookasideList, AllocateFromLookaside),
        NDISPOOL_PART(NdisFreeToNPagedLookasideList, FreeToLookaside),
    };
    return list;
}

} // namespace ndispool::verify
