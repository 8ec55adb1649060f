/* The packet, pool and buffer interface, used as a C program uses it. Returns the number of checks that failed. */
#include <ndis.h>

#include <stdio.h>

static int failures;

static void check(int holds, const char* what, int line) {
    if (holds)
        return;
    fprintf(stderr, "packet_api.c:%d: %s\n", line, what);
    ++failures;
}
#define CHECK(condition) check((condition), #condition, __LINE__)

typedef struct _CONTEXT {
    PVOID Owner;
    ULONG Sequence;
} CONTEXT, *PCONTEXT;

static void pools_count_and_refuse(void) {
    NDIS_STATUS Status;
    NDIS_HANDLE Pool = NULL;
    PNDIS_PACKET Packets[4];
    UINT i;

    NdisAllocatePacketPoolEx(&Status, &Pool, 1, 2, sizeof(CONTEXT));
    CHECK(Status == NDIS_STATUS_SUCCESS);
    NdisSetPacketPoolProtocolId(Pool, NDIS_PROTOCOL_ID_TCP_IP);
    for (i = 0; i < 3; ++i) {
        NdisAllocatePacket(&Status, &Packets[i], Pool);
        CHECK(Status == NDIS_STATUS_SUCCESS);
        CHECK(NdisGetPoolFromPacket(Packets[i]) == Pool);
        CHECK(NDIS_GET_PACKET_PROTOCOL_TYPE(Packets[i]) == NDIS_PROTOCOL_ID_TCP_IP);
        ((PCONTEXT)(PVOID)Packets[i]->ProtocolReserved)->Sequence = i;
    }
    NdisDprAllocatePacket(&Status, &Packets[3], Pool);
    CHECK(Status == NDIS_STATUS_RESOURCES && Packets[3] == NULL);
    CHECK(NdisPacketPoolUsage(Pool) == 3);
    for (i = 0; i < 3; ++i)
        CHECK(((PCONTEXT)(PVOID)Packets[i]->ProtocolReserved)->Sequence == i);
    NdisFreePacket(Packets[0]);
    NdisDprFreePacket(Packets[1]);
    NdisFreePacket(Packets[2]);
    NdisDprAllocatePacketNonInterlocked(&Status, &Packets[3], Pool);
    CHECK(Status == NDIS_STATUS_SUCCESS);
    NdisDprFreePacketNonInterlocked(Packets[3]);
    CHECK(NdisPacketPoolUsage(Pool) == 0);
    NdisFreePacketPool(Pool);

    NdisAllocatePacketPool(&Status, &Pool, 0x10000, 0);
    CHECK(Status == NDIS_STATUS_RESOURCES && Pool == NULL);
    CHECK(NdisPacketSize(PROTOCOL_RESERVED_SIZE_IN_PACKET) >= 96 + 32 + 40 + 96);
}

