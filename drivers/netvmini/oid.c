/* Query and set: the objects that every Ethernet miniport has, and those of one that is power aware. */
#include "netvmini.h"

#define NV_LINK_SPEED 10000000   /* 1 Gbit/s in units of 100 bit/s */
#define NV_VENDOR_ID 0x00FFFFFF  /* no vendor code of the IEEE */
#define NV_DRIVER_VERSION 0x0501 /* NDIS 5.1 */
#define NV_VENDOR_VERSION 0x00010000
#define NV_SEND_ARRAY 256

static const NDIS_OID NvSupported[] = {OID_GEN_SUPPORTED_LIST,
                                       OID_GEN_HARDWARE_STATUS,
                                       OID_GEN_MEDIA_SUPPORTED,
                                       OID_GEN_MEDIA_IN_USE,
                                       OID_GEN_MAXIMUM_LOOKAHEAD,
                                       OID_GEN_MAXIMUM_FRAME_SIZE,
                                       OID_GEN_LINK_SPEED,
                                       OID_GEN_TRANSMIT_BUFFER_SPACE,
                                       OID_GEN_RECEIVE_BUFFER_SPACE,
                                       OID_GEN_TRANSMIT_BLOCK_SIZE,
                                       OID_GEN_RECEIVE_BLOCK_SIZE,
                                       OID_GEN_VENDOR_ID,
                                       OID_GEN_VENDOR_DESCRIPTION,
                                       OID_GEN_CURRENT_PACKET_FILTER,
                                       OID_GEN_CURRENT_LOOKAHEAD,
                                       OID_GEN_DRIVER_VERSION,
                                       OID_GEN_MAXIMUM_TOTAL_SIZE,
                                       OID_GEN_PROTOCOL_OPTIONS,
                                       OID_GEN_MAC_OPTIONS,
                                       OID_GEN_MEDIA_CONNECT_STATUS,
                                       OID_GEN_MAXIMUM_SEND_PACKETS,
                                       OID_GEN_VENDOR_DRIVER_VERSION,
                                       OID_GEN_XMIT_OK,
                                       OID_GEN_RCV_OK,
                                       OID_GEN_XMIT_ERROR,
                                       OID_GEN_RCV_ERROR,
                                       OID_GEN_RCV_NO_BUFFER,
                                       OID_802_3_PERMANENT_ADDRESS,
                                       OID_802_3_CURRENT_ADDRESS,
                                       OID_802_3_MULTICAST_LIST,
                                       OID_802_3_MAXIMUM_LIST_SIZE,
                                       OID_802_3_RCV_ERROR_ALIGNMENT,
                                       OID_802_3_XMIT_ONE_COLLISION,
                                       OID_802_3_XMIT_MORE_COLLISIONS,
                                       OID_PNP_CAPABILITIES,
                                       OID_PNP_SET_POWER,
                                       OID_PNP_QUERY_POWER};

static const CHAR NvDescription[] = "ndispool virtual Ethernet adapter";

/* ---- Query ---- */

static NDIS_STATUS NvAnswer(const VOID* Value, UINT Length, PVOID Buffer, ULONG BufferLength, PULONG BytesWritten,
                            PULONG BytesNeeded) {
    if (BufferLength < Length) {
        *BytesNeeded = Length;
        return NDIS_STATUS_BUFFER_TOO_SHORT;
    }
    NdisMoveMemory(Buffer, Value, Length);
    *BytesWritten = Length;
    return NDIS_STATUS_SUCCESS;
}

/* Statistics may be asked for in 4 or in 8 bytes. */
static NDIS_STATUS NvAnswerCounter(ULONGLONG Value, PVOID Buffer, ULONG BufferLength, PULONG BytesWritten,
                                   PULONG BytesNeeded) {
    ULONG low = (ULONG)Value;

    if (BufferLength >= sizeof(Value))
        return NvAnswer(&Value, sizeof(Value), Buffer, BufferLength, BytesWritten, BytesNeeded);
    return NvAnswer(&low, sizeof(low), Buffer, BufferLength, BytesWritten, BytesNeeded);
}

