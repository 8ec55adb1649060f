#include "ndispool/tool/parameters.h"

#include "ndispool/tool/problem.h"

namespace ndispool::tool {

host::Parameter parse_parameter(const std::string& argument) {
    const std::size_t equals = argument.find('=');
    if (equals == std::string::npos || equals == 0)
        throw usage("--param " + argument + ": not NAME=VALUE; write for example --param SendPackets=64");
    return {argument.substr(0, equals), argument.substr(equals + 1)};
}

} // namespace ndispool::tool
