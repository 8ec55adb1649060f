// What is allowed is not reported: the drivers that ship with ndispool, over a real capture where there is one, and whatever the
// documentation lets a driver do with its packets.
#include "ndispool/verify/rules.h"
#include "tests/verify/checked.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <unistd.h>

namespace {

std::string frames() {
    const char* const capture = std::getenv("NDISPOOL_CAPTURE");
    return capture ? std::string("replay:") + capture : "null:200 --count 20000";
}

void expect_clean(const std::string& arguments) {
    const Outcome outcome = run(arguments);
    EXPECT_EQ(outcome.exit_code, 0) << arguments << "\n" << outcome.output;
    EXPECT_TRUE(rules_of(outcome).empty()) << arguments;
}

class Shipped : public testing::TestWithParam<const char*> {};

TEST_P(Shipped, drivers_are_clean_with_one_processor_and_with_two) {
    const bool miniport = std::string(GetParam()).starts_with("netvmini");
    const std::string wire = (miniport ? " --above " : " --below ") + frames();
    expect_clean(GetParam() + wire + " --processors 1");
    expect_clean(GetParam() + wire + " --processors 2 --seed 7");
}

// A pool of few descriptors, so that overflow is used; packets passed on untouched, on packet stack locations.
INSTANTIATE_TEST_SUITE_P(All, Shipped,
                         testing::Values("passthru", "passthru --param SendPackets=1",
                                         "passthru --param PacketStacking=1", "ndisprot", "netvmini"));

TEST(CheckedRun, sends_that_come_from_above_are_clean_too) {
    expect_clean("passthru --above null:200 --count 5000 --processors 2");
    expect_clean("passthru --param PacketStacking=1 --above null:200 --count 5000 --processors 2");
}

TEST(CheckedRun, a_received_packet_may_be_kept_for_seconds) {
    expect_clean(NDISPOOL_TEST_DRIVERS "/wrong_protocol.so --below null:64 --count 400 --param Break=ok-kept-long");
}

// A file with commands, for --control.
class Commands {
  public:
    explicit Commands(const char* lines)
        : file_(std::filesystem::temp_directory_path() / ("commands-" + std::to_string(::getpid()))) {
        std::ofstream(file_) << lines;
    }
    ~Commands() { std::filesystem::remove(file_); }
    Commands(const Commands&) = delete;
    Commands& operator=(const Commands&) = delete;
    std::string option() const { return " --control " + file_.string(); }

  private:
    std::filesystem::path file_;
};

TEST(CheckedRun, frames_that_come_while_nobody_is_above_go_back_behind_their_handler) {
    const Commands commands("power-down above\nsleep 0.05\npower-up above\nsleep 0.01\nend\n");
    expect_clean("passthru --below null:200 --clock virtual" + commands.option());
    expect_clean("passthru --below null:200 --clock virtual --processors 2 --seed 2" + commands.option());
}

TEST(CheckedRun, an_adapter_that_is_gone_is_told_of_nothing) {
    const Commands commands("remove\nsurprise-remove\nremove\ninsert\nsleep 0.01\nend\n");
    expect_clean("netvmini --above null:200 --clock virtual" + commands.option());
}

TEST(CheckedRun, the_pool_table_shows_what_the_driver_asked_for_and_not_what_the_checks_added) {
    const Outcome plain = run("passthru --below null:200 --count 1000", "");
    const Outcome checked = run("passthru --below null:200 --count 1000");
    ASSERT_EQ(plain.report["pools"].size(), checked.report["pools"].size());
    for (std::size_t i = 0; i < plain.report["pools"].size(); ++i)
        for (const char* number : {"descriptors", "overflow", "packet_size_bytes", "protocol_reserved_bytes",
                                   "allocations", "refusals", "in_use"})
            EXPECT_EQ(plain.report["pools"][i][number], checked.report["pools"][i][number]) << number;
}

TEST(CheckedRun, a_crash_says_what_the_address_belonged_to) {
    const std::string driver = NDISPOOL_TEST_DRIVERS "/wrong_protocol.so --below null:64 --count 10 --param Break=";
    EXPECT_NE(run(driver + "crash").output.find("a null pointer"), std::string::npos);
    EXPECT_NE(run(driver + "crash-freed").output.find("memory that had been freed"), std::string::npos);
    EXPECT_NE(run(driver + "recursion").output.find("end of the thread's stack"), std::string::npos);
}

TEST(CheckedRun, every_rule_has_a_page) {
    for (const ndispool::verify::Rule& rule : ndispool::verify::rule::all)
        EXPECT_TRUE(std::filesystem::exists(std::string(NDISPOOL_SOURCE "/docs/rules/") + rule.id + ".md")) << rule.id;
}

} // namespace
