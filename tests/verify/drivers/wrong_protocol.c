/* A protocol that does what protocols do, properly, and one thing wrong: parameter Break names what. Each mistake is a function
 * of its own, noinline, because the tests look for its name. Without Break nothing is wrong. */
#include <ndis.h>

#define TAG 0x676E7257 /* "Wrng" */
#define MISTAKE __attribute__((noinline)) static VOID
#define FRAME_BYTES 60

static NDIS_HANDLE protocol, binding, pool, bufferPool;
static NDIS_EVENT closed, requested;
static NDIS_SPIN_LOCK lock, otherLock;
static NDIS_TIMER timer;
static NDIS_WORK_ITEM items[192]; /* three times as many as run at once */
static WCHAR chosen[32];
static BOOLEAN done; /* mistakes in handlers are made once */
static LONG sends, kept;
static PNDIS_PACKET keptPacket;
static PNDIS_STRING chosenSection;
static UCHAR frame[FRAME_BYTES];

static BOOLEAN Is(const WCHAR* name) {
    UINT i = 0;
    while (name[i] != 0 && name[i] == chosen[i])
        i++;
    return name[i] == chosen[i];
}

static BOOLEAN Once(const WCHAR* name) {
    if (done || !Is(name))
        return FALSE;
    done = TRUE;
    return TRUE;
}

static PNDIS_PACKET MakePacket(VOID) {
    PNDIS_PACKET packet;
    NDIS_STATUS status;
    NdisAllocatePacket(&status, &packet, pool);
    return status == NDIS_STATUS_SUCCESS ? packet : NULL;
}

static PNDIS_PACKET MakeFrame(VOID) {
    PNDIS_PACKET packet = MakePacket();
    PNDIS_BUFFER buffer;
    NDIS_STATUS status;
    if (packet == NULL)
        return NULL;
    NdisAllocateBuffer(&status, &buffer, bufferPool, frame, sizeof frame);
    if (status != NDIS_STATUS_SUCCESS) {
        NdisFreePacket(packet);
        return NULL;
    }
    NdisChainBufferAtFront(packet, buffer);
    return packet;
}

static VOID FreeFrame(PNDIS_PACKET packet) {
    PNDIS_BUFFER buffer;
    NdisUnchainBufferAtFront(packet, &buffer);
    if (buffer != NULL)
        NdisFreeBuffer(buffer);
    NdisFreePacket(packet);
}

/* ---- Mistakes in ProtocolBindAdapter, at PASSIVE_LEVEL ---- */

MISTAKE FreePoolWithPacketsOut(VOID) {
    NDIS_HANDLE own;
    PNDIS_PACKET packet;
    NDIS_STATUS status;
    NdisAllocatePacketPool(&status, &own, 4, 32);
    NdisAllocatePacket(&status, &packet, own);
    NdisFreePacketPool(own);
    NdisFreePacket(packet);
}

MISTAKE KeepPool(VOID) {
    NDIS_HANDLE own;
    NDIS_STATUS status;
    NdisAllocatePacketPool(&status, &own, 4, 32);
}

MISTAKE KeepPacket(VOID) {
    NDIS_HANDLE own;
    PNDIS_PACKET packet;
    NDIS_STATUS status;
    NdisAllocatePacketPool(&status, &own, 4, 32);
    NdisAllocatePacket(&status, &packet, own);
}

MISTAKE FreePacketTwice(VOID) {
    PNDIS_PACKET packet = MakePacket();
    NdisFreePacket(packet);
    NdisFreePacket(packet);
}

MISTAKE FreeMemoryTwice(VOID) {
    PVOID memory;
    NdisAllocateMemoryWithTag(&memory, 48, TAG);
    NdisFreeMemory(memory, 48, 0);
    NdisFreeMemory(memory, 48, 0);
}

MISTAKE FreeNoPacket(VOID) {
    static UCHAR bytes[512];
    NdisFreePacket((PNDIS_PACKET)bytes);
}

MISTAKE WriteFreedPacket(VOID) {
    PNDIS_PACKET packet = MakePacket();
    NdisFreePacket(packet);
    packet->ProtocolReserved[3] = 1;
}

