#include "ndispool/observe/output_file.h"

#include <csignal>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <iterator>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

namespace ndispool::observe {
namespace {

namespace fs = std::filesystem;

class OutputFile : public ::testing::Test {
  protected:
    OutputFile() {
        std::string name = (fs::temp_directory_path() / "observe_test_XXXXXX").string();
        folder_ = ::mkdtemp(name.data());
    }
    ~OutputFile() override { fs::remove_all(folder_); }

    static std::string content(const fs::path& file) {
        std::ifstream in(file, std::ios::binary);
        return {std::istreambuf_iterator<char>(in), {}};
    }
    std::ptrdiff_t files() const { return std::distance(fs::directory_iterator(folder_), {}); }

    fs::path folder_;
};

std::string refusal(auto action) {
    try {
        action();
    } catch (const OutputError& error) {
        return error.what();
    }
    return "";
}

TEST_F(OutputFile, appears_whole_and_alone) {
    write_whole(folder_ / "run.json", "{}\n");
    EXPECT_EQ(content(folder_ / "run.json"), "{}\n");
    EXPECT_EQ(files(), 1);
}

TEST_F(OutputFile, takes_the_place_of_an_older_one_and_keeps_its_mode) {
    const fs::path file = folder_ / "run.json";
    std::ofstream(file) << "something longer than the new content";
    ::chmod(file.c_str(), 0640);
    write_whole(file, "new");
    EXPECT_EQ(content(file), "new");
    EXPECT_EQ(fs::status(file).permissions(), fs::perms(0640));
}

TEST_F(OutputFile, is_written_where_a_link_leads) {
    std::ofstream(folder_ / "real.json") << "old";
    fs::create_symlink("real.json", folder_ / "link.json");
    write_whole(folder_ / "link.json", "new");
    EXPECT_TRUE(fs::is_symlink(folder_ / "link.json"));
    EXPECT_EQ(content(folder_ / "real.json"), "new");
}

TEST_F(OutputFile, that_could_not_be_written_leaves_the_old_one_and_no_part) {
    const fs::path file = folder_ / "run.json";
    std::ofstream(file) << "old";
    struct rlimit_guard {
        rlimit_guard() { ::signal(SIGXFSZ, SIG_IGN); }
        ~rlimit_guard() { ::signal(SIGXFSZ, SIG_DFL); }
    } guard;
    const rlimit small{4, RLIM_INFINITY};
    ::setrlimit(RLIMIT_FSIZE, &small);
    const std::string line = refusal([&] { write_whole(file, "much too long"); });
    const rlimit all{RLIM_INFINITY, RLIM_INFINITY};
    ::setrlimit(RLIMIT_FSIZE, &all);
    EXPECT_TRUE(line.starts_with(file.string() + ": cannot be written: ")) << line;
    EXPECT_EQ(content(file), "old");
    EXPECT_EQ(files(), 1);
}

TEST_F(OutputFile, a_pipe_is_written_as_it_is) {
    const fs::path pipe = folder_ / "pipe";
    ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
    const int reader = ::open(pipe.c_str(), O_RDONLY | O_NONBLOCK);
    require_writable(pipe);
    write_whole(pipe, "through");
    char text[16] = "";
    EXPECT_EQ(::read(reader, text, sizeof text), 7);
    EXPECT_STREQ(text, "through");
    ::close(reader);
    EXPECT_TRUE(fs::is_fifo(pipe));
}

TEST_F(OutputFile, asking_beforehand_leaves_nothing) {
    require_writable(folder_ / "run.json");
    require_writable("-");
    EXPECT_EQ(files(), 0);
}

TEST_F(OutputFile, asking_beforehand_names_what_cannot_be_written) {
    const fs::path missing = folder_ / "no" / "run.json";
    EXPECT_TRUE(refusal([&] { require_writable(missing); }).starts_with(missing.string() + ": cannot be written: "));
    EXPECT_NE(refusal([&] { require_writable(folder_); }).find("Is a directory"), std::string::npos);
}

TEST_F(OutputFile, a_dash_is_standard_output) {
    EXPECT_TRUE(is_standard_output("-"));
    EXPECT_TRUE(is_standard_output("/dev/stdout"));
    EXPECT_FALSE(is_standard_output("./-"));
}

} // namespace
} // namespace ndispool::observe
