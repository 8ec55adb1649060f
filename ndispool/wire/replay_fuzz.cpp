// Any bytes as a capture: replay refuses them or gives whole frames, in one line either way, and never crashes.
#include <array>
#include <cstdio>
#include <cstdlib>

#include "ndispool/wire/layers.h"
#include "ndispool/wire/replay.h"

using namespace ndispool::wire;

namespace {

void require(bool holds) {
    if (!holds)
        std::abort();
}

void replay_all(Replay& replay, std::size_t size) {
    std::array<Frame, 64> frames;
    while (!replay.ended())
        for (std::size_t count = replay.receive(frames); const Frame& frame : std::span(frames).first(count))
            require(frame.bytes.size() >= ethernet_header_bytes && frame.bytes.size() <= max_frame_bytes);
    require(replay.counters().bytes_in <= size);
    require(replay.trouble().value_or("").find('\n') == std::string::npos);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
    std::FILE* file = size ? fmemopen(const_cast<unsigned char*>(data), size, "rb") : nullptr;
    if (!file)
        return 0;
    try {
        Replay replay(Spec("replay:fuzz"), file, {});
        replay_all(replay, size);
    } catch (const Error& error) {
        require(std::string_view(error.what()).starts_with("replay:fuzz: "));
    }
    return 0;
}
