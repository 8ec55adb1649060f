#include "ndispool/pool.h"

#include <cstdint>

#include <sys/mman.h>

namespace ndispool::pool {
namespace {

constexpr std::size_t huge_page_bytes = std::size_t{2} << 20;

void* map_anonymous(std::size_t bytes) {
    void* start = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return start == MAP_FAILED ? nullptr : start;
}

// Begins where a huge page may; no larger than asked for, so no memory is lost to the huge pages.
void* map_for_huge_pages(std::size_t bytes) {
    auto* start = static_cast<std::byte*>(map_anonymous(bytes + huge_page_bytes));
    if (start == nullptr)
        return nullptr;
    const std::size_t before = -reinterpret_cast<std::uintptr_t>(start) % huge_page_bytes;
    if (before != 0)
        munmap(start, before);
    munmap(start + before + bytes, huge_page_bytes - before);
    madvise(start + before, bytes, MADV_HUGEPAGE); // refused: 4 KiB pages
    return start + before;
}

class SystemPages final : public Pages {
  public:
    void* map(std::size_t bytes) noexcept override {
        void* start = bytes < huge_page_bytes ? nullptr : map_for_huge_pages(bytes);
        return start != nullptr ? start : map_anonymous(bytes);
    }

    // A process at its limit of mappings may be refused the split that an unmap in the middle of two others needs;
    // then the range stays, but it is emptied.
    void unmap(void* start, std::size_t bytes) noexcept override {
        if (munmap(start, bytes) != 0)
            madvise(start, bytes, MADV_DONTNEED);
    }
};

} // namespace

Pages& system_pages() noexcept {
    static SystemPages pages;
    return pages;
}

} // namespace ndispool::pool
