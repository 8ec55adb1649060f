#include "ndispool/machine/bug.h"
#include "ndispool/machine/testing.h"
#include <gtest/gtest.h>

namespace ndispool::machine {

TEST(Bug, goes_to_the_hook_with_its_object) {
    static const void* seen;
    static std::string said;
    const BugHook old = set_bug_hook([](const char* what, const void* object) {
        said = what;
        seen = object;
    });
    int object = 0;
    report_bug("wrong", &object);
    EXPECT_NE(set_bug_hook(old), old);
    EXPECT_EQ(said, "wrong");
    EXPECT_EQ(seen, &object);
}

TEST(Bug, without_a_hook_is_one_line_on_stderr) {
    const BugHook old = set_bug_hook(nullptr);
    ::testing::internal::CaptureStderr();
    report_bug("wrong", reinterpret_cast<const void*>(0x12));
    EXPECT_EQ(::testing::internal::GetCapturedStderr(), "ndispool: bug: wrong (0x12)\n");
    EXPECT_EQ(set_bug_hook(old), nullptr);
}

} // namespace ndispool::machine