MISTAKE WriteFreedMemory(VOID) {
    PUCHAR memory;
    NdisAllocateMemoryWithTag((PVOID*)&memory, 48, TAG);
    NdisFreeMemory(memory, 48, 0);
    memory[17] = 1;
}

MISTAKE OverrunReserved(VOID) {
    PNDIS_PACKET packet = MakePacket();
    packet->ProtocolReserved[32] = 1;
    NdisFreePacket(packet);
}

MISTAKE KeepBuffer(VOID) {
    PNDIS_BUFFER buffer;
    NDIS_STATUS status;
    NdisAllocateBuffer(&status, &buffer, bufferPool, frame, sizeof frame);
}

MISTAKE FreePacketWithBuffer(VOID) {
    PNDIS_PACKET packet = MakeFrame();
    NdisFreePacket(packet);
}

MISTAKE KeepMemory(VOID) {
    PVOID memory;
    NdisAllocateMemoryWithTag(&memory, 100, TAG);
}

MISTAKE FreeWithOtherLength(VOID) {
    PVOID memory;
    NdisAllocateMemoryWithTag(&memory, 100, TAG);
    NdisFreeMemory(memory, 96, 0);
}

MISTAKE FreeWithOtherTag(VOID) {
    PVOID memory = ExAllocatePoolWithTag(NonPagedPool, 100, TAG);
    ExFreePoolWithTag(memory, TAG + 1);
}

MISTAKE OverrunMemory(VOID) {
    PUCHAR memory;
    NdisAllocateMemoryWithTag((PVOID*)&memory, 100, TAG);
    memory[100] = 1;
    NdisFreeMemory(memory, 100, 0);
}

MISTAKE UnderrunMemory(VOID) {
    PUCHAR memory;
    NdisAllocateMemoryWithTag((PVOID*)&memory, 100, TAG);
    *(memory - 1) = 1;
    NdisFreeMemory(memory, 100, 0);
}

/* Past the canary: into a page that is not there, and on. */
MISTAKE OverrunMemoryFar(VOID) {
    PUCHAR memory;
    UINT i;
    NdisAllocateMemoryWithTag((PVOID*)&memory, 100, TAG);
    for (i = 100; i < 400; i++)
        memory[i] = 1;
    NdisFreeMemory(memory, 100, 0);
}

MISTAKE ReadPastMemory(VOID) {
    PUCHAR memory;
    NdisAllocateMemoryWithTag((PVOID*)&memory, 112, TAG);
    frame[1] = *(volatile UCHAR*)(memory + 112);
    NdisFreeMemory(memory, 112, 0);
}

MISTAKE UnderrunMemoryFar(VOID) {
    PUCHAR memory;
    NdisAllocateMemoryWithTag((PVOID*)&memory, 4096, TAG);
    *(memory - 40) = 1;
    NdisFreeMemory(memory, 4096, 0);
}

MISTAKE ReadFreedMemory(VOID) {
    PUCHAR memory;
    NdisAllocateMemoryWithTag((PVOID*)&memory, 48, TAG);
    NdisFreeMemory(memory, 48, 0);
    frame[1] = *(volatile UCHAR*)(memory + 7);
}

MISTAKE CopyFromFreedMemory(VOID) {
    PUCHAR memory;
    volatile UINT length = sizeof frame;
    NdisAllocateMemoryWithTag((PVOID*)&memory, sizeof frame, TAG);
    NdisFreeMemory(memory, sizeof frame, 0);
    NdisMoveMemory(frame, memory, length);
}

MISTAKE LockInFreedMemory(VOID) {
    PNDIS_SPIN_LOCK own;
    NdisAllocateMemoryWithTag((PVOID*)&own, sizeof *own, TAG);
    NdisAllocateSpinLock(own);
    NdisFreeMemory(own, sizeof *own, 0);
    NdisAcquireSpinLock(own);
    NdisReleaseSpinLock(own);
}

