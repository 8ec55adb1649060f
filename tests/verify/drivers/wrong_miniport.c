/* A deserialized Ethernet miniport whose wire is a mirror: each frame sent comes back as received. It does one thing wrong, which
 * parameter Break names. Each mistake is a function of its own, noinline, because the tests look for its name. Without Break
 * nothing is wrong. */
#include <ndis.h>

#define MISTAKE __attribute__((noinline)) static VOID
#define SLOTS 16
#define SLOT_BYTES 1600

typedef struct {
    PNDIS_PACKET packet;
    PNDIS_BUFFER buffer;
    UCHAR bytes[SLOT_BYTES];
    BOOLEAN lent;
} SLOT;

static NDIS_HANDLE adapterHandle, pool, bufferPool;
static NDIS_SPIN_LOCK lock;
static SLOT slots[SLOTS];
static LONG out;
static WCHAR chosen[32];
static BOOLEAN done;
static UCHAR address[6] = {2, 0, 0, 0, 0, 9};
static ULONG filter, lookahead = 1500;

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

/* ---- Receiving ---- */

static SLOT* TakeSlot(VOID) {
    SLOT* found = NULL;
    UINT i;
    NdisAcquireSpinLock(&lock);
    for (i = 0; i < SLOTS && found == NULL; i++)
        if (slots[i].packet != NULL && !slots[i].lent) {
            found = &slots[i];
            found->lent = TRUE;
            out++;
        }
    NdisReleaseSpinLock(&lock);
    return found;
}

static VOID GiveSlot(PNDIS_PACKET packet) {
    UINT i;
    NdisAcquireSpinLock(&lock);
    for (i = 0; i < SLOTS; i++)
        if (slots[i].packet == packet && slots[i].lent) {
            slots[i].lent = FALSE;
            out--;
        }
    NdisReleaseSpinLock(&lock);
}

static VOID Fill(SLOT* slot, PNDIS_PACKET from) {
    PNDIS_BUFFER buffer;
    PUCHAR bytes;
    UINT length, total, done_bytes = 0;
    NdisQueryPacket(from, NULL, NULL, &buffer, &total);
    while (buffer != NULL && done_bytes < SLOT_BYTES) {
        NdisQueryBufferSafe(buffer, (PVOID*)&bytes, &length, NormalPagePriority);
        if (length > SLOT_BYTES - done_bytes)
            length = SLOT_BYTES - done_bytes;
        NdisMoveMemory(slot->bytes + done_bytes, bytes, length);
        done_bytes += length;
        NdisGetNextBuffer(buffer, &buffer);
    }
    NdisReinitializePacket(slot->packet);
    NdisAdjustBufferLength(slot->buffer, done_bytes);
    NdisChainBufferAtFront(slot->packet, slot->buffer);
    NDIS_SET_PACKET_HEADER_SIZE(slot->packet, 14);
}

MISTAKE IndicateWithOtherStatus(SLOT* slot) {
    NDIS_SET_PACKET_STATUS(slot->packet, NDIS_STATUS_PENDING);
    NdisMIndicateReceivePacket(adapterHandle, &slot->packet, 1);
}

MISTAKE IndicateTwice(SLOT* slot) {
    PNDIS_PACKET both[2] = {slot->packet, slot->packet};
    NdisMIndicateReceivePacket(adapterHandle, both, 2);
}

MISTAKE IndicateMixedArray(SLOT* slot, SLOT* other) {
    PNDIS_PACKET both[2] = {slot->packet, other->packet};
    NDIS_SET_PACKET_STATUS(slot->packet, NDIS_STATUS_RESOURCES);
    NDIS_SET_PACKET_STATUS(other->packet, NDIS_STATUS_SUCCESS);
    NdisMIndicateReceivePacket(adapterHandle, both, 2);
    GiveSlot(slot->packet);
}

/* The status of a serialized miniport's packet would say now whether it is back. */
MISTAKE ReadStatusAfterIndicate(SLOT* slot) {
    NdisMIndicateReceivePacket(adapterHandle, &slot->packet, 1);
    if (NDIS_GET_PACKET_STATUS(slot->packet) != NDIS_STATUS_PENDING && slot->lent) { /* else it is back already */
        done = TRUE;
        NdisUnchainBufferAtFront(slot->packet, &slot->buffer);
        NdisFreePacket(slot->packet);
    }
}

