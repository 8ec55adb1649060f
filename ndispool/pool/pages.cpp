#include "ndispool/pool.h"

#include <sys/mman.h>

namespace ndispool::pool {
namespace {

class SystemPages final : public Pages {
  public:
    void* map(std::size_t bytes) noexcept override {
        void* start = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        return start == MAP_FAILED ? nullptr : start;
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