MISTAKE SetNoEvent(VOID) {
    static NDIS_EVENT event;
    NdisSetEvent(&event);
}

static NDIS_EVENT awaited;

MISTAKE InitializeAwaited(PVOID one, PVOID context, PVOID two, PVOID three) {
    (void)one, (void)context, (void)two, (void)three;
    NdisInitializeEvent(&awaited);
    NdisSetEvent(&awaited);
}

static VOID WaitForIt(VOID) {
    NdisInitializeEvent(&awaited);
    NdisInitializeTimer(&timer, InitializeAwaited, NULL);
    NdisSetTimer(&timer, 1);
    NdisWaitEvent(&awaited, 300);
    NdisMSleep(2000);
}

MISTAKE LeaveHandleOpen(VOID) {
    NDIS_HANDLE configuration;
    NDIS_STATUS status;
    NdisOpenProtocolConfiguration(&status, &configuration, chosenSection);
}

MISTAKE AllocateAtWrongLevel(VOID) {
    PNDIS_PACKET packet;
    NDIS_STATUS status;
    NdisDprAllocatePacket(&status, &packet, pool);
    NdisFreePacket(packet);
}

MISTAKE FreeUnderLock(VOID) {
    PNDIS_PACKET packet = MakePacket();
    NdisAcquireSpinLock(&lock);
    NdisFreePacket(packet);
    NdisReleaseSpinLock(&lock);
}

MISTAKE TakeOneThenOther(VOID) {
    NdisAcquireSpinLock(&lock);
    NdisDprAcquireSpinLock(&otherLock);
    NdisDprReleaseSpinLock(&otherLock);
    NdisReleaseSpinLock(&lock);
}

MISTAKE TakeOtherThenOne(VOID) {
    NdisAcquireSpinLock(&otherLock);
    NdisDprAcquireSpinLock(&lock);
    NdisDprReleaseSpinLock(&lock);
    NdisReleaseSpinLock(&otherLock);
}

MISTAKE TakeTwice(VOID) {
    NdisAcquireSpinLock(&lock);
    NdisDprAcquireSpinLock(&lock);
    NdisDprReleaseSpinLock(&lock);
    NdisReleaseSpinLock(&lock);
}

MISTAKE KeepLock(VOID) {
    NdisAcquireSpinLock(&lock);
}

MISTAKE SetIdLate(VOID) {
    NdisSetPacketPoolProtocolId(pool, NDIS_PROTOCOL_ID_IPX);
}

MISTAKE UseWhatWasRefused(VOID) {
    NDIS_HANDLE own;
    PNDIS_PACKET packets[3];
    NDIS_STATUS status;
    UINT i;
    NdisAllocatePacketPool(&status, &own, 2, 32);
    for (i = 0; i < 3; i++)
        NdisAllocatePacket(&status, &packets[i], own);
    for (i = 0; i < 3; i++)
        NdisFreePacket(packets[i]); /* the third is NULL */
    NdisFreePacketPool(own);
}

MISTAKE WriteThroughRefused(VOID) {
    NDIS_HANDLE own;
    PNDIS_PACKET packets[3];
    NDIS_STATUS status;
    UINT i;
    NdisAllocatePacketPool(&status, &own, 2, 32);
    for (i = 0; i < 3; i++) {
        NdisAllocatePacket(&status, &packets[i], own);
        packets[i]->ProtocolReserved[0] = 1;
    }
}

MISTAKE FollowNull(VOID) {
    *(volatile UCHAR*)(ULONG_PTR)frame[0] = 1;
}

MISTAKE ReadFreedPointer(VOID) {
    PVOID** memory;
    NdisAllocateMemoryWithTag((PVOID*)&memory, 64, TAG);
    memory[2] = (PVOID*)frame;
    NdisFreeMemory(memory, 64, 0);
    *(volatile PVOID*)memory[2] = NULL;
}

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Winfinite-recursion"
__attribute__((noinline)) static UINT CallItself(volatile UINT depth) {
    volatile UCHAR local[256];
    local[depth % 256] = (UCHAR)depth;
    return CallItself(depth + 1) + local[1];
}
#pragma GCC diagnostic pop

