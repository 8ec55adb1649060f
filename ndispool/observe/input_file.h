// A file that the user named, read whole.
#pragma once

#include <filesystem>
#include <stdexcept>
#include <string>
#include <string_view>

namespace ndispool::observe {

// A file that was given cannot be used.
class InputError : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

// Throws InputError: one line that names the file and what it was given for.
std::string read_input(const std::filesystem::path& file, std::string_view given_as);

} // namespace ndispool::observe
