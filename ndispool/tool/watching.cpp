#include "ndispool/tool/watching.h"

#include "ndispool/monitor/observer.h"
#include "ndispool/tool/exit_code.h"
#include "ndispool/tool/say.h"

namespace ndispool::tool {

namespace {

using Kind = monitor::NoAnswer::Kind;

std::vector<observe::Watched> watch_all() {
    std::vector<observe::Watched> all;
    for (const pid_t process : monitor::processes())
        try {
            all.push_back({process, monitor::ask(process)});
        } catch (const monitor::NoAnswer& none) {
            if (none.kind() == Kind::lacking) // the others have ended since they were listed
                say(none.what());
        }
    return all;
}

} // namespace

std::vector<observe::Watched> watch(std::optional<int> process) {
    if (!process) {
        std::vector<observe::Watched> all = watch_all();
        if (all.empty())
            throw LackError("no process that this user can ask publishes packet pools; start 'ndispool run', or see "
                            "'ndispool pools --help' for other programs");
        return all;
    }
    try {
        return {{*process, monitor::ask(*process)}};
    } catch (const monitor::NoAnswer& none) {
        if (none.kind() == Kind::lacking || none.kind() == Kind::silent)
            throw LackError(none.what());
        throw UsageError(none.what());
    }
}

std::vector<observe::Watched> watch_again(std::optional<int> process) {
    if (!process)
        return watch_all();
    try {
        return {{*process, monitor::ask(*process)}};
    } catch (const monitor::NoAnswer& none) {
        if (none.kind() == Kind::lacking)
            throw LackError(none.what());
        return {};
    }
}

} // namespace ndispool::tool
