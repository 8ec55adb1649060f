// The door of ndispool_publish_pools() (<ndispool/packets.h>): for programs only, so it is not among the functions that drivers
// import. A program that was not written for it is published by its environment.
#include "ndispool/monitor/service.h"
#include "ndispool/packets.h"

#include <cerrno> // program_invocation_short_name
#include <cstdlib>
#include <exception>
#include <string_view>

namespace {

// Gone, with its thread, when the process exits or the library is unloaded.
ndispool::monitor::Service& service(const char* program) {
    static ndispool::monitor::Service only(program != nullptr ? program : program_invocation_short_name);
    return only;
}

[[gnu::constructor]] void publish_if_told_so() {
    const char* const wish = ::secure_getenv("NDISPOOL_PUBLISH");
    if (wish != nullptr && std::string_view(wish) == "1")
        ndispool_publish_pools(nullptr);
}

} // namespace

extern "C" BOOLEAN NTAPI ndispool_publish_pools(const char* program) {
    try {
        return service(program).running() ? TRUE : FALSE;
    } catch (const std::exception&) { // no memory
        return FALSE;
    }
}
