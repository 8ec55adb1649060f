#include "ndispool/machine/patience.h"
#include <gtest/gtest.h>

namespace ndispool::machine {

using namespace std::chrono_literals;

TEST(Patience, a_processor_that_has_never_slept_does_not_look_longer) {
    EXPECT_EQ(Patience().look(), 0ns);
}

TEST(Patience, short_sleeps_make_the_looks_grow_up_to_the_longest) {
    Patience patience;
    patience.slept(1us);
    EXPECT_EQ(patience.look(), Patience::first);
    patience.slept(Patience::longest - 1ns);
    EXPECT_EQ(patience.look(), 2 * Patience::first);
    for (int i = 0; i < 10; ++i)
        patience.slept(1us);
    EXPECT_EQ(patience.look(), Patience::longest);
}

TEST(Patience, a_sleep_that_no_look_would_have_outlasted_ends_them) {
    Patience patience;
    patience.slept(1us);
    patience.slept(Patience::longest);
    EXPECT_EQ(patience.look(), 0ns);
    patience.slept(1us);
    EXPECT_EQ(patience.look(), Patience::first);
}

} // namespace ndispool::machine
