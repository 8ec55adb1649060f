// Names code of the drivers that are loaded, for who looks at a run from outside of it.
//   Callers:   place(): any thread, any time; it waits while a driver comes or goes.
//   Holds:     an image is named while its NamedImage lives, which is no longer than the image.
#pragma once

#include "ndispool/load/image.h"

#include <string>

namespace ndispool::host {

class NamedImage {
  public:
    explicit NamedImage(const load::Image& image);
    ~NamedImage();
    NamedImage(const NamedImage&) = delete;
    NamedImage& operator=(const NamedImage&) = delete;

  private:
    const load::Image* const image_;
};

// "passthru!PtBind+0x3c"; empty: not code of a driver.
std::string place(const void* address);

} // namespace ndispool::host
