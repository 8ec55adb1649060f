// Any bytes as the file of --config: parameters, or one line that names the file and says what is wrong.
#include "ndispool/tool/config_file.h"
#include "ndispool/tool/exit_code.h"

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <sys/mman.h>
#include <unistd.h>

namespace {

void require(bool holds) {
    if (!holds)
        std::abort();
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const int file = memfd_create("config", MFD_CLOEXEC);
    static const std::string path = "/proc/self/fd/" + std::to_string(file);
    require(ftruncate(file, 0) == 0 && pwrite(file, data, size, 0) == static_cast<ssize_t>(size));
    try {
        for (const ndispool::host::Parameter& parameter : ndispool::tool::read_config(path))
            require(!parameter.name.empty());
    } catch (const ndispool::tool::UsageError& error) {
        const std::string_view line = error.what();
        require(line.starts_with(path) && line.find('\n') == std::string_view::npos);
    }
    return 0;
}