/* FALSE: the object is no counter. A wire that is memory makes none of the errors. */
static BOOLEAN NvCounter(PORT* Port, NDIS_OID Oid, ULONGLONG* Value) {
    STATISTICS statistics;

    NdisAcquireSpinLock(&Port->Lock);
    statistics = Port->Statistics;
    NdisReleaseSpinLock(&Port->Lock);
    switch (Oid) {
    case OID_GEN_XMIT_OK:
        *Value = statistics.XmitOk;
        return TRUE;
    case OID_GEN_XMIT_ERROR:
        *Value = statistics.XmitError;
        return TRUE;
    case OID_GEN_RCV_OK:
        *Value = statistics.RcvOk;
        return TRUE;
    case OID_GEN_RCV_NO_BUFFER:
        *Value = statistics.RcvNoBuffer;
        return TRUE;
    case OID_GEN_RCV_ERROR:
    case OID_802_3_RCV_ERROR_ALIGNMENT:
    case OID_802_3_XMIT_ONE_COLLISION:
    case OID_802_3_XMIT_MORE_COLLISIONS:
        *Value = 0;
        return TRUE;
    default:
        return FALSE;
    }
}

/* FALSE: the object's value is no ULONG. */
static BOOLEAN NvNumber(PORT* Port, NDIS_OID Oid, PULONG Value) {
    switch (Oid) {
    case OID_GEN_HARDWARE_STATUS:
        *Value = NdisHardwareStatusReady;
        return TRUE;
    case OID_GEN_MEDIA_SUPPORTED:
    case OID_GEN_MEDIA_IN_USE:
        *Value = NdisMedium802_3;
        return TRUE;
    case OID_GEN_MAXIMUM_LOOKAHEAD:
    case OID_GEN_MAXIMUM_FRAME_SIZE:
        *Value = NV_MAXIMUM_DATA;
        return TRUE;
    case OID_GEN_MAXIMUM_TOTAL_SIZE:
    case OID_GEN_TRANSMIT_BLOCK_SIZE:
    case OID_GEN_RECEIVE_BLOCK_SIZE:
    case OID_GEN_TRANSMIT_BUFFER_SPACE: /* a send is copied at once, so there is one at a time */
        *Value = NV_MAXIMUM_FRAME;
        return TRUE;
    case OID_GEN_RECEIVE_BUFFER_SPACE:
        *Value = Port->SlotCount * NV_MAXIMUM_FRAME;
        return TRUE;
    case OID_GEN_LINK_SPEED:
        *Value = NV_LINK_SPEED;
        return TRUE;
    case OID_GEN_VENDOR_ID:
        *Value = NV_VENDOR_ID;
        return TRUE;
    case OID_GEN_VENDOR_DRIVER_VERSION:
        *Value = NV_VENDOR_VERSION;
        return TRUE;
    case OID_GEN_MAC_OPTIONS: /* NDIS does the loopback; a frame that is reflected came over the wire */
        *Value = NDIS_MAC_OPTION_COPY_LOOKAHEAD_DATA | NDIS_MAC_OPTION_TRANSFERS_NOT_PEND | NDIS_MAC_OPTION_NO_LOOPBACK;
        return TRUE;
    case OID_GEN_MEDIA_CONNECT_STATUS:
        *Value = NdisMediaStateConnected;
        return TRUE;
    case OID_GEN_MAXIMUM_SEND_PACKETS:
        *Value = NV_SEND_ARRAY;
        return TRUE;
    case OID_802_3_MAXIMUM_LIST_SIZE:
        *Value = NV_MULTICAST_LIST;
        return TRUE;
    case OID_GEN_CURRENT_PACKET_FILTER:
    case OID_GEN_CURRENT_LOOKAHEAD:
        NdisAcquireSpinLock(&Port->Lock);
        *Value = Oid == OID_GEN_CURRENT_LOOKAHEAD ? Port->Lookahead : Port->PacketFilter;
        NdisReleaseSpinLock(&Port->Lock);
        return TRUE;
    default:
        return FALSE;
    }
}

static NDIS_STATUS NvQueryInformation(NDIS_HANDLE MiniportAdapterContext, NDIS_OID Oid, PVOID InformationBuffer,
                                      ULONG InformationBufferLength, PULONG BytesWritten, PULONG BytesNeeded) {
    static const USHORT version = NV_DRIVER_VERSION;
    static const NDIS_PNP_CAPABILITIES noWakeUp; /* all members Unspecified */
    PORT* port = MiniportAdapterContext;
    const VOID* value;
    ULONGLONG counter;
    ULONG number;
    UINT length;

    if (NvCounter(port, Oid, &counter))
        return NvAnswerCounter(counter, InformationBuffer, InformationBufferLength, BytesWritten, BytesNeeded);
    switch (Oid) {
    case OID_GEN_SUPPORTED_LIST:
        value = NvSupported;
        length = sizeof(NvSupported);
        break;
    case OID_GEN_VENDOR_DESCRIPTION:
        value = NvDescription;
        length = sizeof(NvDescription);
        break;
    case OID_GEN_DRIVER_VERSION:
        value = &version;
        length = sizeof(version);
        break;
    case OID_802_3_PERMANENT_ADDRESS:
        value = port->PermanentAddress;
        length = ETH_LENGTH_OF_ADDRESS;
        break;
    case OID_802_3_CURRENT_ADDRESS:
        value = port->Address;
        length = ETH_LENGTH_OF_ADDRESS;
        break;
    case OID_PNP_CAPABILITIES:
        value = &noWakeUp;
        length = sizeof(noWakeUp);
        break;
    case OID_PNP_QUERY_POWER:
        return NDIS_STATUS_SUCCESS; /* documented: always */
    default:
        if (!NvNumber(port, Oid, &number))
            return NDIS_STATUS_NOT_SUPPORTED;
        value = &number;
        length = sizeof(number);
        break;
    }
    return NvAnswer(value, length, InformationBuffer, InformationBufferLength, BytesWritten, BytesNeeded);
}