static VOID MistakesAtBind(VOID) {
    static const struct {
        const WCHAR* name;
        VOID (*make)(VOID);
    } mistakes[] = {{L"pool-leak", FreePoolWithPacketsOut},
                    {L"pool-not-freed", KeepPool},
                    {L"packet-leak", KeepPacket},
                    {L"double-free", FreePacketTwice},
                    {L"double-free-memory", FreeMemoryTwice},
                    {L"foreign-free", FreeNoPacket},
                    {L"use-after-free", WriteFreedPacket},
                    {L"use-after-free-memory", WriteFreedMemory},
                    {L"reserved-overrun", OverrunReserved},
                    {L"buffer-leak", KeepBuffer},
                    {L"chain-leak", FreePacketWithBuffer},
                    {L"memory-leak", KeepMemory},
                    {L"memory-mismatch", FreeWithOtherLength},
                    {L"memory-mismatch-tag", FreeWithOtherTag},
                    {L"memory-overrun", OverrunMemory},
                    {L"memory-underrun", UnderrunMemory},
                    {L"memory-overrun-far", OverrunMemoryFar},
                    {L"memory-underrun-far", UnderrunMemoryFar},
                    {L"memory-overread", ReadPastMemory},
                    {L"use-after-free-read", ReadFreedMemory},
                    {L"use-after-free-copy", CopyFromFreedMemory},
                    {L"use-after-free-lock", LockInFreedMemory},
                    {L"event-misuse", SetNoEvent},
                    {L"event-awaited", WaitForIt},
                    {L"handle-leak", LeaveHandleOpen},
                    {L"irql", AllocateAtWrongLevel},
                    {L"lock-held", FreeUnderLock},
                    {L"lock-twice", TakeTwice},
                    {L"lock-leak", KeepLock},
                    {L"late-protocol-id", SetIdLate},
                    {L"ignored-resources", UseWhatWasRefused},
                    {L"ignored-resources-crash", WriteThroughRefused},
                    {L"crash", FollowNull},
                    {L"crash-freed", ReadFreedPointer}};
    UINT i;
    for (i = 0; i < sizeof mistakes / sizeof mistakes[0]; i++)
        if (Is(mistakes[i].name))
            mistakes[i].make();
    if (Is(L"lock-order")) {
        TakeOneThenOther();
        TakeOtherThenOne();
    }
    if (Is(L"recursion"))
        CallItself(0);
}

/* ---- Sending ---- */

static VOID SendComplete(NDIS_HANDLE context, PNDIS_PACKET packet, NDIS_STATUS status) {
    (void)context, (void)status;
    FreeFrame(packet);
    NdisInterlockedDecrement(&sends);
}

static VOID SendFrame(VOID) {
    PNDIS_PACKET packet = MakeFrame();
    NDIS_STATUS status;
    if (packet == NULL)
        return;
    NdisInterlockedIncrement(&sends);
    NdisSend(&status, binding, packet);
    if (status != NDIS_STATUS_PENDING)
        SendComplete(NULL, packet, status);
}

MISTAKE SendTwice(VOID) {
    PNDIS_PACKET packet = MakeFrame(), both[2];
    if (packet == NULL)
        return;
    both[0] = both[1] = packet;
    NdisInterlockedIncrement(&sends);
    NdisSendPackets(binding, both, 2);
}

/* Whether the send is over by then is the adapter's freedom: a driver that is lucky is told as soon as it is not. */
MISTAKE FreeWhileSent(VOID) {
    PNDIS_PACKET packet = MakeFrame();
    PNDIS_BUFFER buffer;
    NDIS_STATUS status;
    LONG before = sends;
    if (packet == NULL)
        return;
    buffer = NDIS_PACKET_FIRST_NDIS_BUFFER(packet);
    NdisInterlockedIncrement(&sends);
    NdisSend(&status, binding, packet);
    if (status == NDIS_STATUS_PENDING && sends > before) { /* not complete already */
        NdisFreePacket(packet);
        done = TRUE;
    } else if (status != NDIS_STATUS_PENDING) {
        SendComplete(NULL, packet, status);
    }
    (void)buffer;
}