static void packets_carry_data_of_many_kinds(PNDIS_PACKET Packet, PNDIS_PACKET Other) {
    MEDIA_SPECIFIC_INFORMATION Information;
    PNDIS_PACKET_STACK Stack;
    BOOLEAN Remaining = FALSE;
    PVOID Pointer;
    UINT Size, Flags;

    NdisSetPacketFlags(Packet, NDIS_FLAGS_DONT_LOOPBACK | NDIS_FLAGS_MULTICAST_PACKET);
    NdisClearPacketFlags(Packet, NDIS_FLAGS_MULTICAST_PACKET);
    CHECK(NdisGetPacketFlags(Packet) == NDIS_FLAGS_DONT_LOOPBACK);
    NdisSetSendFlags(Packet, 0);
    NdisQuerySendFlags(Packet, &Flags);
    CHECK(Flags == 0);

    NDIS_SET_PACKET_STATUS(Packet, NDIS_STATUS_RESOURCES);
    CHECK(NDIS_GET_PACKET_STATUS(Packet) == NDIS_STATUS_RESOURCES);
    NdisSetPacketStatus(Packet, NDIS_STATUS_SUCCESS, NULL, 0);
    CHECK(NDIS_OOB_DATA_FROM_PACKET(Packet)->Status == NDIS_STATUS_SUCCESS);
    NDIS_SET_PACKET_HEADER_SIZE(Packet, 14);
    CHECK(NDIS_GET_PACKET_HEADER_SIZE(Packet) == 14);
    NDIS_SET_PACKET_TIME_TO_SEND(Packet, 1);
    NDIS_SET_PACKET_TIME_SENT(Packet, 2);
    NDIS_SET_PACKET_TIME_RECEIVED(Packet, 3);
    CHECK(NDIS_GET_PACKET_TIME_TO_SEND(Packet) == 2 && NDIS_GET_PACKET_TIME_SENT(Packet) == 2);
    CHECK(NDIS_GET_PACKET_TIME_RECEIVED(Packet) == 3);

    NDIS_GET_PACKET_MEDIA_SPECIFIC_INFO(Packet, &Pointer, &Size);
    CHECK(Pointer == NULL && Size == 0);
    NDIS_SET_PACKET_MEDIA_SPECIFIC_INFO(Packet, &Information, sizeof(Information));
    NDIS_GET_PACKET_MEDIA_SPECIFIC_INFO(Packet, &Pointer, &Size);
    CHECK(Pointer == &Information && Size == sizeof(Information));

    NDIS_PER_PACKET_INFO_FROM_PACKET(Packet, TcpLargeSendPacketInfo) = (PVOID)(ULONG_PTR)1460;
    NDIS_SET_ORIGINAL_PACKET(Packet, Packet);
    NDIS_SET_PACKET_CANCEL_ID(Packet, (ULONG_PTR)NdisGeneratePartialCancelId() << 56);
    CHECK(NDIS_GET_ORIGINAL_PACKET(Packet) == Packet);
    CHECK(NdisGetPacketCancelId(Packet) == NDIS_GET_PACKET_CANCEL_ID(Packet) && NdisGetPacketCancelId(Packet) != NULL);
    NdisIMCopySendPerPacketInfo(Other, Packet);
    CHECK(NDIS_GET_PACKET_CANCEL_ID(Other) == NDIS_GET_PACKET_CANCEL_ID(Packet));
    CHECK(NDIS_GET_ORIGINAL_PACKET(Other) == NULL);
    NDIS_PER_PACKET_INFO_FROM_PACKET(Other, TcpLargeSendPacketInfo) = (PVOID)(ULONG_PTR)5000;
    NdisIMCopySendCompletePerPacketInfo(Packet, Other);
    CHECK(NDIS_PACKET_EXTENSION_FROM_PACKET(Packet)->NdisPacketInfo[2] == (PVOID)(ULONG_PTR)5000);
    NdisSetPacketCancelId(Packet, NULL);
    CHECK(NdisGetPacketCancelId(Packet) == NULL);

    Stack = NdisIMGetCurrentPacketStack(Packet, &Remaining);
    CHECK(Stack != NULL && Remaining == TRUE);
    if (Stack != NULL)
        Stack->IMReserved[0] = (ULONG_PTR)Packet;
}

static void buffers_describe_memory(NDIS_HANDLE BufferPool) {
    static UCHAR Memory[3 * PAGE_SIZE];
    UCHAR* Start = (UCHAR*)PAGE_ALIGN(Memory + PAGE_SIZE - 1);
    NDIS_STATUS Status;
    PNDIS_BUFFER Buffer, Part, Next;
    PUCHAR Address;
    UINT Length, Offset, Pages;

    NdisAllocateBuffer(&Status, &Buffer, BufferPool, Start + 100, PAGE_SIZE);
    CHECK(Status == NDIS_STATUS_SUCCESS);
    NdisQueryBuffer(Buffer, &Address, &Length);
    CHECK(Address == Start + 100 && Length == PAGE_SIZE);
    NdisQueryBufferSafe(Buffer, &Address, &Length, NormalPagePriority);
    CHECK(Address == Start + 100 && Length == PAGE_SIZE);
    NdisQueryBufferOffset(Buffer, &Offset, &Length);
    CHECK(Offset == 100 && Length == PAGE_SIZE);
    NdisGetBufferPhysicalArraySize(Buffer, &Pages);
    CHECK(Pages == 2 && NDIS_BUFFER_TO_SPAN_PAGES(Buffer) == 2);
    NdisAdjustBufferLength(Buffer, 10);
    CHECK(NdisBufferLength(Buffer) == 10 && (NdisBufferLength)(Buffer) == 10);
    NdisAdjustBufferLength(Buffer, PAGE_SIZE);
    CHECK(NdisBufferVirtualAddress(Buffer) == (PVOID)(Start + 100));
    CHECK(NdisBufferVirtualAddressSafe(Buffer, LowPagePriority) == (PVOID)(Start + 100));

    NdisCopyBuffer(&Status, &Part, BufferPool, Buffer, 50, 7);
    CHECK(Status == NDIS_STATUS_SUCCESS && NdisBufferVirtualAddress(Part) == (PVOID)(Start + 150));
    NDIS_BUFFER_LINKAGE(Buffer) = Part;
    NdisGetNextBuffer(Buffer, &Next);
    CHECK(Next == Part);
    NDIS_BUFFER_LINKAGE(Buffer) = NULL;
    NdisFreeBuffer(Part);
    NdisCopyBuffer(&Status, &Part, BufferPool, Buffer, PAGE_SIZE + 1, 0xFFFFFFFF);
    CHECK(Status == NDIS_STATUS_FAILURE && Part == NULL);
    NdisFreeBuffer(Buffer);
}

