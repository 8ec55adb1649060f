// Lookaside lists that keep nothing: depth 0, so that each entry is the driver's from its allocation to its freeing.
//
// Compiled drivers allocate and free inline, through the two pointers in the list: so those are never null, and a
// default one is a function of the calling convention of the driver that made the list.
#include "ndis/memory.h"
#include "ndispool/nt/caller.h"
#include "ndispool/nt/door.h"
#include "ndispool/nt/invoke.h"
#include "ndispool/nt/memory.h"

using namespace ndispool;

namespace {

struct Functions {
    PALLOCATE_FUNCTION allocate;
    PFREE_FUNCTION free;
};

// Not to be called here: only inline code of drivers does.
Functions defaults(nt::Abi abi) {
    if (abi == nt::Abi::system_v)
        return {ExAllocatePoolWithTag, ExFreePool};
    return {reinterpret_cast<PALLOCATE_FUNCTION>(&nt::MicrosoftDoor<&ExAllocatePoolWithTag>::enter),
            reinterpret_cast<PFREE_FUNCTION>(&nt::MicrosoftDoor<&ExFreePool>::enter)};
}

bool is_default(PALLOCATE_FUNCTION function) {
    return function == defaults(nt::Abi::system_v).allocate || function == defaults(nt::Abi::microsoft).allocate;
}

bool is_default(PFREE_FUNCTION function) {
    return function == defaults(nt::Abi::system_v).free || function == defaults(nt::Abi::microsoft).free;
}

} // namespace

extern "C" {

void NdisInitializeNPagedLookasideList(PNPAGED_LOOKASIDE_LIST Lookaside, PALLOCATE_FUNCTION Allocate,
                                       PFREE_FUNCTION Free, ULONG, SIZE_T Size, ULONG Tag, USHORT) {
    const Functions pool = defaults(nt::abi_of(nt::caller(__builtin_return_address(0))));
    *Lookaside = {};
    Lookaside->Type = NonPagedPool;
    Lookaside->Tag = Tag;
    Lookaside->Size = static_cast<ULONG>(Size);
    Lookaside->Allocate = Allocate != nullptr ? Allocate : pool.allocate;
    Lookaside->Free = Free != nullptr ? Free : pool.free;
}

// There is nothing to give back; entries that are still out show up as the driver's memory.
void NdisDeleteNPagedLookasideList(PNPAGED_LOOKASIDE_LIST) {}

PVOID NdisAllocateFromNPagedLookasideList(PNPAGED_LOOKASIDE_LIST Lookaside) {
    if (is_default(Lookaside->Allocate))
        return nt::allocate(Lookaside->Size, Lookaside->Tag, nt::caller(__builtin_return_address(0)));
    return nt::invoke(Lookaside->Allocate, Lookaside->Type, SIZE_T{Lookaside->Size}, Lookaside->Tag);
}

void NdisFreeToNPagedLookasideList(PNPAGED_LOOKASIDE_LIST Lookaside, PVOID Entry) {
    if (is_default(Lookaside->Free))
        nt::free_memory(Entry);
    else
        nt::invoke(Lookaside->Free, Entry);
}

} // extern "C"
