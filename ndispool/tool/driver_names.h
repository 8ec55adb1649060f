// The places of a process that is gone, by the driver's file and by what this process shares with it.
//   Callers:   the process that started it by fork: libraries and the program are where they are here.
//   Holds:     an address that nothing is known about is a frame without names.
//   Not here:  files and lines (the checked door names those while the driver is there).
#pragma once

#include "ndispool/host/report.h"
#include "ndispool/load/symbols.h"

#include <cstdint>
#include <filesystem>
#include <string>

namespace ndispool::tool {

class DriverNames {
  public:
    explicit DriverNames(const std::filesystem::path& file);

    enum class At : std::uint8_t { instruction, return_address };

    // `code_begin`: where the driver was mapped.
    host::Frame name(std::uint64_t address, std::uint64_t code_begin, At at) const;
    bool is_driver(const host::Frame& frame) const { return frame.module == module_; }

  private:
    const std::string module_;
    load::Symbols symbols_; // values from the first byte mapped
    std::uint64_t bytes_ = 0;
};

// "passthru!PtReceive+0x3c"; without a function "passthru!0x1234".
std::string place_of(const host::Frame& frame);

} // namespace ndispool::tool
