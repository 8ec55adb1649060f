// Functions that drivers call through a miniport or open block and that are no exports: their plain forms, by the names the
// host asks for ("block_send").
#pragma once

#include "ndispool/verify/functions.h"

namespace ndispool::verify {

inline constexpr Function function_block_indicate{"NdisMIndicateReceivePacket", 0, 2, unlocked};

inline SEND_HANDLER plain_block_send = nullptr;
inline TRANSFER_DATA_HANDLER plain_block_transfer = nullptr;
inline REQUEST_HANDLER plain_block_request = nullptr;
inline RESET_HANDLER plain_block_reset = nullptr;
inline FILTER_PACKET_INDICATION_HANDLER plain_block_indicate = nullptr;

} // namespace ndispool::verify
