/* A protocol that does nothing wrong until a call fails, and then three things, each in a function of its own. */
#include "protocol.h"

enum { TAG = 0x67617246 /* "Frag" */ };

static PVOID first, second;

__attribute__((noinline)) static VOID UseWithoutLooking(VOID) {
    PVOID memory = NULL;
    NdisAllocateMemoryWithTag(&memory, 64, TAG);
    NdisZeroMemory(memory, 64);
    ((volatile UCHAR*)memory)[0] = 1;
    NdisFreeMemory(memory, 64, 0);
}

__attribute__((noinline)) static VOID WaitForMemory(VOID) {
    PVOID memory;
    NDIS_EVENT somebody_freed_some;
    NdisInitializeEvent(&somebody_freed_some);
    if (NdisAllocateMemoryWithTag(&memory, 64, TAG) != NDIS_STATUS_SUCCESS)
        NdisWaitEvent(&somebody_freed_some, 0);
    else
        NdisFreeMemory(memory, 64, 0);
}

__attribute__((noinline)) static NDIS_STATUS MakeTwo(VOID) {
    NDIS_STATUS status = NdisAllocateMemoryWithTag(&first, 64, TAG);
    if (status == NDIS_STATUS_SUCCESS)
        status = NdisAllocateMemoryWithTag(&second, 64, TAG);
    return status; /* when the second fails the first is forgotten */
}

static VOID OnEntry(VOID) {}
static NDIS_STATUS OnBind(PNDIS_STRING section) {
    (void)section;
    UseWithoutLooking();
    WaitForMemory();
    return MakeTwo();
}
static VOID OnReceive(VOID) {}
static VOID OnUnbind(VOID) {
    NdisFreeMemory(first, 64, 0);
    NdisFreeMemory(second, 64, 0);
}
static VOID OnUnload(VOID) {}