MISTAKE WriteStatusAfterIndicate(SLOT* slot) {
    NdisMIndicateReceivePacket(adapterHandle, &slot->packet, 1);
    NDIS_SET_PACKET_STATUS(slot->packet, NDIS_STATUS_FAILURE);
}

static VOID Receive(PNDIS_PACKET from) {
    SLOT* slot = TakeSlot();
    SLOT* other;
    if (slot == NULL)
        return;
    Fill(slot, from);
    NDIS_SET_PACKET_STATUS(slot->packet, NDIS_STATUS_SUCCESS);
    if (Once(L"indicate-status"))
        IndicateWithOtherStatus(slot);
    else if (Once(L"indicate-lent"))
        IndicateTwice(slot);
    else if (Is(L"indicate-mixed") && !done && (other = TakeSlot()) != NULL) {
        Fill(other, from);
        done = TRUE;
        IndicateMixedArray(slot, other);
    } else if (!done && Is(L"oob-after-indicate"))
        ReadStatusAfterIndicate(slot);
    else if (!done && Is(L"oob-written-after"))
        WriteStatusAfterIndicate(slot);
    else
        NdisMIndicateReceivePacket(adapterHandle, &slot->packet, 1);
}

static VOID ReturnPacket(NDIS_HANDLE context, PNDIS_PACKET packet) {
    (void)context;
    GiveSlot(packet);
}

/* ---- Sending ---- */

MISTAKE CompleteTwice(PNDIS_PACKET packet) {
    NdisMSendComplete(adapterHandle, packet, NDIS_STATUS_SUCCESS);
    NdisMSendComplete(adapterHandle, packet, NDIS_STATUS_SUCCESS);
}

MISTAKE FreeWhatIsSent(PNDIS_PACKET packet) {
    NdisFreePacket(packet);
}

static VOID SendPackets(NDIS_HANDLE context, PPNDIS_PACKET packets, UINT count) {
    UINT i;
    (void)context;
    for (i = 0; i < count; i++) {
        Receive(packets[i]);
        if (Once(L"complete-missing"))
            continue;
        if (Once(L"foreign-free"))
            FreeWhatIsSent(packets[i]);
        if (Once(L"complete-twice"))
            CompleteTwice(packets[i]);
        else
            NdisMSendComplete(adapterHandle, packets[i], NDIS_STATUS_SUCCESS);
    }
}

/* ---- Requests ---- */

static NDIS_STATUS Answer(PVOID value, ULONG length, PVOID buffer, ULONG bytes, PULONG written, PULONG needed) {
    *needed = length;
    if (bytes < length)
        return NDIS_STATUS_BUFFER_TOO_SHORT;
    NdisMoveMemory(buffer, value, length);
    *written = length;
    return NDIS_STATUS_SUCCESS;
}

static NDIS_STATUS Query(NDIS_HANDLE context, NDIS_OID oid, PVOID buffer, ULONG length, PULONG written, PULONG needed) {
    ULONG number = 0;
    (void)context;
    *written = *needed = 0;
    switch (oid) {
    case OID_802_3_CURRENT_ADDRESS:
    case OID_802_3_PERMANENT_ADDRESS:
        return Answer(address, sizeof address, buffer, length, written, needed);
    case OID_GEN_MAC_OPTIONS:
        number = NDIS_MAC_OPTION_NO_LOOPBACK;
        break;
    case OID_GEN_MAXIMUM_LOOKAHEAD:
    case OID_GEN_CURRENT_LOOKAHEAD:
        number = lookahead;
        break;
    case OID_GEN_MAXIMUM_SEND_PACKETS:
        number = 8;
        break;
    case OID_802_3_MAXIMUM_LIST_SIZE:
        number = 32;
        break;
    default:
        return NDIS_STATUS_NOT_SUPPORTED;
    }
    return Answer(&number, sizeof number, buffer, length, written, needed);
}

MISTAKE CompleteNoRequest(VOID) {
    NdisMSetInformationComplete(adapterHandle, NDIS_STATUS_SUCCESS);
}

static NDIS_STATUS Set(NDIS_HANDLE context, NDIS_OID oid, PVOID buffer, ULONG length, PULONG read, PULONG needed) {
    (void)context;
    *read = length;
    *needed = 0;
    if (oid == OID_GEN_CURRENT_PACKET_FILTER && length >= sizeof filter)
        filter = *(PULONG)buffer;
    else if (oid == OID_GEN_CURRENT_LOOKAHEAD && length >= sizeof lookahead)
        lookahead = *(PULONG)buffer;
    else if (oid != OID_802_3_MULTICAST_LIST)
        return NDIS_STATUS_NOT_SUPPORTED;
    return NDIS_STATUS_SUCCESS;
}

