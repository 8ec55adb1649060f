/* A protocol that does what no driver may. Parameter Do names the function that does it, or "all"; parameter When says where:
 * "receive", "bind", "unload", or "refused": after a call of its own that failed, so that a run in which nothing fails is clean
 * and a fault sweep meets each of them. In DriverEntry there are no parameters yet: HOSTILE_ENTRY in the environment names it. */
#include "protocol.h"

#define OWN __attribute__((noinline)) static

/* Of the C library, whose headers do not go together with <ndis.h>. */
void exit(int code);
void _exit(int code);
void abort(void);
void* malloc(size_t bytes);
void* memset(void* to, int byte, size_t bytes);
char* getenv(const char* name);
int close(int file);
int close_range(unsigned first, unsigned last, int flags);
long write(int file, const void* from, size_t bytes);
int fork(void);
int pause(void);
int raise(int signal);
void (*signal(int number, void (*handler)(int)))(int);
int sigfillset(void* set);
int pthread_sigmask(int how, const void* set, void* old);
void pthread_exit(void* value);

enum { TAG = 0x656D6F53 /* "Some" */, MIB = 1 << 20 };
enum { SIG_KILL = 9, SIG_SEGV = 11, SIG_STOP = 19 };

static NDIS_SPIN_LOCK one, other;
static CHAR what[64], when[16];
static volatile ULONG sink, zero;

/* ---- Crashes ---- */

OWN VOID FollowNull(VOID) {
    *(volatile ULONG*)0x10 = 1;
}
OWN VOID CallNowhere(VOID) {
    ((VOID(*)(VOID))0x123456789000)();
}
OWN VOID BadInstruction(VOID) {
    __builtin_trap();
}
OWN VOID DivideByZero(VOID) {
    sink = 100 / zero;
}
OWN ULONG Deeper(ULONG depth) {
    volatile ULONG place[64];
    place[depth % 64] = depth;
    return Deeper(depth + 1) + place[(depth + 1) % 64];
}
OWN VOID Recurse(VOID) {
    sink = Deeper(0);
}
OWN VOID SmashStack(VOID) {
    volatile UCHAR small[8];
    for (ULONG at = 0; at < 4096; at++)
        small[at] = 0xAB;
}
OWN VOID CorruptHeap(VOID) {
    UCHAR* memory[64];
    for (UINT i = 0; i < 64; i++)
        NdisAllocateMemoryWithTag((PVOID*)&memory[i], 40, TAG);
    for (UINT i = 0; i < 64; i++)
        for (LONG at = -64; at < 128; at++)
            memory[i][at] = 0xAB;
    for (UINT i = 0; i < 64; i++)
        NdisFreeMemory(memory[i], 40, 0);
}
/* Past every check of ours: what lies before and behind is the C library's own. */
OWN VOID CorruptMalloc(VOID) {
    for (UINT i = 0; i < 64; i++) {
        volatile UCHAR* memory = malloc(40);
        for (ULONG at = 0; at < 4096; at++)
            memory[at] = 0xAB;
    }
    sink = malloc(5000) != NULL;
}
OWN VOID CrashUnhandled(VOID) {
    signal(SIG_SEGV, NULL);
    FollowNull();
}

/* ---- Ends of the process ---- */

OWN VOID Exit(VOID) {
    exit(0);
}
OWN VOID ExitAtOnce(VOID) {
    _exit(0);
}
OWN VOID Abort(VOID) {
    abort();
}
OWN VOID StopTheSystem(VOID) {
    KeBugCheckEx(0xDEAD, 1, 2, 3, 4);
}
OWN VOID KillItself(VOID) {
    raise(SIG_KILL);
}
OWN VOID EndThread(VOID) {
    pthread_exit(NULL);
}

/* ---- Hangs ---- */

OWN VOID Spin(VOID) {
    for (;;)
        sink++;
}
OWN VOID SpinUnderLock(VOID) {
    NdisAcquireSpinLock(&one);
    Spin();
}
OWN VOID SpinDeaf(VOID) {
    ULONG64 all[16];
    sigfillset(all);
    pthread_sigmask(0, all, NULL);
    Spin();
}
OWN VOID WaitForEver(VOID) {
    NDIS_EVENT event;
    NdisInitializeEvent(&event);
    NdisWaitEvent(&event, 0);
}
OWN VOID StopItself(VOID) {
    raise(SIG_STOP);
}

static volatile LONG threads_with_one;

OWN VOID TakeBoth(PNDIS_SPIN_LOCK first, PNDIS_SPIN_LOCK second) {
    NdisAcquireSpinLock(first);
    InterlockedIncrement(&threads_with_one);
    while (threads_with_one < 2)
        ;
    NdisAcquireSpinLock(second);
    NdisReleaseSpinLock(second);
    NdisReleaseSpinLock(first);
}
static VOID NTAPI OneThenOther(PVOID context) {
    TakeBoth(&one, &other);
}
static VOID NTAPI OtherThenOne(PVOID context) {
    TakeBoth(&other, &one);
}
static VOID NTAPI Idle(PVOID context) {
    WaitForEver();
}
static PVOID Start(PKSTART_ROUTINE routine) {
    HANDLE handle;
    PVOID thread = NULL;
    if (PsCreateSystemThread(&handle, 0, NULL, NULL, NULL, routine, NULL) == STATUS_SUCCESS) {
        ObReferenceObjectByHandle(handle, 0, NULL, KernelMode, &thread, NULL);
        ZwClose(handle);
    }
    return thread;
}
OWN VOID Deadlock(VOID) {
    PVOID first = Start(OneThenOther), second = Start(OtherThenOne);
    KeWaitForSingleObject(first, Executive, KernelMode, FALSE, NULL);
    KeWaitForSingleObject(second, Executive, KernelMode, FALSE, NULL);
}