MISTAKE ReinitializeWhileSent(VOID) {
    PNDIS_PACKET packet = MakeFrame();
    PNDIS_BUFFER buffer;
    NDIS_STATUS status;
    LONG before = sends;
    if (packet == NULL)
        return;
    buffer = NDIS_PACKET_FIRST_NDIS_BUFFER(packet);
    NdisInterlockedIncrement(&sends);
    NdisSend(&status, binding, packet);
    if (status == NDIS_STATUS_PENDING && sends > before) { /* not complete already */
        NdisReinitializePacket(packet);
        done = TRUE;
        NdisFreeBuffer(buffer);
    } else if (status != NDIS_STATUS_PENDING) {
        SendComplete(NULL, packet, status);
    }
}

/* ---- Receiving, at DISPATCH_LEVEL ---- */

MISTAKE MixFlavours(VOID) {
    PNDIS_PACKET packet;
    NDIS_STATUS status;
    NdisDprAllocatePacketNonInterlocked(&status, &packet, pool);
    if (status == NDIS_STATUS_SUCCESS)
        NdisDprFreePacket(packet);
}

MISTAKE SleepInHandler(VOID) {
    NdisMSleep(1000);
}

MISTAKE CompareStringsInHandler(VOID) {
    NDIS_STRING one = NDIS_STRING_CONST("one"), two = NDIS_STRING_CONST("two");
    done = NdisEqualString(&one, &two, TRUE) || done;
}

MISTAKE ReturnInHandler(PNDIS_PACKET packet) {
    NdisReturnPackets(&packet, 1);
}

MISTAKE FreeReceived(PNDIS_PACKET packet) {
    NdisFreePacket(packet);
}

static VOID ReturnKept(PVOID one, PVOID context, PVOID two, PVOID three) {
    PNDIS_PACKET packet = keptPacket;
    (void)one, (void)context, (void)two, (void)three;
    keptPacket = NULL;
    if (packet != NULL) {
        NdisReturnPackets(&packet, 1);
        NdisInterlockedDecrement(&kept);
    }
}

MISTAKE ReturnTwice(PNDIS_PACKET packet) {
    NdisReturnPackets(&packet, 1);
    NdisReturnPackets(&packet, 1);
}

static VOID ReturnTwiceLater(PVOID one, PVOID context, PVOID two, PVOID three) {
    (void)one, (void)context, (void)two, (void)three;
    if (keptPacket != NULL)
        ReturnTwice(keptPacket);
    keptPacket = NULL;
    NdisInterlockedDecrement(&kept);
}

static VOID LookAtReceived(VOID) {
    SendFrame();
    if (Once(L"mixed-flavour"))
        MixFlavours();
    if (Once(L"wait-at-dispatch"))
        SleepInHandler();
    if (Once(L"irql-high"))
        CompareStringsInHandler();
    if (Once(L"send-twice"))
        SendTwice();
    if (!done && Is(L"free-in-flight"))
        FreeWhileSent();
    if (!done && Is(L"reinitialize-in-flight"))
        ReinitializeWhileSent();
}

static INT ReceivePacket(NDIS_HANDLE context, PNDIS_PACKET packet) {
    const BOOLEAN lent = NDIS_GET_PACKET_STATUS(packet) != NDIS_STATUS_RESOURCES;
    (void)context;
    LookAtReceived();
    if (Once(L"foreign-free-received"))
        FreeReceived(packet);
    if (lent && Once(L"return-early")) {
        ReturnInHandler(packet);
        return 1;
    }
    if (lent && Once(L"return-missing"))
        return 1;
    /* Kept for a while: the usual case. */
    if (lent && keptPacket == NULL && kept == 0) {
        NdisInterlockedIncrement(&kept);
        keptPacket = packet;
        NdisInitializeTimer(&timer, Once(L"return-too-many") ? ReturnTwiceLater : ReturnKept, NULL);
        NdisSetTimer(&timer, Is(L"ok-kept-long") ? 2000 : 1);
        return 1;
    }
    return 0;
}

