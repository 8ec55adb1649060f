#include "ndispool/observe/progress_bar.h"

#include <cstdlib>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

namespace ndispool::observe {
namespace {

// A terminal nobody sits at: what is written to `screen` comes out of `reader`.
class Terminal {
  public:
    Terminal() : reader(::posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK)) {
        ::grantpt(reader);
        ::unlockpt(reader);
        screen = ::open(::ptsname(reader), O_RDWR | O_NOCTTY);
    }
    ~Terminal() {
        ::close(screen);
        ::close(reader);
    }
    std::string content() const {
        char text[4096];
        const ssize_t length = ::read(reader, text, sizeof text);
        return length > 0 ? std::string(text, static_cast<std::size_t>(length)) : "";
    }

    int reader;
    int screen = -1;
};

class ProgressWanted : public ::testing::Test {
  protected:
    void SetUp() override {
        ::setenv("TERM", "xterm", 1);
        ::unsetenv("CI");
    }
    void TearDown() override { SetUp(); }
    Terminal terminal_;
};

TEST_F(ProgressWanted, on_a_terminal) {
    EXPECT_TRUE(progress_wanted(terminal_.screen, false));
}

TEST_F(ProgressWanted, not_when_asked_to_be_quiet) {
    EXPECT_FALSE(progress_wanted(terminal_.screen, true));
}

TEST_F(ProgressWanted, not_in_a_continuous_integration_job) {
    ::setenv("CI", "true", 1);
    EXPECT_FALSE(progress_wanted(terminal_.screen, false));
    ::setenv("CI", "", 1);
    EXPECT_TRUE(progress_wanted(terminal_.screen, false));
}

TEST_F(ProgressWanted, not_on_a_terminal_that_cannot_erase) {
    ::setenv("TERM", "dumb", 1);
    EXPECT_FALSE(progress_wanted(terminal_.screen, false));
}

TEST_F(ProgressWanted, not_in_a_file) {
    const int file = ::open("/dev/null", O_WRONLY);
    EXPECT_FALSE(progress_wanted(file, false));
    ::close(file);
}

TEST(ProgressLine, says_how_many_packets_how_fast_and_since_when) {
    EXPECT_EQ(progress_line({2.0, 500, {}}, 250.4, 80), "  500 packets  250/s  2.0 s");
}

TEST(ProgressLine, says_how_long_it_will_take_when_the_total_is_known) {
    EXPECT_EQ(progress_line({2.0, 500, 2000}, 250, 80), "  500 of 2000 packets  250/s  2.0 s  about 6 s left");
    EXPECT_EQ(progress_line({2.0, 0, 2000}, 0, 80), "  0 of 2000 packets  0/s  2.0 s");
    EXPECT_EQ(progress_line({2.0, 2000, 2000}, 0, 80), "  2000 of 2000 packets  0/s  2.0 s");
}

TEST(ProgressLine, never_fills_the_terminals_width) {
    EXPECT_EQ(progress_line({2.0, 500, {}}, 250, 10), "  500 pac");
}

TEST(ProgressBar, is_gone_at_the_end) {
    const Terminal terminal;
    {
        ProgressBar bar(terminal.screen, true);
        bar.show({1.0, 100, {}});
        EXPECT_EQ(terminal.content(), "\r\x1b[K  100 packets  100/s  1.0 s");
        bar.show({2.0, 400, {}});
        EXPECT_EQ(terminal.content(), "\r\x1b[K  400 packets  300/s  2.0 s");
    }
    EXPECT_EQ(terminal.content(), "\r\x1b[K");
}

TEST(ProgressBar, writes_nothing_when_not_wanted) {
    const Terminal terminal;
    {
        ProgressBar bar(terminal.screen, false);
        bar.show({1.0, 100, {}});
    }
    EXPECT_EQ(terminal.content(), "");
}

} // namespace
} // namespace ndispool::observe
