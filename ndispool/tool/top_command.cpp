#include "ndispool/tool/top_command.h"

#include "ndispool/observe/output_file.h"
#include "ndispool/observe/pools_live.h"
#include "ndispool/tool/say.h"
#include "ndispool/tool/screen.h"
#include "ndispool/tool/stop_signals.h"
#include "ndispool/tool/watching.h"

#include <algorithm>
#include <chrono>
#include <fmt/format.h>
#include <optional>
#include <thread>

namespace ndispool::tool {

namespace {

using Clock = std::chrono::steady_clock;

void show(const observe::Round& before, const observe::Round& now, const std::optional<Screen>& screen, bool first) {
    const std::string text = observe::round_text(before, now);
    if (screen)
        screen->show(observe::drawn(text, screen->size().lines, screen->size().columns));
    else
        observe::write_whole("-", (first ? "" : "\n") + text);
}

// False: the user wants no more.
bool wait_until(Clock::time_point end, const host::StopFlag& stop, const std::optional<Screen>& screen) {
    while (Clock::now() < end) {
        if (stop || (screen && screen->quit_typed()))
            return false;
        if (!screen)
            std::this_thread::sleep_for(std::min<Clock::duration>(end - Clock::now(), std::chrono::milliseconds(50)));
    }
    return !stop;
}

// Rounds until the user, the count or the last process ends. Whether it was the last process.
bool show_rounds(const TopOptions& options, observe::Round now) {
    const StopSignals signals;
    std::optional<Screen> screen;
    if (Screen::wanted())
        screen.emplace();
    const auto interval = std::chrono::duration_cast<Clock::duration>(
        std::chrono::duration<double>(std::min(options.interval_seconds, 1e9)));
    observe::Round before;
    for (std::uint64_t round = 1;; ++round) {
        show(before, now, screen, round == 1);
        if (round == options.rounds || !wait_until(now.when + interval, signals.flag(), screen))
            return false;
        before = std::move(now);
        now = {.when = Clock::now(), .processes = watch_again(options.process)};
        if (now.processes.empty())
            return true;
    }
}

} // namespace

ExitCode top(const TopOptions& options) {
    if (show_rounds(options, {.when = Clock::now(), .processes = watch(options.process)}))
        say(options.process ? fmt::format("process {} has ended", *options.process)
                            : "no process publishes packet pools any more");
    return ExitCode::clean;
}

} // namespace ndispool::tool
