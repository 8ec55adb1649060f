/* A protocol that does what no driver may: parameter Do names what, parameter When where. */
#include "protocol.h"

static NDIS_SPIN_LOCK lock;
static ULONG what, when;
static volatile ULONG sink;

enum { NOTHING, NULL_POINTER, HANG, RECURSE, EXHAUST_MEMORY, CORRUPT_HEAP, EXIT, ABORT, SPIN, SMASH_STACK, WILD_CALL };
enum { IN_RECEIVE, IN_BIND, IN_UNBIND, IN_UNLOAD };

void exit(int code);
void abort(void);

__attribute__((noinline)) static ULONG Recurse(ULONG depth) {
    volatile ULONG place[64];
    place[depth % 64] = depth;
    return Recurse(depth + 1) + place[(depth + 1) % 64];
}

__attribute__((noinline)) static VOID FollowNull(VOID) {
    *(volatile ULONG*)0x10 = 1;
}

__attribute__((noinline)) static VOID Hang(VOID) {
    for (;;)
        sink++;
}

__attribute__((noinline)) static VOID WaitForEver(VOID) {
    NDIS_EVENT event;
    NdisInitializeEvent(&event);
    NdisWaitEvent(&event, 0);
}

__attribute__((noinline)) static VOID ExhaustMemory(VOID) {
    for (;;) {
        PVOID memory;
        if (NdisAllocateMemoryWithTag(&memory, 1 << 20, 0x656D6F53) == NDIS_STATUS_SUCCESS)
            NdisZeroMemory(memory, 1 << 20);
    }
}

__attribute__((noinline)) static VOID CorruptHeap(VOID) {
    UCHAR* memory[64];
    for (UINT i = 0; i < 64; i++)
        NdisAllocateMemoryWithTag((PVOID*)&memory[i], 40, 0x656D6F53);
    for (UINT i = 0; i < 64; i++)
        for (LONG at = -64; at < 128; at++)
            memory[i][at] = 0xAB;
    for (UINT i = 0; i < 64; i++)
        NdisFreeMemory(memory[i], 40, 0);
}

__attribute__((noinline)) static VOID SmashStack(VOID) {
    volatile UCHAR small[8];
    for (ULONG at = 0; at < 4096; at++)
        small[at] = 0xAB;
}

__attribute__((noinline)) static VOID Do(ULONG now) {
    if (when != now)
        return;
    switch (what) {
    case NULL_POINTER:
        FollowNull();
        break;
    case HANG:
        WaitForEver();
        break;
    case RECURSE:
        sink = Recurse(0);
        break;
    case EXHAUST_MEMORY:
        ExhaustMemory();
        break;
    case CORRUPT_HEAP:
        CorruptHeap();
        break;
    case EXIT:
        exit(0);
    case ABORT:
        abort();
    case SPIN:
        NdisAcquireSpinLock(&lock);
        Hang();
        break;
    case SMASH_STACK:
        SmashStack();
        break;
    case WILD_CALL:
        ((VOID(*)(VOID))0x123456789000)();
        break;
    }
}

static ULONG Read(PNDIS_STRING section, PNDIS_STRING name) {
    NDIS_HANDLE configuration;
    PNDIS_CONFIGURATION_PARAMETER value;
    NDIS_STATUS status;
    ULONG number = 0;
    NdisOpenProtocolConfiguration(&status, &configuration, section);
    if (status != NDIS_STATUS_SUCCESS)
        return 0;
    NdisReadConfiguration(&status, &value, configuration, name, NdisParameterInteger);
    if (status == NDIS_STATUS_SUCCESS)
        number = value->ParameterData.IntegerData;
    NdisCloseConfiguration(configuration);
    return number;
}

static NDIS_STATUS OnBind(PNDIS_STRING section) {
    static NDIS_STRING do_name = NDIS_STRING_CONST("Do"), when_name = NDIS_STRING_CONST("When");
    what = Read(section, &do_name);
    when = Read(section, &when_name);
    NdisAllocateSpinLock(&lock);
    Do(IN_BIND);
    return NDIS_STATUS_SUCCESS;
}
static VOID OnReceive(VOID) {
    Do(IN_RECEIVE);
}
static VOID OnUnbind(VOID) {
    NdisFreeSpinLock(&lock);
}
static VOID OnUnload(VOID) {
    Do(IN_UNLOAD);
}