static PNDIS_BUFFER buffer_of(NDIS_HANDLE BufferPool, PVOID Memory, UINT Length) {
    NDIS_STATUS Status;
    PNDIS_BUFFER Buffer;
    NdisAllocateBuffer(&Status, &Buffer, BufferPool, Memory, Length);
    CHECK(Status == NDIS_STATUS_SUCCESS);
    return Buffer;
}

static void chains_grow_and_shrink_at_both_ends(NDIS_HANDLE BufferPool, PNDIS_PACKET Packet, PNDIS_PACKET Other) {
    char Header[] = "head", Body[] = "body", Into[9] = "........";
    PNDIS_BUFFER Buffer, First;
    PVOID Address;
    UINT Physical, Count, Total, Length, Copied;

    NdisChainBufferAtBack(Packet, buffer_of(BufferPool, Body, 4));
    NdisChainBufferAtFront(Packet, buffer_of(BufferPool, Header, 4));
    NdisQueryPacket(Packet, &Physical, &Count, &First, &Total);
    CHECK(Count == 2 && Total == 8 && Physical >= 2 && First == NDIS_PACKET_FIRST_NDIS_BUFFER(Packet));
    NdisQueryPacketLength(Packet, &Total);
    CHECK(Total == 8);
    NdisGetFirstBufferFromPacket(Packet, &First, &Address, &Length, &Total);
    CHECK(Address == (PVOID)Header && Length == 4 && Total == 8);
    NdisGetFirstBufferFromPacketSafe(Packet, &First, &Address, &Length, &Total, HighPagePriority);
    CHECK(Address == (PVOID)Header && Length == 4 && Total == 8);

    NdisChainBufferAtBack(Other, buffer_of(BufferPool, Into, 8));
    NdisCopyFromPacketToPacket(Other, 1, 3, Packet, 3, &Copied);
    CHECK(Copied == 3 && memcmp(Into, ".dbo....", 8) == 0);
    NdisCopyFromPacketToPacketSafe(Other, 0, 100, Packet, 0, &Copied, NormalPagePriority);
    CHECK(Copied == 8 && memcmp(Into, "headbody", 8) == 0);

    NDIS_PACKET_VALID_COUNTS(Packet) = FALSE;
    NdisRecalculatePacketCounts(Packet);
    NdisUnchainBufferAtBack(Packet, &Buffer);
    CHECK(NdisBufferVirtualAddress(Buffer) == (PVOID)Body);
    NdisFreeBuffer(Buffer);
    CHECK(NDIS_PACKET_LAST_NDIS_BUFFER(Packet) == NDIS_PACKET_FIRST_NDIS_BUFFER(Packet));
    NdisUnchainBufferAtFront(Packet, &Buffer);
    NdisFreeBuffer(Buffer);
    NdisUnchainBufferAtFront(Packet, &Buffer);
    CHECK(Buffer == NULL);
    NdisUnchainBufferAtFront(Other, &Buffer);
    NdisFreeBuffer(Buffer);
    NdisReinitializePacket(Packet);
    CHECK(NDIS_PACKET_FIRST_NDIS_BUFFER(Packet) == NULL);
}

int main(void) {
    NDIS_STATUS Status;
    NDIS_HANDLE Pool, BufferPool;
    PNDIS_PACKET Packet, Other;

    pools_count_and_refuse();

    NdisAllocatePacketPool(&Status, &Pool, 2, PROTOCOL_RESERVED_SIZE_IN_PACKET);
    CHECK(Status == NDIS_STATUS_SUCCESS);
    NdisAllocateBufferPool(&Status, &BufferPool, 8);
    CHECK(Status == NDIS_STATUS_SUCCESS);
    NdisAllocatePacket(&Status, &Packet, Pool);
    NdisAllocatePacket(&Status, &Other, Pool);
    packets_carry_data_of_many_kinds(Packet, Other);
    buffers_describe_memory(BufferPool);
    chains_grow_and_shrink_at_both_ends(BufferPool, Packet, Other);
    NdisFreePacket(Packet);
    NdisFreePacket(Other);
    CHECK(NdisPacketPoolUsage(Pool) == 0);
    NdisFreeBufferPool(BufferPool);
    NdisFreePacketPool(Pool);
    return failures;
}
