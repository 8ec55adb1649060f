// Any text as the WHAT of lossy:WHAT:WIRE: it is refused in one line, or its shares and times are within limits.
#include <cstdlib>

#include "ndispool/wire/impairment.h"
#include "ndispool/wire/wire.h"

using namespace ndispool::wire;

namespace {

void require(bool holds) {
    if (!holds)
        std::abort();
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    try {
        const Impairment impairment = parse_impairment(Spec("lossy"), text);
        require(impairment.loss <= Impairment::always && impairment.duplication <= Impairment::always &&
                impairment.reordering <= Impairment::always);
        require(impairment.delay >= std::chrono::nanoseconds(0) && impairment.delay <= std::chrono::seconds(10));
    } catch (const Error& error) {
        const std::string_view line = error.what();
        require(line.starts_with("lossy: ") && line.find('\n') == std::string_view::npos);
    }
    return 0;
}
