/* What the drivers of these tests share: reading a parameter, and a trace of the calls into them. With parameter Trace = 1 each
 * call prints one line: handler, IRQL, processor, time, and a number of its own. */
#include <ndis.h>

static ULONG Tracing;

#define TRACE(Name, Value)                                                                                             \
    do {                                                                                                               \
        if (Tracing)                                                                                                   \
            Trace(Name, (ULONG)(Value));                                                                               \
    } while (0)

static VOID Trace(PCSZ Name, ULONG Value) {
    LARGE_INTEGER now;
    KIRQL irql = KeGetCurrentIrql();

    NdisGetCurrentSystemTime(&now);
    /* Below DISPATCH_LEVEL the processor may change at any time. */
    DbgPrint("%s irql %u cpu %d at %I64u: %u\n", Name, irql,
             irql < DISPATCH_LEVEL ? -1 : (int)KeGetCurrentProcessorNumber(), now.QuadPart, Value);
}

static inline ULONG ReadNumber(NDIS_HANDLE Configuration, NDIS_STRING Name, ULONG Otherwise) {
    PNDIS_CONFIGURATION_PARAMETER value;
    NDIS_STATUS status;

    NdisReadConfiguration(&status, &value, Configuration, &Name, NdisParameterInteger);
    return status == NDIS_STATUS_SUCCESS ? value->ParameterData.IntegerData : Otherwise;
}

#define READ_NUMBER(Configuration, Keyword, Otherwise)                                                                 \
    ReadNumber(Configuration, (NDIS_STRING)NDIS_STRING_CONST(Keyword), Otherwise)

/* The bytes of a packet, from an offset on; says how many there were. */
static inline UINT CopyPacket(PNDIS_PACKET Packet, UINT Offset, PVOID To, UINT Length) {
    PNDIS_BUFFER buffer;
    UINT copied = 0, bytes;
    PVOID address;

    for (buffer = Packet->Private.Head; buffer != NULL && copied < Length; NdisGetNextBuffer(buffer, &buffer)) {
        NdisQueryBuffer(buffer, &address, &bytes);
        if (Offset >= bytes) {
            Offset -= bytes;
            continue;
        }
        bytes -= Offset;
        if (bytes > Length - copied)
            bytes = Length - copied;
        NdisMoveMemory((PUCHAR)To + copied, (PUCHAR)address + Offset, bytes);
        copied += bytes;
        Offset = 0;
    }
    return copied;
}
