// How full a packet pool was, as a small drawing: static part, overflow part, peak, and what was out at the end.
#pragma once

#include "ndispool/ndis/packet_pool_record.h"

#include <string>

namespace ndispool::observe {

// An <svg> element for an HTML page.
std::string pool_chart(const ndis::PoolRecord& record);

} // namespace ndispool::observe
