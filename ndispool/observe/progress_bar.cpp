#include "ndispool/observe/progress_bar.h"

#include <cstdlib>
#include <fmt/format.h>
#include <string_view>
#include <sys/ioctl.h>
#include <unistd.h>

namespace ndispool::observe {

namespace {

constexpr std::string_view erase_line = "\r\x1b[K";

bool is_set(const char* variable) {
    const char* const value = std::getenv(variable);
    return value != nullptr && *value != '\0';
}

std::size_t terminal_columns(int descriptor) {
    winsize size{};
    return ::ioctl(descriptor, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

} // namespace

bool progress_wanted(int descriptor, bool quiet) {
    const char* const terminal = std::getenv("TERM");
    return !quiet && ::isatty(descriptor) == 1 && !is_set("CI") && terminal != nullptr &&
           std::string_view(terminal) != "dumb";
}

std::string progress_line(const host::Progress& now, double rate, std::size_t columns) {
    std::string line = fmt::format("  {}", now.packets);
    if (now.packets_total)
        line += fmt::format(" of {}", *now.packets_total);
    line += fmt::format(" packets  {:.0f}/s  {:.1f} s", rate, now.seconds);
    if (now.packets_total && now.packets > 0 && now.packets < *now.packets_total) {
        const double done = static_cast<double>(now.packets) / static_cast<double>(*now.packets_total);
        line += fmt::format("  about {:.0f} s left", now.seconds / done - now.seconds);
    }
    // A line as wide as the terminal would make it scroll.
    return line.substr(0, columns > 0 ? columns - 1 : 0);
}

void ProgressBar::show(const host::Progress& now) {
    if (!wanted_)
        return;
    const double seconds = now.seconds - before_.seconds;
    const double rate = seconds > 0 ? static_cast<double>(now.packets - before_.packets) / seconds : 0;
    before_ = now;
    show_line(progress_line(now, rate, terminal_columns(descriptor_)));
}

void ProgressBar::show_line(const std::string& line) {
    if (!wanted_)
        return;
    shown_ = true;
    put(std::string(erase_line) + line.substr(0, terminal_columns(descriptor_) - 1));
}

void ProgressBar::erase() {
    if (shown_)
        put(std::string(erase_line));
    shown_ = false;
}

void ProgressBar::put(const std::string& text) const {
    // A terminal that went away is no reason to stop a run.
    [[maybe_unused]] const ssize_t ignored = ::write(descriptor_, text.data(), text.size());
}

} // namespace ndispool::observe
