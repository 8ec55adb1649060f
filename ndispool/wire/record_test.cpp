#include "ndispool/wire/record.h"

#include <cerrno>
#include <csignal>
#include <thread>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ndispool/wire/testing.h"
#include "ndispool/wire/timestamp.h"

namespace ndispool::wire {
namespace {

namespace fs = std::filesystem;
using testing::bytes;
using testing::contains;
using testing::read_file;
using testing::refusal;
using testing::transmit;
using testing::write_file;

class Recording : public ::testing::Test {
  protected:
    std::string file(const std::string& name = "out.pcap") const { return folder_ / name; }
    std::unique_ptr<Wire> record(const std::string& name = "out.pcap") { return open("record:" + file(name)); }
    std::vector<OwnedFrame> recorded(const std::string& name = "out.pcap") {
        const auto wire = open("replay:" + file(name));
        const auto frames = testing::receive_all(*wire);
        EXPECT_EQ(wire->trouble(), std::nullopt);
        return frames;
    }

    testing::Folder folder_;
};

std::vector<OwnedFrame> samples() {
    std::vector<OwnedFrame> frames;
    for (std::uint32_t i = 1; i <= 300; ++i)
        frames.emplace_back(std::vector<std::byte>(9 + i * 5, static_cast<std::byte>(i)),
                            133'500'000'012'345'678 + i * 7);
    frames.emplace_back(std::vector<std::byte>(max_frame_bytes, std::byte{0xa5}), 133'500'000'099'999'999);
    return frames;
}

// This process may not go beyond `most` of `resource` while this lives.
class Limit {
  public:
    Limit(int resource, rlim_t most) : resource_(resource) {
        ::getrlimit(resource_, &before_);
        const rlimit limited{most, before_.rlim_max};
        EXPECT_EQ(::setrlimit(resource_, &limited), 0);
    }
    ~Limit() { ::setrlimit(resource_, &before_); }

  private:
    const int resource_;
    rlimit before_{};
};

std::string close_error(Wire& wire) {
    try {
        wire.close();
    } catch (const Error& error) {
        return error.what();
    }
    return {};
}

TEST_F(Recording, what_was_transmitted_is_replayed_byte_for_byte_with_times_to_100_ns) {
    const auto wire = record();
    EXPECT_EQ(transmit(*wire, samples()), samples().size());
    EXPECT_EQ(wire->counters().frames_out, samples().size());
    wire->close();
    EXPECT_EQ(recorded(), samples());
}

TEST_F(Recording, receives_nothing_and_never_ends) {
    const auto wire = record();
    std::vector<Frame> frames(1);
    EXPECT_EQ(wire->receive(frames), 0U);
    EXPECT_FALSE(wire->offers());
    EXPECT_FALSE(wire->finite());
    EXPECT_FALSE(wire->ended());
}

TEST_F(Recording, a_frame_without_a_time_gets_the_time_at_which_it_was_taken) {
    const auto wire = record();
    const std::uint64_t before = system_time_now();
    transmit(*wire, {{bytes("now, at this time")}});
    const std::uint64_t after = system_time_now();
    wire->close();
    const auto frames = recorded();
    ASSERT_EQ(frames.size(), 1U);
    EXPECT_GE(frames[0].time_100ns, before);
    EXPECT_LE(frames[0].time_100ns, after);
}

TEST_F(Recording, a_frame_longer_than_readers_accept_is_snapped) {
    const auto wire = record();
    transmit(*wire, {{std::vector<std::byte>(300'000)}, {bytes("the next frame")}});
    wire->close();
    const auto back = open("replay:" + file());
    EXPECT_EQ(testing::receive_all(*back).size(), 1U);
    EXPECT_EQ(back->counters().skipped, 1U) << "of 262,144 bytes, still a readable capture";
}

TEST_F(Recording, the_file_has_its_name_only_when_it_is_complete) {
    const auto wire = record();
    EXPECT_FALSE(fs::exists(file()));
    EXPECT_TRUE(fs::exists(file("out.pcap.part")));
    transmit(*wire, samples());
    EXPECT_FALSE(fs::exists(file()));
    wire->close();
    wire->close();
    EXPECT_EQ(recorded().size(), samples().size());
    EXPECT_EQ(folder_.files(), 1U);
    EXPECT_EQ(transmit(*wire, samples()), 0U);
}

TEST_F(Recording, a_recording_without_frames_is_a_capture_too) {
    record()->close();
    EXPECT_TRUE(recorded().empty());
}

TEST_F(Recording, what_is_not_closed_leaves_nothing_and_keeps_the_file_that_was_there) {
    write_file(file(), "precious");
    transmit(*record(), samples());
    EXPECT_EQ(read_file(file()), "precious");
    EXPECT_EQ(folder_.files(), 1U);
}

TEST_F(Recording, a_complete_one_replaces_the_file_that_was_there_and_a_stale_part) {
    write_file(file(), "old");
    write_file(file("out.pcap.part"), std::string(100'000, 'x'));
    const auto wire = record();
    transmit(*wire, {{bytes("a newer recording"), 133'500'000'012'345'678}});
    wire->close();
    EXPECT_EQ(recorded(), (std::vector<OwnedFrame>{{bytes("a newer recording"), 133'500'000'012'345'678}}));
    EXPECT_EQ(folder_.files(), 1U);
}

TEST_F(Recording, a_link_stays_a_link_to_the_file_that_is_replaced) {
    write_file(file("real.pcap"), "old");
    fs::create_symlink("real.pcap", file());
    record()->close();
    EXPECT_TRUE(fs::is_symlink(file()));
    EXPECT_TRUE(recorded("real.pcap").empty());
}

TEST_F(Recording, two_at_once_into_one_file_are_refused) {
    const auto first = record();
    EXPECT_TRUE(contains(refusal("record:" + file()), "another recording is writing this file"));
    transmit(*first, samples());
    first->close();
    EXPECT_EQ(recorded(), samples());
    record()->close();
}

TEST_F(Recording, a_fifo_is_written_in_place_batch_by_batch) {
    ASSERT_EQ(::mkfifo(file().c_str(), 0600), 0);
    const int keeps_it_open = ::open(file().c_str(), O_RDWR | O_CLOEXEC);
    ASSERT_GE(keeps_it_open, 0);
    const auto wire = record();
    transmit(*wire, {{bytes("seen at once, all"), 133'500'000'012'345'678}});
    const auto reader = open("replay:" + file());
    std::vector<Frame> frames(1);
    ASSERT_EQ(reader->receive(frames), 1U);
    EXPECT_EQ(OwnedFrame(frames[0]), OwnedFrame(bytes("seen at once, all"), 133'500'000'012'345'678));
    wire->close();
    EXPECT_TRUE(fs::is_fifo(file()));
    EXPECT_EQ(folder_.files(), 1U);
    ::close(keeps_it_open);
}

TEST_F(Recording, a_device_is_written_in_place) {
    const auto wire = open("record:/dev/null");
    transmit(*wire, samples());
    wire->close();
    EXPECT_TRUE(fs::is_character_file("/dev/null"));
}

// Standard output of the test leads to `to` while this lives.
class StandardOutput {
  public:
    explicit StandardOutput(int to) : saved_(::dup(STDOUT_FILENO)) { ::dup2(to, STDOUT_FILENO); }
    ~StandardOutput() {
        ::dup2(saved_, STDOUT_FILENO);
        ::close(saved_);
    }

  private:
    int saved_;
};

TEST_F(Recording, standard_output_stays_the_file_that_the_shell_opened) {
    const int shell = ::open(file().c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    ASSERT_GE(shell, 0);
    {
        const StandardOutput redirected(shell);
        const auto wire = open("record:/dev/stdout");
        transmit(*wire, samples());
        wire->close();
    }
    EXPECT_EQ(recorded(), samples());
    EXPECT_EQ(::lseek(shell, 0, SEEK_CUR), static_cast<off_t>(fs::file_size(file())))
        << "what is printed next goes behind";
    ::close(shell);
    EXPECT_EQ(folder_.files(), 1U);
}

TEST_F(Recording, a_name_under_proc_is_written_in_place_whatever_it_leads_to) {
    const int opened = ::open(file().c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    ASSERT_GE(opened, 0);
    const auto inode = [&] {
        struct stat status {};
        return ::stat(file().c_str(), &status) == 0 ? status.st_ino : 0;
    };
    const auto before = inode();
    open("record:/dev/fd/" + std::to_string(opened))->close();
    EXPECT_EQ(inode(), before);
    EXPECT_TRUE(recorded().empty());
    ::close(opened);
}

TEST_F(Recording, a_full_disk_is_told_at_once_swallows_the_rest_and_fails_the_close) {
    const auto wire = open("record:/dev/full");
    EXPECT_EQ(transmit(*wire, samples()), samples().size());
    ASSERT_TRUE(wire->trouble().has_value());
    EXPECT_TRUE(contains(*wire->trouble(), "record:/dev/full: cannot be written: No space left on device; make room"));
    EXPECT_EQ(wire->counters().frames_out, 0U);
    EXPECT_EQ(transmit(*wire, samples()), samples().size());
    EXPECT_EQ(close_error(*wire), *wire->trouble());
    EXPECT_EQ(close_error(*wire), "");
}

TEST_F(Recording, a_full_disk_found_at_the_close_fails_it) {
    const auto wire = open("record:/dev/full");
    EXPECT_TRUE(contains(close_error(*wire), "No space left on device"));
}

TEST_F(Recording, a_file_that_cannot_grow_leaves_nothing_that_looks_complete) {
    write_file(file(), "precious");
    const auto old_handler = std::signal(SIGXFSZ, SIG_IGN);
    auto wire = record();
    {
        const Limit limit(RLIMIT_FSIZE, 100'000);
        transmit(*wire, samples());
    }
    std::signal(SIGXFSZ, old_handler);
    errno = 0; // there is room again: the first failure still counts
    EXPECT_EQ(transmit(*wire, samples()), samples().size());
    const std::string error = close_error(*wire);
    wire.reset();
    EXPECT_TRUE(contains(error, "cannot be written: File too large")) << error;
    EXPECT_EQ(read_file(file()), "precious");
    EXPECT_EQ(folder_.files(), 1U);
}

TEST_F(Recording, too_many_open_files_are_an_error_and_leave_nothing) {
    const int next = ::dup(STDOUT_FILENO);
    ::close(next);
    for (const int free : {0, 1}) {
        const Limit limit(RLIMIT_NOFILE, static_cast<rlim_t>(next + free));
        EXPECT_TRUE(contains(refusal("record:" + file()), "cannot be written: Too many open files"));
    }
    EXPECT_EQ(folder_.files(), 0U);
}

TEST_F(Recording, a_name_that_became_a_directory_fails_the_close) {
    auto wire = record();
    fs::create_directory(file());
    EXPECT_TRUE(contains(close_error(*wire), "cannot be written: Is a directory"));
    wire.reset();
    EXPECT_EQ(folder_.files(), 1U);
}

TEST_F(Recording, a_missing_file_name_is_refused) {
    EXPECT_TRUE(contains(refusal("record:"), "the file name is missing; write record:FILE"));
    EXPECT_TRUE(contains(refusal("record"), "the file name is missing; write record:FILE"));
}

TEST_F(Recording, a_directory_is_refused) {
    EXPECT_TRUE(contains(refusal("record:" + folder_.path()), "this is a directory; name a file in it"));
}

TEST_F(Recording, a_missing_directory_is_refused) {
    EXPECT_TRUE(contains(refusal("record:" + file("none/out.pcap")),
                         "cannot be written: No such file or directory; name a file"));
    EXPECT_TRUE(
        contains(refusal("record:/dev/none/out.pcap"), "cannot be written: No such file or directory; name a file"));
    EXPECT_TRUE(
        contains(refusal("record:/proc/self/none"), "cannot be written: No such file or directory; name a file"));
}

TEST_F(Recording, an_unwritable_directory_or_file_is_refused) {
    write_file(file("readonly.pcap"), "precious");
    ::chmod(file("readonly.pcap").c_str(), 0444);
    fs::create_directory(file("folder"));
    ::chmod(file("folder").c_str(), 0555);
    ::chmod(folder_.path().c_str(), 0777); // so that only the file itself forbids it
    const testing::Unprivileged nobody;
    EXPECT_TRUE(
        contains(refusal("record:" + file("folder/out.pcap")), "cannot be written: Permission denied; name a file"));
    EXPECT_TRUE(
        contains(refusal("record:" + file("readonly.pcap")), "cannot be written: Permission denied; name a file"));
    EXPECT_EQ(read_file(file("readonly.pcap")), "precious");
}

} // namespace
} // namespace ndispool::wire
