// What the command tells its caller (a shell, a CI job).
#pragma once

namespace ndispool::tool {

enum class ExitCode : int {
    clean = 0,
    findings = 1,    // the driver did something wrong
    usage = 2,       // the command line, a driver file or a capture is not as it must be
    environment = 3, // this machine or this version lacks something that was asked for
};

} // namespace ndispool::tool
