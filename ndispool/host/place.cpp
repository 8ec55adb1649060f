#include "ndispool/host/place.h"

#include <mutex>

namespace ndispool::host {

namespace {

std::mutex lock; // guards named
const load::Image* named = nullptr;

} // namespace

NamedImage::NamedImage(const load::Image& image) {
    std::scoped_lock guard(lock);
    named = &image;
}

NamedImage::~NamedImage() {
    std::scoped_lock guard(lock);
    named = nullptr;
}

std::string place(const void* address) {
    std::scoped_lock guard(lock);
    return named && named->code().contains(reinterpret_cast<std::uintptr_t>(address)) ? named->where(address)
                                                                                      : std::string{};
}

} // namespace ndispool::host
