// Stands in for xdp.cpp where libxdp is not (CMakeLists.txt).
#include "ndispool/wire/xdp.h"

namespace ndispool::wire {

std::unique_ptr<Wire> open_xdp(const Spec& spec, const Options&) {
    throw Error(Error::Kind::environment,
                spec.message("this build has no AF_XDP; install libxdp-dev and build again, or use packet:" +
                             std::string(spec.argument)));
}

} // namespace ndispool::wire
