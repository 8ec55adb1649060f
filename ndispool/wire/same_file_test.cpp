#include "ndispool/wire/same_file.h"

#include <gtest/gtest.h>

#include "ndispool/wire/testing.h"

namespace ndispool::wire {
namespace {

namespace fs = std::filesystem;

class SameFile : public ::testing::Test {
  protected:
    SameFile() {
        testing::write_file(folder_ / "a", "");
        testing::write_file(folder_ / "b", "");
    }
    bool same(const std::string& a, const std::string& b) { return same_file(a, b) && same_file(b, a); }

    testing::Folder folder_;
};

TEST_F(SameFile, is_seen_through_links_dots_and_before_the_file_is_made) {
    fs::create_symlink("a", folder_ / "link");
    fs::create_hard_link(folder_ / "a", folder_ / "hard");
    for (const char* name : {"a", "./a", "link", "hard"})
        EXPECT_TRUE(same("replay:" + folder_ / "a", "record:" + folder_ / name)) << name;
    EXPECT_TRUE(same("record:" + folder_ / "new", "record:" + folder_ / "./new"));
    EXPECT_TRUE(same("record:no-such-file", "record:./no-such-file"));
}

TEST_F(SameFile, different_files_are_not_the_same) {
    EXPECT_FALSE(same_file("replay:" + folder_ / "a", "record:" + folder_ / "b"));
    EXPECT_FALSE(same_file("replay:" + folder_ / "a", "record:" + folder_ / "new"));
    EXPECT_FALSE(same_file("record:" + folder_ / "one", "record:" + folder_ / "two"));
}

TEST_F(SameFile, two_replays_of_one_file_do_each_other_no_harm) {
    EXPECT_FALSE(same_file("replay:" + folder_ / "a", "replay:" + folder_ / "a"));
    EXPECT_TRUE(same_file("record:" + folder_ / "a", "record:" + folder_ / "a"));
}

TEST_F(SameFile, the_part_of_a_recording_is_its_file_too) {
    EXPECT_TRUE(same("replay:" + folder_ / "a.part", "record:" + folder_ / "a"));
}

TEST_F(SameFile, devices_and_wires_without_a_file_are_never_the_same) {
    EXPECT_FALSE(same_file("record:/dev/null", "record:/dev/null"));
    EXPECT_FALSE(same_file("null", "null"));
    EXPECT_FALSE(same_file("null:64", "null:64"));
    EXPECT_FALSE(same_file("record:", "record:"));
    EXPECT_FALSE(same_file("tap:a", "tap:a"));
}

} // namespace
} // namespace ndispool::wire
