#include "ndispool/wire/refusal.h"

#include <cerrno>

#include "ndispool/wire/one_line.h"
#include "ndispool/wire/wire.h"

namespace ndispool::wire {

namespace {

std::string remedy(const Spec& spec, int error) {
    if (error == EPERM || error == EACCES) {
        const std::string rights = spec.scheme == "tap" ? "CAP_NET_ADMIN"
                                   : spec.scheme == "xdp"
                                       ? "CAP_NET_RAW, CAP_NET_ADMIN and CAP_BPF outside any user namespace"
                                       : "CAP_NET_RAW and CAP_NET_ADMIN";
        return "this needs " + rights + "; run as root" + (spec.scheme == "xdp" ? "" : ", or within 'unshare -Urn'") +
               " ('ndispool doctor' says what works here)";
    }
    if (error == ENOMEM || error == ENOBUFS)
        return "free some memory, or raise the limit of locked memory (ulimit -l)";
    return "see 'ndispool doctor' for what works here";
}

} // namespace

void refuse_call(const Spec& spec, std::string_view call, int error) {
    throw Error(Error::Kind::environment,
                spec.message(std::string(call) + " failed: " + errno_text(error) + "; " + remedy(spec, error)));
}

int must(int result, const Spec& spec, std::string_view call) {
    if (result < 0)
        refuse_call(spec, call, errno);
    return result;
}

} // namespace ndispool::wire