static NDIS_STATUS Receive(NDIS_HANDLE context, NDIS_HANDLE receive, PVOID header, UINT headerBytes, PVOID data,
                           UINT bytes, UINT size) {
    (void)context, (void)receive, (void)header, (void)headerBytes, (void)data, (void)bytes, (void)size;
    return NDIS_STATUS_NOT_ACCEPTED;
}
static VOID ReceiveComplete(NDIS_HANDLE context) {
    (void)context;
}

/* ---- The rest of a protocol ---- */

static VOID OpenComplete(NDIS_HANDLE context, NDIS_STATUS status, NDIS_STATUS error) {
    (void)context, (void)status, (void)error;
}
static VOID CloseComplete(NDIS_HANDLE context, NDIS_STATUS status) {
    (void)context, (void)status;
    NdisSetEvent(&closed);
}
static VOID TransferComplete(NDIS_HANDLE context, PNDIS_PACKET packet, NDIS_STATUS status, UINT bytes) {
    (void)context, (void)packet, (void)status, (void)bytes;
}
static VOID ResetComplete(NDIS_HANDLE context, NDIS_STATUS status) {
    (void)context, (void)status;
}
static VOID RequestComplete(NDIS_HANDLE context, PNDIS_REQUEST request, NDIS_STATUS status) {
    (void)context, (void)request, (void)status;
    NdisSetEvent(&requested);
}
static VOID Status(NDIS_HANDLE context, NDIS_STATUS status, PVOID buffer, UINT length) {
    (void)context, (void)status, (void)buffer, (void)length;
}
static VOID StatusComplete(NDIS_HANDLE context) {
    (void)context;
}

static VOID ReadChoice(PNDIS_STRING section) {
    NDIS_STRING name = NDIS_STRING_CONST("Break");
    NDIS_HANDLE configuration;
    PNDIS_CONFIGURATION_PARAMETER value;
    NDIS_STATUS status;
    NdisOpenProtocolConfiguration(&status, &configuration, section);
    if (status != NDIS_STATUS_SUCCESS)
        return;
    NdisReadConfiguration(&status, &value, configuration, &name, NdisParameterString);
    if (status == NDIS_STATUS_SUCCESS && value->ParameterData.StringData.Length < sizeof chosen)
        NdisMoveMemory(chosen, value->ParameterData.StringData.Buffer, value->ParameterData.StringData.Length);
    NdisCloseConfiguration(configuration);
}

static VOID SetFilter(VOID) {
    static NDIS_REQUEST request;
    static ULONG filter = NDIS_PACKET_TYPE_PROMISCUOUS;
    NDIS_STATUS status;
    NdisInitializeEvent(&requested);
    request.RequestType = NdisRequestSetInformation;
    request.DATA.SET_INFORMATION.Oid = OID_GEN_CURRENT_PACKET_FILTER;
    request.DATA.SET_INFORMATION.InformationBuffer = &filter;
    request.DATA.SET_INFORMATION.InformationBufferLength = sizeof filter;
    NdisRequest(&status, binding, &request);
    if (status == NDIS_STATUS_PENDING)
        NdisWaitEvent(&requested, 0);
}

static VOID Bind(PNDIS_STATUS status, NDIS_HANDLE context, PNDIS_STRING device, PVOID section, PVOID reserved) {
    static NDIS_MEDIUM media[] = {NdisMedium802_3};
    NDIS_STATUS error;
    UINT selected;
    (void)context, (void)reserved;
    chosenSection = (PNDIS_STRING)section;
    ReadChoice(chosenSection);
    NdisAllocateSpinLock(&lock);
    NdisAllocateSpinLock(&otherLock);
    NdisAllocatePacketPoolEx(status, &pool, 4, 12, PROTOCOL_RESERVED_SIZE_IN_PACKET); /* overflow is used, too */
    if (*status != NDIS_STATUS_SUCCESS)
        return;
    NdisAllocateBufferPool(status, &bufferPool, 16);
    if (*status != NDIS_STATUS_SUCCESS) {
        NdisFreePacketPool(pool);
        return;
    }
    FreeFrame(MakeFrame());
    NdisOpenAdapter(status, &error, &binding, &selected, media, 1, protocol, &binding, device, 0, NULL);
    if (*status != NDIS_STATUS_SUCCESS) {
        NdisFreeBufferPool(bufferPool);
        NdisFreePacketPool(pool);
        return;
    }
    SetFilter();
    MistakesAtBind();
}

