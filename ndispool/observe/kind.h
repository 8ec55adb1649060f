// The words for a kind of driver, the same in every form of a report.
#pragma once

#include "ndispool/host/report.h"

#include <string_view>

namespace ndispool::observe {

constexpr std::string_view kind_name(host::Kind kind) {
    switch (kind) {
    case host::Kind::protocol:
        return "protocol";
    case host::Kind::intermediate:
        return "intermediate";
    case host::Kind::miniport:
        return "miniport";
    }
    return "unknown";
}

} // namespace ndispool::observe
