#include "ndispool/ndis/packet_chain.h"

#include <utility>

namespace ndispool::ndis {

PNDIS_BUFFER unchain_front(NDIS_PACKET& packet) noexcept {
    packet.Private.ValidCounts = FALSE;
    PNDIS_BUFFER first = packet.Private.Head;
    if (first == nullptr)
        return nullptr;
    packet.Private.Head = std::exchange(first->Next, nullptr);
    if (packet.Private.Head == nullptr)
        packet.Private.Tail = nullptr;
    return first;
}

PNDIS_BUFFER unchain_back(NDIS_PACKET& packet) noexcept {
    packet.Private.ValidCounts = FALSE;
    PNDIS_BUFFER before = nullptr;
    PNDIS_BUFFER last = packet.Private.Head;
    if (last == nullptr)
        return nullptr;
    while (last->Next != nullptr)
        before = std::exchange(last, last->Next);
    (before != nullptr ? before->Next : packet.Private.Head) = nullptr;
    packet.Private.Tail = before;
    return last;
}

UINT chain_bytes(const NDIS_BUFFER* first) noexcept {
    UINT bytes = 0;
    for (; first != nullptr; first = first->Next)
        bytes += first->ByteCount;
    return bytes;
}

} // namespace ndispool::ndis
