#include "ndispool/tool/program.h"

#include "ndispool/host/run.h"
#include "ndispool/load/image.h"
#include "ndispool/observe/output_file.h"
#include "ndispool/wire/wire.h"

#include <gtest/gtest.h>
#include <new>
#include <system_error>

namespace ndispool::tool {
namespace {

struct Ending {
    ExitCode code;
    std::string said;
};

Ending ending(const std::function<ExitCode()>& work) {
    ::testing::internal::CaptureStderr();
    const ExitCode code = guarded(work);
    return {code, ::testing::internal::GetCapturedStderr()};
}

Ending ending_of(const auto& error) {
    return ending([&]() -> ExitCode { throw error; });
}

TEST(Program, what_the_work_answers_is_the_exit_code_and_nothing_is_said) {
    const Ending findings = ending([] { return ExitCode::findings; });
    EXPECT_EQ(findings.code, ExitCode::findings);
    EXPECT_EQ(findings.said, "");
}

TEST(Program, bad_input_ends_with_2_and_its_line) {
    const Ending usage = ending_of(UsageError("--count: 'x' is not a whole number"));
    EXPECT_EQ(usage.code, ExitCode::usage);
    EXPECT_EQ(usage.said, "ndispool: --count: 'x' is not a whole number\n");
    EXPECT_EQ(ending_of(load::Error("d.so", "has no DriverEntry")).code, ExitCode::usage);
    EXPECT_EQ(ending_of(host::Error("d.so: DriverEntry failed")).code, ExitCode::usage);
    EXPECT_EQ(ending_of(observe::OutputError("x: cannot be written")).code, ExitCode::usage);
    EXPECT_EQ(ending_of(wire::Error(wire::Error::Kind::usage_or_file, "replay:x: no such file")).code, ExitCode::usage);
}

TEST(Program, what_the_machine_or_this_version_lacks_ends_with_3) {
    EXPECT_EQ(ending_of(LackError("check: not yet")).code, ExitCode::lacking);
    EXPECT_EQ(ending_of(wire::Error(wire::Error::Kind::environment, "tap:x: not here")).code, ExitCode::lacking);
    EXPECT_EQ(ending_of(std::bad_alloc()).code, ExitCode::lacking);
    EXPECT_EQ(ending_of(std::system_error(EAGAIN, std::generic_category(), "thread")).code, ExitCode::lacking);
}

TEST(Program, a_line_stays_one_line_whatever_is_in_it) {
    EXPECT_EQ(ending_of(UsageError("a\nb\x1b[31m\xff")).said, "ndispool: a?b?[31m?\n");
}

} // namespace
} // namespace ndispool::tool
