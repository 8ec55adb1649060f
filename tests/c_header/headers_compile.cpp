// The driver's header alone must be a complete C++17 translation unit without a warning, and its macros expressions in C++.
#include <ndis.h>

static_assert(sizeof(NDIS_PACKET) == 104 && sizeof(NDIS_BUFFER) == 48, "layouts of Win64");

NDIS_STATUS use_macros(PNDIS_PACKET packet, PNDIS_BUFFER buffer) {
    UCHAR* address;
    UINT bytes, pages;
    PVOID information;
    NdisChainBufferAtFront(packet, buffer);
    NdisQueryBuffer(buffer, &address, &bytes);
    NdisQueryBufferSafe(buffer, &address, &bytes, NormalPagePriority);
    NdisGetFirstBufferFromPacket(packet, &buffer, &address, &bytes, &pages);
    NdisGetBufferPhysicalArraySize(buffer, &pages);
    NDIS_SET_PACKET_MEDIA_SPECIFIC_INFO(packet, address, bytes);
    NDIS_GET_PACKET_MEDIA_SPECIFIC_INFO(packet, &information, &bytes);
    NDIS_SET_ORIGINAL_PACKET(packet, NDIS_GET_ORIGINAL_PACKET(packet));
    NDIS_SET_PACKET_CANCEL_ID(packet, 1);
    NDIS_SET_PACKET_CANCEL_ID(packet, information);
    NDIS_PER_PACKET_INFO_FROM_PACKET(packet, TcpLargeSendPacketInfo) = nullptr;
    NdisSetPacketFlags(packet, bytes != 0 ? NDIS_FLAGS_DONT_LOOPBACK : 0);
    NdisReinitializePacket(packet);
    return NDIS_OOB_DATA_FROM_PACKET(packet)->Status;
}
