#include "ndispool/ndis/packet_info.h"

#include <atomic>

namespace ndispool::ndis {
namespace {

constexpr NDIS_PER_PACKET_INFO both_ways[] = {TcpIpChecksumPacketInfo,        IpSecPacketInfo, TcpLargeSendPacketInfo,
                                              ClassificationHandlePacketInfo, NdisReserved,    Ieee8021QInfo};

void copy(NDIS_PACKET& to, NDIS_PACKET& from, NDIS_PER_PACKET_INFO slot) noexcept {
    NDIS_PER_PACKET_INFO_FROM_PACKET(&to, slot) = NDIS_PER_PACKET_INFO_FROM_PACKET(&from, slot);
}

std::atomic<std::uint32_t> partial_ids_given{0}; // a count; orders no other data

} // namespace

void copy_send_complete_info(NDIS_PACKET& to, NDIS_PACKET& from) noexcept {
    for (const NDIS_PER_PACKET_INFO slot : both_ways)
        copy(to, from, slot);
}

void copy_send_info(NDIS_PACKET& to, NDIS_PACKET& from) noexcept {
    copy_send_complete_info(to, from);
    copy(to, from, PacketCancelId);
}

UCHAR next_partial_cancel_id() noexcept {
    return static_cast<UCHAR>(1 + partial_ids_given.fetch_add(1, std::memory_order_relaxed) % 255);
}

} // namespace ndispool::ndis