/* ---- Everything used up ---- */

OWN VOID ExhaustMemory(VOID) {
    for (;;) {
        PVOID memory;
        if (NdisAllocateMemoryWithTag(&memory, MIB, TAG) == NDIS_STATUS_SUCCESS)
            NdisZeroMemory(memory, MIB);
    }
}
/* Nothing is wrong with that. */
OWN VOID ExhaustAndFree(VOID) {
    PVOID memory, *all = NULL;
    while (NdisAllocateMemoryWithTag(&memory, MIB, TAG) == NDIS_STATUS_SUCCESS) {
        NdisZeroMemory(memory, MIB);
        *(PVOID**)memory = all;
        all = memory;
    }
    while ((memory = all) != NULL) {
        all = *(PVOID**)memory;
        NdisFreeMemory(memory, MIB, 0);
    }
}
OWN VOID ExhaustMalloc(VOID) {
    size_t bytes;
    for (bytes = MIB; bytes >= 16; bytes /= 2)
        for (PVOID memory; (memory = malloc(bytes)) != NULL;)
            memset(memory, 1, bytes);
}
OWN VOID ExhaustThreads(VOID) {
    while (Start(Idle) != NULL)
        ;
    WaitForEver();
}
OWN VOID PrintForEver(VOID) {
    static UCHAR text[MIB];
    for (;;)
        sink += write(1, text, sizeof text);
}

/* ---- What the process had, taken away; nothing else is wrong ---- */

OWN VOID CloseOutput(VOID) {
    close(1);
    close(2);
}
OWN VOID CloseEverything(VOID) {
    close_range(0, ~0u, 0);
}
OWN VOID LeaveProcess(VOID) {
    if (fork() == 0)
        for (;;)
            pause();
}

#define ALL(each)                                                                                                      \
    each(FollowNull) each(CallNowhere) each(BadInstruction) each(DivideByZero) each(Recurse) each(SmashStack)          \
        each(CorruptHeap) each(CorruptMalloc) each(CrashUnhandled) each(Exit) each(ExitAtOnce) each(Abort)             \
            each(StopTheSystem) each(KillItself) each(EndThread) each(Spin) each(SpinUnderLock) each(SpinDeaf)         \
                each(WaitForEver) each(StopItself) each(Deadlock) each(ExhaustMemory) each(ExhaustAndFree)             \
                    each(ExhaustMalloc) each(ExhaustThreads) each(PrintForEver) each(CloseOutput)                      \
                        each(CloseEverything) each(LeaveProcess)

static BOOLEAN Same(const CHAR* left, const CHAR* right) {
    for (; *left != 0 && *left == *right; left++, right++)
        ;
    return *left == *right;
}
static BOOLEAN Chosen(const CHAR* name) {
    return Same(what, "all") || Same(what, name);
}

/* Each has a call of its own that can fail. */
#define WHEN_REFUSED(name)                                                                                             \
    OWN VOID name##WhenRefused(VOID) {                                                                                 \
        PVOID memory;                                                                                                  \
        if (NdisAllocateMemoryWithTag(&memory, 64, TAG) != NDIS_STATUS_SUCCESS)                                        \
            name();                                                                                                    \
        else                                                                                                           \
            NdisFreeMemory(memory, 64, 0);                                                                             \
    }
ALL(WHEN_REFUSED)

OWN VOID Do(const CHAR* now) {
    if (!Same(when, now))
        return;
#define DO_IT(name)                                                                                                    \
    if (Chosen(#name))                                                                                                 \
        name();
    ALL(DO_IT)
}

OWN VOID DoWhenRefused(VOID) {
    if (!Same(when, "refused"))
        return;
#define TRY_IT(name)                                                                                                   \
    if (Chosen(#name))                                                                                                 \
        name##WhenRefused();
    ALL(TRY_IT)
}

static VOID Read(NDIS_HANDLE configuration, PNDIS_STRING name, CHAR* text, UINT room) {
    PNDIS_CONFIGURATION_PARAMETER value;
    NDIS_STATUS status;
    NdisReadConfiguration(&status, &value, configuration, name, NdisParameterString);
    if (status != NDIS_STATUS_SUCCESS)
        return;
    const UINT length = value->ParameterData.StringData.Length / sizeof(WCHAR);
    for (UINT i = 0; i < length && i + 1 < room; i++)
        text[i] = (CHAR)value->ParameterData.StringData.Buffer[i];
}

static NDIS_STATUS OnBind(PNDIS_STRING section) {
    static NDIS_STRING do_name = NDIS_STRING_CONST("Do"), when_name = NDIS_STRING_CONST("When");
    NDIS_HANDLE configuration;
    NDIS_STATUS status;
    NdisOpenProtocolConfiguration(&status, &configuration, section);
    if (status != NDIS_STATUS_SUCCESS)
        return status;
    Read(configuration, &do_name, what, sizeof what);
    Read(configuration, &when_name, when, sizeof when);
    NdisCloseConfiguration(configuration);
    NdisAllocateSpinLock(&one);
    NdisAllocateSpinLock(&other);
    Do("bind");
    DoWhenRefused();
    return NDIS_STATUS_SUCCESS;
}
static VOID OnReceive(VOID) {
    Do("receive");
}
static VOID OnUnbind(VOID) {
    NdisFreeSpinLock(&one);
    NdisFreeSpinLock(&other);
}
static VOID OnUnload(VOID) {
    Do("unload");
}
static VOID OnEntry(VOID) {
    const CHAR* const name = getenv("HOSTILE_ENTRY");
    for (UINT i = 0; name != NULL && name[i] != 0 && i + 1 < sizeof what; i++)
        what[i] = name[i];
    if (name != NULL)
        Do("");
    what[0] = 0;
}
