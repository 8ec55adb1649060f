#include "ndispool/nt/bug_check.h"

#include <cstdlib>
#include <gtest/gtest.h>

#include "ndis/debug.h"

namespace ndispool::nt {
namespace {

TEST(KeBugCheckEx, says_its_code_and_ends_the_program) {
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    EXPECT_DEATH(KeBugCheckEx(0xD1, 1, 2, 3, 0xABC), "bug check 0x000000d1 \\(0x1, 0x2, 0x3, 0xabc\\)");
}

TEST(KeBugCheckEx, asks_the_hook_first) {
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    const auto leave = [](const BugCheck& check) { std::_Exit(static_cast<int>(check.code)); };
    EXPECT_EXIT(
        {
            set_bug_check_hook(leave);
            KeBugCheck(7);
        },
        testing::ExitedWithCode(7), "");
}

} // namespace
} // namespace ndispool::nt