/* ---- Life ---- */

static VOID ReadChoice(NDIS_HANDLE context) {
    NDIS_STRING name = NDIS_STRING_CONST("Break");
    NDIS_HANDLE configuration;
    PNDIS_CONFIGURATION_PARAMETER value;
    NDIS_STATUS status;
    NdisOpenConfiguration(&status, &configuration, context);
    if (status != NDIS_STATUS_SUCCESS)
        return;
    NdisReadConfiguration(&status, &value, configuration, &name, NdisParameterString);
    if (status == NDIS_STATUS_SUCCESS && value->ParameterData.StringData.Length < sizeof chosen)
        NdisMoveMemory(chosen, value->ParameterData.StringData.Buffer, value->ParameterData.StringData.Length);
    NdisCloseConfiguration(configuration);
}

__attribute__((noinline)) static NDIS_STATUS MakeSlots(VOID) {
    NDIS_STATUS status;
    UINT i;
    NdisAllocatePacketPool(&status, &pool, SLOTS,
                           Is(L"reserved-too-small") ? 2 * sizeof(PVOID) : PROTOCOL_RESERVED_SIZE_IN_PACKET);
    if (status != NDIS_STATUS_SUCCESS)
        return status;
    NdisAllocateBufferPool(&status, &bufferPool, SLOTS);
    for (i = 0; i < SLOTS; i++) {
        NdisAllocatePacket(&status, &slots[i].packet, pool);
        if (status == NDIS_STATUS_SUCCESS)
            NdisAllocateBuffer(&status, &slots[i].buffer, bufferPool, slots[i].bytes, SLOT_BYTES);
    }
    return NDIS_STATUS_SUCCESS;
}

static VOID FreeSlots(VOID) {
    UINT i;
    for (i = 0; i < SLOTS; i++) {
        if (slots[i].buffer != NULL)
            NdisFreeBuffer(slots[i].buffer);
        if (slots[i].packet != NULL && !slots[i].lent) {
            NdisReinitializePacket(slots[i].packet);
            NdisFreePacket(slots[i].packet);
        }
    }
    NdisFreeBufferPool(bufferPool);
    NdisFreePacketPool(pool);
}

static NDIS_STATUS Initialize(PNDIS_STATUS error, PUINT selected, PNDIS_MEDIUM media, UINT count, NDIS_HANDLE handle,
                              NDIS_HANDLE context) {
    UINT i;
    (void)error;
    for (i = 0; i < count && media[i] != NdisMedium802_3; i++)
        ;
    if (i == count)
        return NDIS_STATUS_UNSUPPORTED_MEDIA;
    *selected = i;
    adapterHandle = handle;
    NdisMSetAttributesEx(handle, &slots, 0, NDIS_ATTRIBUTE_DESERIALIZE, NdisInterfaceInternal);
    ReadChoice(context);
    NdisAllocateSpinLock(&lock);
    if (Is(L"complete-request"))
        CompleteNoRequest();
    return MakeSlots();
}

static VOID Halt(NDIS_HANDLE context) {
    UINT tries;
    (void)context;
    for (tries = 0; tries < 200 && out > 0; tries++)
        NdisMSleep(1000);
    FreeSlots();
    NdisFreeSpinLock(&lock);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING path) {
    NDIS_MINIPORT_CHARACTERISTICS handlers;
    NDIS_HANDLE wrapper;
    NDIS_STATUS status;
    NdisMInitializeWrapper(&wrapper, driver, path, NULL);
    NdisZeroMemory(&handlers, sizeof handlers);
    handlers.MajorNdisVersion = 5;
    handlers.MinorNdisVersion = 1;
    handlers.InitializeHandler = Initialize;
    handlers.HaltHandler = Halt;
    handlers.QueryInformationHandler = Query;
    handlers.SetInformationHandler = Set;
    handlers.SendPacketsHandler = SendPackets;
    handlers.ReturnPacketHandler = ReturnPacket;
    status = NdisMRegisterMiniport(wrapper, &handlers, sizeof handlers);
    if (status != NDIS_STATUS_SUCCESS)
        NdisTerminateWrapper(wrapper, NULL);
    return status;
}
