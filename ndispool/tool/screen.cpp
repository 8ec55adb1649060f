#include "ndispool/tool/screen.h"

#include <cstdlib>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

namespace ndispool::tool {

namespace {

constexpr std::string_view take_over = "\x1b[?1049h\x1b[?25l\x1b[H\x1b[2J"; // other screen, no cursor, empty
constexpr std::string_view give_back = "\x1b[?25h\x1b[?1049l";
constexpr int tenth_ms = 100;

void put(std::string_view text) {
    // A terminal that went away is noticed by the signal it sends.
    while (!text.empty()) {
        const ssize_t written = ::write(STDOUT_FILENO, text.data(), text.size());
        if (written <= 0)
            return;
        text.remove_prefix(static_cast<std::size_t>(written));
    }
}

} // namespace

bool Screen::wanted() {
    const char* const terminal = std::getenv("TERM");
    return ::isatty(STDOUT_FILENO) == 1 && terminal != nullptr && std::string_view(terminal) != "dumb";
}

Screen::Screen() {
    termios now{};
    if (::tcgetattr(STDIN_FILENO, &now) == 0) {
        keyboard_before_ = now;
        now.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
        ::tcsetattr(STDIN_FILENO, TCSANOW, &now);
    }
    put(take_over);
}

Screen::~Screen() {
    put(give_back);
    if (keyboard_before_)
        ::tcsetattr(STDIN_FILENO, TCSANOW, &*keyboard_before_);
}

Screen::Size Screen::size() const {
    winsize size{};
    if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0 || size.ws_row == 0)
        return {};
    return {size.ws_row, size.ws_col};
}

void Screen::show(std::string_view drawn) const {
    put(drawn);
}

bool Screen::quit_typed() const {
    pollfd keyboard{.fd = keyboard_before_ ? STDIN_FILENO : -1, .events = POLLIN, .revents = 0};
    if (::poll(&keyboard, 1, tenth_ms) <= 0)
        return false;
    char key = 0;
    if (::read(STDIN_FILENO, &key, 1) != 1)
        return true; // nothing can be typed any more
    return key == 'q' || key == 'Q';
}

} // namespace ndispool::tool
