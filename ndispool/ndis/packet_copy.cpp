#include "ndispool/ndis/packet_copy.h"

#include <algorithm>
#include <cstring>

namespace ndispool::ndis {
namespace {

// A place in a chain: never at the end of a buffer, unless at the end of the chain.
class Cursor {
  public:
    Cursor(PNDIS_BUFFER first, UINT offset) noexcept : buffer_(first), offset_(offset) { skip_to_bytes(); }

    [[nodiscard]] PNDIS_BUFFER buffer() const noexcept { return buffer_; }
    [[nodiscard]] UINT offset() const noexcept { return offset_; }
    [[nodiscard]] UINT left_in_buffer() const noexcept { return buffer_ != nullptr ? buffer_->ByteCount - offset_ : 0; }

    void advance(UINT bytes) noexcept {
        offset_ += bytes;
        skip_to_bytes();
    }

  private:
    void skip_to_bytes() noexcept {
        while (buffer_ != nullptr && offset_ >= buffer_->ByteCount) {
            offset_ -= buffer_->ByteCount;
            buffer_ = buffer_->Next;
        }
    }

    PNDIS_BUFFER buffer_;
    UINT offset_;
};

} // namespace

UINT copy_between(PNDIS_BUFFER to, UINT to_offset, PNDIS_BUFFER from, UINT from_offset, UINT bytes,
                  AddressOf address_of, MM_PAGE_PRIORITY priority) noexcept {
    Cursor target(to, to_offset), source(from, from_offset);
    UINT done = 0;
    while (const UINT piece = std::min({bytes - done, target.left_in_buffer(), source.left_in_buffer()})) {
        auto* target_bytes = static_cast<UCHAR*>(address_of(target.buffer(), priority));
        const auto* source_bytes = static_cast<const UCHAR*>(address_of(source.buffer(), priority));
        if (target_bytes == nullptr || source_bytes == nullptr)
            break;
        std::memmove(target_bytes + target.offset(), source_bytes + source.offset(), piece);
        target.advance(piece);
        source.advance(piece);
        done += piece;
    }
    return done;
}

} // namespace ndispool::ndis
