// Places in code as text.
#pragma once

#include "ndispool/host/report.h"

#include <cstddef>
#include <string>
#include <string_view>

namespace ndispool::observe {

// "    #0 0x7f01 in PtReceive+0x12 receive.c:123": the form of the address sanitizer, which editors and CI parsers know.
std::string frame_text(const host::Frame& frame, std::size_t number);

// "passthru!PtReceive": what stays the same when the driver is built again. Without a function "passthru!0x1234".
std::string function_of(const host::Frame& frame);

// The same of "passthru!PtReceive+0x12".
std::string_view without_offset(std::string_view where);

// "allocated, processor 0, IRQL 2, 0.001234 seconds"; without the time where it is not known
std::string site_text(const host::Site& site);

} // namespace ndispool::observe
