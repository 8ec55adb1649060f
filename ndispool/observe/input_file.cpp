#include "ndispool/observe/input_file.h"

#include <cerrno>
#include <fmt/format.h>
#include <fstream>
#include <iterator>
#include <system_error>

namespace ndispool::observe {

std::string read_input(const std::filesystem::path& file, std::string_view given_as) {
    std::error_code ignored;
    if (std::filesystem::is_directory(file, ignored))
        throw InputError(fmt::format("{}: {} is a folder; name a file", given_as, file.string()));
    errno = 0;
    std::ifstream in(file, std::ios::binary);
    std::string text{std::istreambuf_iterator<char>(in), {}};
    if (!in)
        throw InputError(fmt::format("{}: {} cannot be read: {}; name a file that is there", given_as, file.string(),
                                     std::generic_category().message(errno)));
    return text;
}

} // namespace ndispool::observe