/* ---- Set ---- */

static NDIS_STATUS NvSetMulticastList(PORT* Port, PVOID Buffer, ULONG Length, PULONG BytesRead, PULONG BytesNeeded) {
    if (Length % ETH_LENGTH_OF_ADDRESS != 0) {
        *BytesNeeded = (Length / ETH_LENGTH_OF_ADDRESS + 1) * ETH_LENGTH_OF_ADDRESS;
        return NDIS_STATUS_INVALID_LENGTH;
    }
    if (Length > sizeof(Port->Multicast)) {
        *BytesNeeded = sizeof(Port->Multicast);
        return NDIS_STATUS_MULTICAST_FULL;
    }
    NdisAcquireSpinLock(&Port->Lock);
    NdisMoveMemory(Port->Multicast, Buffer, Length);
    Port->MulticastCount = Length / ETH_LENGTH_OF_ADDRESS;
    NdisReleaseSpinLock(&Port->Lock);
    *BytesRead = Length;
    return NDIS_STATUS_SUCCESS;
}

/* Under the lock. */
static NDIS_STATUS NvSetNumber(PORT* Port, NDIS_OID Oid, ULONG Value) {
    switch (Oid) {
    case OID_GEN_CURRENT_PACKET_FILTER:
        if ((Value & ~(ULONG)NV_FILTER_BITS) != 0)
            return NDIS_STATUS_NOT_SUPPORTED;
        Port->PacketFilter = Value;
        break;
    case OID_GEN_CURRENT_LOOKAHEAD:
        if (Value > NV_MAXIMUM_DATA)
            return NDIS_STATUS_INVALID_DATA;
        Port->Lookahead = Value;
        break;
    case OID_PNP_SET_POWER:
        Port->Power = (NDIS_DEVICE_POWER_STATE)Value;
        break;
    default:
        break; /* OID_GEN_PROTOCOL_OPTIONS: NDIS keeps them */
    }
    return NDIS_STATUS_SUCCESS;
}

/* The timer may have been waiting for a packet filter, or for power. */
static NDIS_STATUS NvSetInformation(NDIS_HANDLE MiniportAdapterContext, NDIS_OID Oid, PVOID InformationBuffer,
                                    ULONG InformationBufferLength, PULONG BytesRead, PULONG BytesNeeded) {
    PORT* port = MiniportAdapterContext;
    NDIS_STATUS status;
    ULONG value;

    if (Oid == OID_802_3_MULTICAST_LIST)
        return NvSetMulticastList(port, InformationBuffer, InformationBufferLength, BytesRead, BytesNeeded);
    if (Oid != OID_GEN_CURRENT_PACKET_FILTER && Oid != OID_GEN_CURRENT_LOOKAHEAD && Oid != OID_GEN_PROTOCOL_OPTIONS &&
        Oid != OID_PNP_SET_POWER)
        return NDIS_STATUS_NOT_SUPPORTED;
    if (InformationBufferLength != sizeof(value)) {
        *BytesNeeded = sizeof(value);
        return NDIS_STATUS_INVALID_LENGTH;
    }
    NdisMoveMemory(&value, InformationBuffer, sizeof(value));
    *BytesRead = sizeof(value);
    NdisAcquireSpinLock(&port->Lock);
    status = NvSetNumber(port, Oid, value);
    NvWakeReceiver(port);
    NdisReleaseSpinLock(&port->Lock);
    return status;
}

VOID NvOidHandlers(PNDIS_MINIPORT_CHARACTERISTICS Characteristics) {
    Characteristics->QueryInformationHandler = NvQueryInformation;
    Characteristics->SetInformationHandler = NvSetInformation;
}
