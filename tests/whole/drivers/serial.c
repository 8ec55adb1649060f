/* A serialized miniport as old cards have them: it takes a few frames at a time and answers RESOURCES to the rest, finishes some at
 * once and others later, and asks NDIS to go on. What is sent is received again: the front of a frame as lookahead, the rest by
 * TransferData, every fourth time with a delay; and every fifth frame as a packet. It lives under NDIS's lock and has none of its
 * own. Built with SEND_ARRAYS it has MiniportSendPackets. Parameters: Slots (4), Packets (4), Hang (0: after so many hang checks). */
#include "common.h"

#define TAG 0x69726553 /* "Seri" */
#define MAXIMUM_DATA 65535
#define LOOKAHEAD 64
#define MOST_SLOTS 32

typedef struct _FRAME {
    struct _FRAME* Next;
    UINT Length;
    UCHAR Bytes[1];
} FRAME;

typedef struct _SERIAL {
    NDIS_HANDLE Adapter, PacketPool, BufferPool;
    NDIS_MINIPORT_TIMER Timer;
    NPAGED_LOOKASIDE_LIST Notes; /* one for each send that is finished later */
    LIST_ENTRY Later;
    PVOID Shared; /* what a card would read with DMA */
    NDIS_PHYSICAL_ADDRESS SharedAddress;
    UINT Slots, Used;
    BOOLEAN Refused; /* RESOURCES was answered: NDIS waits */
    BOOLEAN Armed;
    FRAME *First, *Last; /* to be received */
    FRAME* Current;      /* is being indicated, or transferred */
    PNDIS_PACKET TransferTo;
    UINT TransferOffset, TransferLength;
    ULONG Sent, Refusals, Received, Checks, Resets, Hang, Lookahead;
} SERIAL;

typedef struct _NOTE {
    LIST_ENTRY Entry;
    PNDIS_PACKET Packet;
} NOTE;

static const UCHAR Address[6] = {0x02, 'S', 'e', 'r', 'i', 0x01};
static NDIS_HANDLE Wrapper;

static VOID Arm(SERIAL* Serial) {
    if (!Serial->Armed) {
        Serial->Armed = TRUE;
        NdisMSetTimer(&Serial->Timer, 1);
    }
}

/* ---- Requests: answered at once ---- */

static NDIS_STATUS Query(NDIS_HANDLE Context, NDIS_OID Oid, PVOID Buffer, ULONG Length, PULONG Written, PULONG Needed) {
    SERIAL* serial = Context;
    const VOID* value;
    ULONG number = 0, bytes = sizeof(number);

    TRACE("Query", Oid);
    value = &number;
    switch (Oid) {
    case OID_802_3_PERMANENT_ADDRESS:
    case OID_802_3_CURRENT_ADDRESS:
        value = Address;
        bytes = sizeof(Address);
        break;
    case OID_GEN_MAXIMUM_LOOKAHEAD:
    case OID_GEN_MAXIMUM_FRAME_SIZE:
        number = MAXIMUM_DATA;
        break;
    case OID_GEN_CURRENT_LOOKAHEAD:
        number = serial->Lookahead;
        break;
    case OID_802_3_MAXIMUM_LIST_SIZE:
        number = 8;
        break;
    case OID_GEN_MAXIMUM_SEND_PACKETS:
        number = serial->Slots;
        break;
    case OID_GEN_MAC_OPTIONS:
    case OID_GEN_MEDIA_CONNECT_STATUS:
        break;
    default:
        return NDIS_STATUS_NOT_SUPPORTED;
    }
    *Needed = bytes;
    if (Length < bytes)
        return NDIS_STATUS_BUFFER_TOO_SHORT;
    NdisMoveMemory(Buffer, value, bytes);
    *Written = bytes;
    return NDIS_STATUS_SUCCESS;
}

