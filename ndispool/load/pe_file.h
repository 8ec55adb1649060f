// What a Windows image (PE) says about itself, read with bounds checks from its bytes.
//   Callers:   any thread; a plain value once made. It owns all it holds: the bytes may go away.
//   Holds:     whatever the bytes are, the constructor returns or throws BadPe.
//   Not here:  mapping, binding imports, running.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

namespace ndispool::load {

// What is wrong, to be put behind the file's name.
class BadPe : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

class PeFile {
  public:
    struct Import {
        std::string library; // "NDIS.SYS", as written
        std::string name;    // "#12" for one by number
    };

    explicit PeFile(std::span<const std::byte> bytes);

    std::uint16_t machine() const { return machine_; } // IMAGE_FILE_MACHINE_...
    std::uint16_t subsystem() const { return subsystem_; }
    bool wide() const { return wide_; } // PE32+
    bool is_library() const { return library_; }
    const std::vector<Import>& imports() const { return imports_; }
    const std::vector<std::string>& exports() const { return exports_; } // by name

  private:
    std::uint16_t machine_ = 0, subsystem_ = 0;
    bool wide_ = false, library_ = false;
    std::vector<Import> imports_;
    std::vector<std::string> exports_;
};

} // namespace ndispool::load
