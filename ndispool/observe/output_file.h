// Where a document goes: "-" and /dev/stdout are standard output; a regular file appears complete or not at all; what
// is neither (a pipe, a device) is written as it is.
//   Callers:   one thread. Throws OutputError: one line that names the file, says what is wrong and what to do.
//   Holds:     a file that had the name stays as it was until the new one is complete, and when the writing fails.
#pragma once

#include <filesystem>
#include <stdexcept>
#include <string_view>

namespace ndispool::observe {

class OutputError : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

// What is standard output now stays it, whatever a driver closes or opens.
void keep_standard_output();
bool is_standard_output(const std::filesystem::path& file);

// Asked before a long run, so that it is not lost at its end. Leaves nothing behind.
void require_writable(const std::filesystem::path& file);

void write_whole(const std::filesystem::path& file, std::string_view content);

} // namespace ndispool::observe