static NDIS_STATUS Set(NDIS_HANDLE Context, NDIS_OID Oid, PVOID Buffer, ULONG Length, PULONG Read, PULONG Needed) {
    SERIAL* serial = Context;

    TRACE("Set", Oid);
    if (Oid == OID_GEN_CURRENT_LOOKAHEAD) {
        if (Length < sizeof(ULONG)) {
            *Needed = sizeof(ULONG);
            return NDIS_STATUS_INVALID_LENGTH;
        }
        serial->Lookahead = *(PULONG)Buffer;
    }
    *Read = Length;
    return NDIS_STATUS_SUCCESS;
}

/* ---- Sends ---- */

static BOOLEAN KeepFrame(SERIAL* Serial, PNDIS_PACKET Packet) {
    FRAME* frame;
    UINT length;

    NdisQueryPacketLength(Packet, &length);
    if (NdisAllocateMemoryWithTag((PVOID*)&frame, sizeof(*frame) + length, TAG) != NDIS_STATUS_SUCCESS)
        return FALSE;
    frame->Next = NULL;
    frame->Length = length;
    CopyPacket(Packet, 0, Serial->Shared, length); /* the way a card takes it */
    NdisMoveMemory(frame->Bytes, Serial->Shared, length);
    if (Serial->First != NULL)
        Serial->Last->Next = frame;
    else
        Serial->First = frame;
    Serial->Last = frame;
    return TRUE;
}

static NDIS_STATUS Refuse(SERIAL* Serial) {
    Serial->Refused = TRUE;
    ++Serial->Refusals;
    Arm(Serial);
    return NDIS_STATUS_RESOURCES;
}

/* Every third is finished at once, the others later. */
static NDIS_STATUS SendOne(SERIAL* Serial, PNDIS_PACKET Packet) {
    NOTE* note;

    if (Serial->Used == Serial->Slots)
        return Refuse(Serial);
    note = NdisAllocateFromNPagedLookasideList(&Serial->Notes);
    if (note == NULL || !KeepFrame(Serial, Packet)) {
        if (note != NULL)
            NdisFreeToNPagedLookasideList(&Serial->Notes, note);
        return Refuse(Serial);
    }
    ++Serial->Used;
    Arm(Serial);
    if (++Serial->Sent % 3 == 0) {
        NdisFreeToNPagedLookasideList(&Serial->Notes, note);
        return NDIS_STATUS_SUCCESS;
    }
    note->Packet = Packet;
    InsertTailList(&Serial->Later, &note->Entry);
    return NDIS_STATUS_PENDING;
}

#ifndef SEND_ARRAYS
static NDIS_STATUS Send(NDIS_HANDLE Context, PNDIS_PACKET Packet, UINT Flags) {
    NDIS_STATUS status;

    UNREFERENCED_PARAMETER(Flags);
    status = SendOne(Context, Packet);
    TRACE("Send", status);
    return status;
}

#else
/* RESOURCES in one packet holds for all behind it. */
static VOID SendPackets(NDIS_HANDLE Context, PPNDIS_PACKET Packets, UINT Count) {
    NDIS_STATUS status = NDIS_STATUS_SUCCESS;
    UINT i;

    TRACE("SendPackets", Count);
    for (i = 0; i < Count && status != NDIS_STATUS_RESOURCES; ++i) {
        status = SendOne(Context, Packets[i]);
        NDIS_SET_PACKET_STATUS(Packets[i], status);
    }
}
#endif

static VOID FinishSends(SERIAL* Serial) {
    while (!IsListEmpty(&Serial->Later)) {
        NOTE* note = CONTAINING_RECORD(RemoveHeadList(&Serial->Later), NOTE, Entry);
        PNDIS_PACKET packet = note->Packet;

        NdisFreeToNPagedLookasideList(&Serial->Notes, note);
        NdisMSendComplete(Serial->Adapter, packet, NDIS_STATUS_SUCCESS);
    }
    Serial->Used = 0;
    if (Serial->Refused) {
        Serial->Refused = FALSE;
        NdisMSendResourcesAvailable(Serial->Adapter);
    }
}

/* ---- Receives ---- */

static VOID FreeReceived(PNDIS_PACKET Packet) {
    PNDIS_BUFFER buffer;
    PVOID memory;
    UINT bytes;

    NdisUnchainBufferAtFront(Packet, &buffer);
    NdisQueryBuffer(buffer, &memory, &bytes);
    NdisFreeBuffer(buffer);
    NdisFreeMemory(memory, 0, 0);
    NdisFreePacket(Packet);
}

