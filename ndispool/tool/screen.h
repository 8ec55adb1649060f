// A terminal's screen for one program alone, and its keyboard without waiting for Enter. As it was when this goes.
//   Callers:   one at a time, one thread.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>
#include <termios.h>

namespace ndispool::tool {

class Screen {
  public:
    struct Size {
        std::size_t lines = 24, columns = 80;
    };

    // Whether standard output is a terminal that can be redrawn.
    static bool wanted();

    Screen();
    ~Screen();
    Screen(const Screen&) = delete;
    Screen& operator=(const Screen&) = delete;

    Size size() const;
    void show(std::string_view drawn) const;
    // Whether q was typed, within a tenth of a second; it waits that long.
    bool quit_typed() const;

  private:
    std::optional<termios> keyboard_before_; // none: standard input is no terminal
};

} // namespace ndispool::tool
