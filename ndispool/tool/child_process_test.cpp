#include "ndispool/tool/child_process.h"

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <gtest/gtest.h>
#include <memory>
#include <thread>
#include <unistd.h>
#include <vector>

namespace ndispool::tool {
namespace {

using How = ChildEnding::How;

TEST(ChildProcess, gives_back_what_the_work_returned_and_apart_from_it_what_it_printed) {
    const ChildEnding end = run_in_child(
        [] {
            std::puts("said");
            std::fflush(stdout);
            return std::string(100'000, 'x');
        },
        {});
    EXPECT_EQ(end.how, How::returned);
    EXPECT_EQ(end.result, std::string(100'000, 'x') + "\n");
    EXPECT_EQ(end.printed, "said\n");
}

TEST(ChildProcess, one_that_exits_by_itself_has_no_result_whatever_its_exit_code) {
    for (const int code : {0, 7}) {
        const ChildEnding end = run_in_child([code]() -> std::string { ::_exit(code); }, {});
        EXPECT_EQ(end.how, How::exited);
        EXPECT_EQ(end.code, code);
    }
}

TEST(ChildProcess, the_result_arrives_although_the_work_closed_every_file) {
    const ChildEnding end = run_in_child(
        [] {
            ::close_range(0, ~0u, 0);
            return std::string("result");
        },
        {});
    EXPECT_EQ(end.how, How::returned);
    EXPECT_EQ(end.result, "result\n");
}

TEST(ChildProcess, what_the_work_forked_is_gone_with_it) {
    const ChildEnding end = run_in_child(
        [] {
            const pid_t forked = ::fork();
            if (forked == 0)
                for (;;)
                    ::pause();
            return std::to_string(forked);
        },
        {});
    const std::string path = "/proc/" + end.result.substr(0, end.result.size() - 1) + "/stat";
    for (std::string state = "S"; !state.empty() && state != "Z";) { // killed; whoever adopted it may take a moment
        state.clear();
        std::ifstream(path) >> state >> state >> state;
    }
}

TEST(ChildProcess, a_crash_is_told_with_its_signal_address_and_stack) {
    const ChildEnding end = run_in_child(
        []() -> std::string {
            *reinterpret_cast<volatile int*>(0x10) = 1;
            return "";
        },
        {});
    EXPECT_EQ(end.how, How::signalled);
    EXPECT_EQ(end.code, SIGSEGV);
    ASSERT_EQ(end.notes.size(), 1u);
    EXPECT_EQ(end.notes[0].signal, SIGSEGV);
    EXPECT_EQ(end.notes[0].address, 0x10u);
    EXPECT_GT(end.notes[0].frames.size(), 1u);
}

TEST(ChildProcess, an_abort_is_told_like_any_crash) {
    const ChildEnding end = run_in_child([]() -> std::string { std::abort(); }, {});
    EXPECT_EQ(end.code, SIGABRT);
    ASSERT_EQ(end.notes.size(), 1u);
}

[[gnu::noinline]] int recurse(int depth) {
    volatile int place[256];
    place[depth % 256] = depth;
    return depth < 0 ? 0 : recurse(depth + 1) + place[(depth + 1) % 256];
}

TEST(ChildProcess, a_stack_that_is_used_up_is_told_too) {
    const ChildEnding end = run_in_child([] { return std::to_string(recurse(0)); }, {});
    EXPECT_EQ(end.code, SIGSEGV);
    ASSERT_EQ(end.notes.size(), 1u);
    EXPECT_GT(end.notes[0].frames.size(), 2u); // to the function that began it: what repeats is there once
    EXPECT_LT(end.notes[0].frames.size(), frames_noted);
}

TEST(ChildProcess, one_that_does_not_end_is_ended_and_says_where_its_threads_were) {
    const ChildEnding end = run_in_child(
        []() -> std::string {
            std::thread other([] {
                for (;;)
                    ::pause();
            });
            for (;;)
                ::pause();
        },
        {.seconds = 0.2});
    EXPECT_EQ(end.how, How::timed_out);
    EXPECT_EQ(end.notes.size(), 2u);
    EXPECT_LT(end.seconds, 10);
}

TEST(ChildProcess, memory_is_limited_and_using_it_up_is_told) {
    const ChildEnding end = run_in_child(
        []() -> std::string {
            std::vector<std::unique_ptr<char[]>> all;
            for (;;)
                all.push_back(std::make_unique<char[]>(1 << 20));
        },
        {.memory_mib = 100});
    EXPECT_TRUE(end.out_of_memory);
    EXPECT_EQ(end.how, How::signalled);
}

TEST(ChildProcess, one_that_waits_for_memory_for_ever_is_told_apart_from_other_hangs) {
    const ChildEnding end = run_in_child(
        []() -> std::string {
            for (;;)
                if (void* const memory = std::malloc(1 << 20))
                    static_cast<volatile char*>(memory)[0] = 1;
        },
        {.seconds = 0.5, .memory_mib = 100});
    EXPECT_EQ(end.how, How::timed_out);
    EXPECT_TRUE(end.out_of_memory);
}

TEST(ChildProcess, endless_output_does_not_fill_the_machine) {
    const ChildEnding end = run_in_child(
        []() -> std::string {
            for (int i = 0; i < 100'000; ++i)
                std::printf("%0100d\n", i);
            std::fflush(stdout);
            return "";
        },
        {.printed_mib = 1});
    EXPECT_LE(end.printed.size(), 4096u);
}

TEST(ChildProcess, is_gone_when_nobody_waits_for_it_any_more) {
    pid_t child = 0;
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    {
        const ChildProcess process(
            [&]() -> std::string {
                const pid_t self = ::getpid();
                [[maybe_unused]] const ssize_t written = ::write(ends[1], &self, sizeof self);
                for (;;)
                    ::pause();
            },
            {});
        ASSERT_EQ(::read(ends[0], &child, sizeof child), static_cast<ssize_t>(sizeof child));
    }
    EXPECT_EQ(::kill(child, 0), -1);
    ::close(ends[0]);
    ::close(ends[1]);
}

} // namespace
} // namespace ndispool::tool