static VOID ReturnPacket(NDIS_HANDLE Context, PNDIS_PACKET Packet) {
    UNREFERENCED_PARAMETER(Context);
    TRACE("ReturnPacket", 0);
    FreeReceived(Packet);
}

/* FALSE: no descriptor now. After the call the status says whose the packet is. */
static BOOLEAN IndicatePacket(SERIAL* Serial, FRAME* Frame) {
    PNDIS_PACKET packet;
    PNDIS_BUFFER buffer;
    NDIS_STATUS status;
    PVOID memory;

    NdisDprAllocatePacket(&status, &packet, Serial->PacketPool);
    if (status != NDIS_STATUS_SUCCESS)
        return FALSE;
    if (NdisAllocateMemoryWithTag(&memory, Frame->Length, TAG) != NDIS_STATUS_SUCCESS) {
        NdisDprFreePacket(packet);
        return FALSE;
    }
    NdisAllocateBuffer(&status, &buffer, Serial->BufferPool, memory, Frame->Length);
    if (status != NDIS_STATUS_SUCCESS) {
        NdisFreeMemory(memory, 0, 0);
        NdisDprFreePacket(packet);
        return FALSE;
    }
    NdisMoveMemory(memory, Frame->Bytes, Frame->Length);
    NdisChainBufferAtFront(packet, buffer);
    NDIS_SET_PACKET_HEADER_SIZE(packet, 14);
    NDIS_SET_PACKET_STATUS(packet, NDIS_STATUS_SUCCESS);
    NdisMIndicateReceivePacket(Serial->Adapter, &packet, 1);
    if (NDIS_GET_PACKET_STATUS(packet) != NDIS_STATUS_PENDING)
        FreeReceived(packet);
    return TRUE;
}

static VOID IndicateFront(SERIAL* Serial, FRAME* Frame) {
    UINT data = Frame->Length - 14, front = data;

    if (front > LOOKAHEAD && front > Serial->Lookahead)
        front = Serial->Lookahead > LOOKAHEAD ? Serial->Lookahead : LOOKAHEAD;
    NdisMEthIndicateReceive(Serial->Adapter, (NDIS_HANDLE)Frame, (PCHAR)Frame->Bytes, 14, Frame->Bytes + 14, front,
                            data);
}

static UINT Transfer(FRAME* Frame, PNDIS_PACKET To, UINT Offset, UINT Length) {
    PNDIS_BUFFER buffer;
    UINT copied = 0, bytes;
    PVOID address;

    for (buffer = To->Private.Head; buffer != NULL && copied < Length; NdisGetNextBuffer(buffer, &buffer)) {
        NdisQueryBuffer(buffer, &address, &bytes);
        if (bytes > Length - copied)
            bytes = Length - copied;
        NdisMoveMemory(address, Frame->Bytes + 14 + Offset + copied, bytes);
        copied += bytes;
    }
    return copied;
}

static NDIS_STATUS TransferData(PNDIS_PACKET Packet, PUINT Transferred, NDIS_HANDLE Context, NDIS_HANDLE ReceiveContext,
                                UINT Offset, UINT Length) {
    SERIAL* serial = Context;
    FRAME* frame = ReceiveContext;

    TRACE("TransferData", Offset);
    if (frame != serial->Current || Offset + Length > frame->Length - 14)
        return NDIS_STATUS_FAILURE;
    if (serial->Received % 4 == 0 && serial->TransferTo == NULL) {
        serial->TransferTo = Packet;
        serial->TransferOffset = Offset;
        serial->TransferLength = Length;
        Arm(serial);
        return NDIS_STATUS_PENDING;
    }
    *Transferred = Transfer(frame, Packet, Offset, Length);
    return NDIS_STATUS_SUCCESS;
}

static VOID FreeCurrent(SERIAL* Serial) {
    NdisFreeMemory(Serial->Current, 0, 0);
    Serial->Current = NULL;
}

