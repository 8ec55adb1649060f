// One packet pool as JSON: the same fields in a run's document and in that of `ndispool pools`.
#pragma once

#include "ndispool/ndis/packet_pool_record.h"
#include "ndispool/observe/json.h"

#include <string_view>

namespace ndispool::observe {

// The fields; the object around them is the caller's.
void write_pool_fields(JsonWriter& json, const ndis::PoolRecord& record, std::string_view allocator);

} // namespace ndispool::observe