MISTAKE CloseTwice(VOID) {
    NDIS_STATUS status;
    NdisCloseAdapter(&status, binding);
}

MISTAKE SendOnClosed(VOID) {
    PNDIS_PACKET packet = MakeFrame();
    NdisInterlockedIncrement(&sends);
    NdisSendPackets(binding, &packet, 1);
}

static VOID Unbind(PNDIS_STATUS status, NDIS_HANDLE context, NDIS_HANDLE unbind) {
    UINT tries;
    (void)context, (void)unbind;
    for (tries = 0; tries < 4000 && kept > 0; tries++)
        NdisMSleep(1000);
    NdisInitializeEvent(&closed);
    NdisCloseAdapter(status, binding);
    if (*status == NDIS_STATUS_PENDING)
        NdisWaitEvent(&closed, 0);
    *status = NDIS_STATUS_SUCCESS;
    if (Is(L"unbind-order"))
        CloseTwice();
    if (Is(L"send-closed"))
        SendOnClosed();
    for (tries = 0; tries < 1000 && NdisPacketPoolUsage(pool) > 0; tries++)
        NdisMSleep(1000);
    NdisFreeBufferPool(bufferPool);
    NdisFreePacketPool(pool);
    NdisFreeSpinLock(&otherLock);
    NdisFreeSpinLock(&lock);
}

static VOID SleepAWhile(PNDIS_WORK_ITEM item, PVOID context) {
    (void)item, (void)context;
    NdisMSleep(200000);
}

MISTAKE LeaveTimer(VOID) {
    NdisInitializeTimer(&timer, ReturnKept, NULL);
    NdisSetTimer(&timer, 3600000);
}

MISTAKE LeaveWork(VOID) {
    UINT i;
    for (i = 0; i < sizeof items / sizeof items[0]; i++) {
        NdisInitializeWorkItem(&items[i], SleepAWhile, NULL);
        NdisScheduleWorkItem(&items[i]);
    }
}

static VOID Unload(PDRIVER_OBJECT driver) {
    NDIS_STATUS status;
    (void)driver;
    NdisDeregisterProtocol(&status, protocol);
    if (Is(L"timer-at-unload"))
        LeaveTimer();
    if (Is(L"work-item-at-unload"))
        LeaveWork();
}

NTSTATUS DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING path) {
    NDIS_PROTOCOL_CHARACTERISTICS handlers;
    NDIS_STRING name = NDIS_STRING_CONST("Wrong");
    NDIS_STATUS status;
    (void)path;
    NdisZeroMemory(&handlers, sizeof handlers);
    handlers.MajorNdisVersion = 5;
    handlers.Name = name;
    handlers.OpenAdapterCompleteHandler = OpenComplete;
    handlers.CloseAdapterCompleteHandler = CloseComplete;
    handlers.SendCompleteHandler = SendComplete;
    handlers.TransferDataCompleteHandler = TransferComplete;
    handlers.ResetCompleteHandler = ResetComplete;
    handlers.RequestCompleteHandler = RequestComplete;
    handlers.ReceiveHandler = Receive;
    handlers.ReceivePacketHandler = ReceivePacket;
    handlers.ReceiveCompleteHandler = ReceiveComplete;
    handlers.StatusHandler = Status;
    handlers.StatusCompleteHandler = StatusComplete;
    handlers.BindAdapterHandler = Bind;
    handlers.UnbindAdapterHandler = Unbind;
    driver->DriverUnload = Unload;
    NdisRegisterProtocol(&status, &protocol, &handlers, sizeof handlers);
    return status;
}