static VOID FinishTransfer(SERIAL* Serial) {
    PNDIS_PACKET packet = Serial->TransferTo;
    UINT bytes;

    if (packet == NULL)
        return;
    Serial->TransferTo = NULL;
    bytes = Transfer(Serial->Current, packet, Serial->TransferOffset, Serial->TransferLength);
    FreeCurrent(Serial);
    NdisMTransferDataComplete(Serial->Adapter, packet, NDIS_STATUS_SUCCESS, bytes);
}

/* While a transfer pends nothing is indicated (NdisMEthIndicateReceive). */
static VOID IndicateFrames(SERIAL* Serial) {
    BOOLEAN any = FALSE;

    while (Serial->First != NULL && Serial->TransferTo == NULL) {
        FRAME* frame = Serial->First;

        if (Serial->Received % 5 == 4) {
            if (!IndicatePacket(Serial, frame))
                break;
            Serial->First = frame->Next;
            NdisFreeMemory(frame, 0, 0);
        } else {
            Serial->First = frame->Next;
            Serial->Current = frame;
            IndicateFront(Serial, frame);
            any = TRUE;
            if (Serial->TransferTo == NULL)
                FreeCurrent(Serial);
        }
        ++Serial->Received;
    }
    if (any)
        NdisMEthIndicateReceiveComplete(Serial->Adapter);
    if (Serial->First != NULL)
        Arm(Serial);
}

static VOID Tick(PVOID One, PVOID Context, PVOID Two, PVOID Three) {
    SERIAL* serial = Context;

    UNREFERENCED_PARAMETER(One);
    UNREFERENCED_PARAMETER(Two);
    UNREFERENCED_PARAMETER(Three);
    TRACE("Tick", serial->Sent);
    serial->Armed = FALSE;
    FinishTransfer(serial);
    IndicateFrames(serial);
    FinishSends(serial);
}

/* ---- Trouble ---- */

static BOOLEAN CheckForHang(NDIS_HANDLE Context) {
    SERIAL* serial = Context;

    TRACE("CheckForHang", serial->Checks);
    return ++serial->Checks == serial->Hang;
}

/* NDIS completes what was being sent; what has arrived stays. */
static NDIS_STATUS Reset(PBOOLEAN AddressingReset, NDIS_HANDLE Context) {
    SERIAL* serial = Context;

    TRACE("Reset", serial->Resets);
    ++serial->Resets;
    while (!IsListEmpty(&serial->Later))
        NdisFreeToNPagedLookasideList(&serial->Notes, CONTAINING_RECORD(RemoveHeadList(&serial->Later), NOTE, Entry));
    serial->Used = 0;
    serial->Refused = FALSE;
    *AddressingReset = TRUE;
    return NDIS_STATUS_SUCCESS;
}

/* ---- Life ---- */

static UINT ReadConfiguration(SERIAL* Serial, NDIS_HANDLE Context) {
    NDIS_HANDLE configuration;
    NDIS_STATUS status;
    UINT packets = 4;

    Serial->Slots = 4;
    NdisOpenConfiguration(&status, &configuration, Context);
    if (status != NDIS_STATUS_SUCCESS)
        return packets;
    Tracing = READ_NUMBER(configuration, "Trace", 0);
    Serial->Slots = READ_NUMBER(configuration, "Slots", 4);
    Serial->Hang = READ_NUMBER(configuration, "Hang", 0);
    packets = READ_NUMBER(configuration, "Packets", 4);
    NdisCloseConfiguration(configuration);
    return packets;
}

static VOID Undo(SERIAL* Serial) {
    if (Serial->Shared != NULL)
        NdisMFreeSharedMemory(Serial->Adapter, MAXIMUM_DATA + 14, TRUE, Serial->Shared, Serial->SharedAddress);
    NdisDeleteNPagedLookasideList(&Serial->Notes);
    if (Serial->PacketPool != NULL)
        NdisFreePacketPool(Serial->PacketPool);
    if (Serial->BufferPool != NULL)
        NdisFreeBufferPool(Serial->BufferPool);
    NdisFreeMemory(Serial, 0, 0);
}

