// Any text as a line of --control: a command within its limits, or one line that says what is wrong.
#include "ndispool/host/command.h"

#include <cstdlib>
#include <stdexcept>

using namespace ndispool::host;

namespace {

void require(bool holds) {
    if (!holds)
        std::abort();
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    try {
        const Command command = parse_command(text);
        require(command.seconds >= 0 && command.seconds <= 1e6);
        require((command.verb >= Verb::open && command.verb <= Verb::ioctl) == !command.device.empty());
        require(command.input.size() <= size / 2);
    } catch (const std::invalid_argument& error) {
        const std::string_view line = error.what();
        require(!line.empty() && line.find('\n') == std::string_view::npos);
    }
    return 0;
}
