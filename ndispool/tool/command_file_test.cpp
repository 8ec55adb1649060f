#include "ndispool/tool/command_file.h"

#include "ndispool/tool/exit_code.h"

#include <fstream>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

namespace ndispool::tool {
namespace {

struct CommandFileTest : testing::Test {
    std::filesystem::path folder = std::filesystem::path(testing::TempDir()) / ("commands" + std::to_string(getpid()));
    std::filesystem::path file = folder / "file";

    CommandFileTest() { std::filesystem::create_directories(folder); }
    ~CommandFileTest() override { std::filesystem::remove_all(folder); }
};

TEST_F(CommandFileTest, gives_the_lines_of_an_ordinary_file_and_then_has_no_more) {
    std::ofstream(file) << "reset\n\npower-up";
    CommandFile commands(file);
    EXPECT_TRUE(commands.more());
    EXPECT_EQ(commands.next(), "reset");
    EXPECT_EQ(commands.next(), "");
    EXPECT_TRUE(commands.more());
    EXPECT_EQ(commands.next(), "power-up");
    EXPECT_FALSE(commands.more());
    EXPECT_EQ(commands.next(), std::nullopt);
}

TEST_F(CommandFileTest, of_a_pipe_may_be_written_by_one_program_after_another_and_never_waits) {
    ASSERT_EQ(mkfifo(file.c_str(), 0600), 0);
    CommandFile commands(file);
    EXPECT_EQ(commands.next(), std::nullopt);
    EXPECT_FALSE(commands.more()) << "a pipe keeps no run going";
    for (const char* line : {"reset", "bind"}) {
        std::ofstream(file) << line << "\nhalf";
        EXPECT_EQ(commands.next(), line);
        std::ofstream(file) << " a line\n";
        EXPECT_EQ(commands.next(), "half a line");
    }
}

TEST_F(CommandFileTest, that_cannot_be_read_is_refused_with_the_remedy) {
    for (const auto& bad : {folder, folder / "missing"})
        try {
            CommandFile commands(bad);
            ADD_FAILURE() << bad;
        } catch (const UsageError& error) {
            EXPECT_NE(std::string(error.what()).find("mkfifo"), std::string::npos) << error.what();
        }
}

} // namespace
} // namespace ndispool::tool
