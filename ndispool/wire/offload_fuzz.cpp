// Any bytes as a frame with any offload header: nothing outside the frame is touched, and what is cut off is what was there.
#include <cstdlib>
#include <cstring>
#include <vector>

#include "ndispool/wire/offload.h"

using namespace ndispool::wire;

namespace {

void require(bool holds) {
    if (!holds)
        std::abort();
}

void cut_all(std::span<const std::byte> frame, const Offload& how) {
    Cutter cutter;
    if (!cutter.begin(frame, how))
        return;
    std::size_t pieces = 0;
    while (cutter.active()) {
        std::vector<std::byte> piece(cutter.next_bytes()); // its own allocation: the sanitizer watches its ends
        require(!piece.empty() && piece.size() <= frame.size());
        cutter.next(piece);
        require(++pieces <= frame.size());
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
    Offload how{};
    if (size < sizeof how)
        return 0;
    std::memcpy(&how, data, sizeof how);
    const auto* const bytes = reinterpret_cast<const std::byte*>(data);
    const std::vector<std::byte> frame(bytes + sizeof how, bytes + size);
    cut_all(frame, how);
    std::vector<std::byte> copy = frame;
    finish_checksum(copy, how.csum_start, how.csum_offset);
    copy = frame;
    if (finish_open_checksum(copy)) {
        const std::vector<std::byte> finished = copy;
        finish_open_checksum(copy);
        require(copy == finished);
    }
    if (frame.size() >= ethernet_header_bytes) {
        std::vector<std::byte> room(vlan_tag_bytes);
        room.insert(room.end(), frame.begin(), frame.end());
        require(put_tag_back(std::span(room).subspan(vlan_tag_bytes), {0x8100, how.gso_size}).size() == room.size());
    }
    return 0;
}
