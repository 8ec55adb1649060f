// Frames for a check whose wires the user did not name: of many lengths, to one, to many and to all, so that a driver's paths
// are taken; the same ones for the same seed.
#pragma once

#include "ndispool/wire/owned_frame.h"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace ndispool::tool {

std::vector<wire::OwnedFrame> generated_frames(std::size_t count, std::uint64_t seed);

} // namespace ndispool::tool
