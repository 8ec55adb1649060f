#include "ndispool/host/place.h"

#include <algorithm>
#include <mutex>
#include <vector>

namespace ndispool::host {

namespace {

std::mutex lock; // guards named
std::vector<const load::Image*> named;

} // namespace

NamedImage::NamedImage(const load::Image& image) : image_(&image) {
    std::scoped_lock guard(lock);
    named.push_back(image_);
}

NamedImage::~NamedImage() {
    std::scoped_lock guard(lock);
    std::erase(named, image_);
}

std::string place(const void* address) {
    std::scoped_lock guard(lock);
    const auto found = std::ranges::find_if(named, [&](const load::Image* image) {
        return image->code().contains(reinterpret_cast<std::uintptr_t>(address));
    });
    return found == named.end() ? std::string{} : (*found)->where(address);
}

} // namespace ndispool::host