static NDIS_STATUS Make(SERIAL* Serial, UINT Packets) {
    NDIS_STATUS status;

    InitializeListHead(&Serial->Later);
    NdisInitializeNPagedLookasideList(&Serial->Notes, NULL, NULL, 0, sizeof(NOTE), TAG, 0);
    NdisMAllocateSharedMemory(Serial->Adapter, MAXIMUM_DATA + 14, TRUE, &Serial->Shared, &Serial->SharedAddress);
    if (Serial->Shared == NULL)
        return NDIS_STATUS_RESOURCES;
    NdisAllocatePacketPool(&status, &Serial->PacketPool, Packets, PROTOCOL_RESERVED_SIZE_IN_PACKET);
    if (status == NDIS_STATUS_SUCCESS)
        NdisAllocateBufferPool(&status, &Serial->BufferPool, Packets);
    return status;
}

static NDIS_STATUS Initialize(PNDIS_STATUS Error, PUINT Selected, PNDIS_MEDIUM Media, UINT Count, NDIS_HANDLE Adapter,
                              NDIS_HANDLE Configuration) {
    SERIAL* serial;
    NDIS_STATUS status;
    UINT i;

    UNREFERENCED_PARAMETER(Error);
    for (i = 0; i < Count && Media[i] != NdisMedium802_3; ++i)
        ;
    if (i == Count)
        return NDIS_STATUS_UNSUPPORTED_MEDIA;
    *Selected = i;
    status = NdisAllocateMemoryWithTag((PVOID*)&serial, sizeof(*serial), TAG);
    if (status != NDIS_STATUS_SUCCESS)
        return status;
    NdisZeroMemory(serial, sizeof(*serial));
    serial->Adapter = Adapter;
    (NdisMSetAttributes)(Adapter, serial, TRUE, NdisInterfacePci);
    NdisMInitializeTimer(&serial->Timer, Adapter, Tick, serial);
    status = Make(serial, ReadConfiguration(serial, Configuration));
    if (status != NDIS_STATUS_SUCCESS)
        Undo(serial);
    return status;
}

static VOID Halt(NDIS_HANDLE Context) {
    SERIAL* serial = Context;
    BOOLEAN cancelled;

    TRACE("Halt", serial->Sent);
    NdisMCancelTimer(&serial->Timer, &cancelled);
    KeFlushQueuedDpcs(); /* FALSE: its function may be running */
    while (serial->First != NULL) {
        FRAME* frame = serial->First;
        serial->First = frame->Next;
        NdisFreeMemory(frame, 0, 0);
    }
    while (!IsListEmpty(&serial->Later))
        NdisFreeToNPagedLookasideList(&serial->Notes, CONTAINING_RECORD(RemoveHeadList(&serial->Later), NOTE, Entry));
    while (NdisPacketPoolUsage(serial->PacketPool) != 0)
        NdisMSleep(1000);
    DbgPrint("serial: %u sent, %u refused, %u received, %u resets\n", serial->Sent, serial->Refusals, serial->Received,
             serial->Resets);
    Undo(serial);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING Path) {
    NDIS_MINIPORT_CHARACTERISTICS handlers;
    NDIS_STATUS status;

    NdisMInitializeWrapper(&Wrapper, Driver, Path, NULL);
    if (Wrapper == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    NdisZeroMemory(&handlers, sizeof(handlers));
    handlers.MajorNdisVersion = 5;
    handlers.MinorNdisVersion = 0;
    handlers.InitializeHandler = Initialize;
    handlers.HaltHandler = Halt;
    handlers.QueryInformationHandler = Query;
    handlers.SetInformationHandler = Set;
#ifdef SEND_ARRAYS
    handlers.SendPacketsHandler = SendPackets;
#else
    handlers.SendHandler = Send;
#endif
    handlers.ReturnPacketHandler = ReturnPacket;
    handlers.TransferDataHandler = TransferData;
    handlers.CheckForHangHandler = CheckForHang;
    handlers.ResetHandler = Reset;
    status = NdisMRegisterMiniport(Wrapper, &handlers, sizeof(handlers));
    if (status != NDIS_STATUS_SUCCESS)
        NdisTerminateWrapper(Wrapper, NULL);
    return status;
}
