#include "ndispool/tool/driver_path.h"

#include "ndispool/tool/testing.h"

#include <algorithm>
#include <gtest/gtest.h>
#include <stdlib.h>

namespace ndispool::tool {
namespace {

namespace fs = std::filesystem;
using testing::has;
using testing::refusal;

TEST(DriverPath, a_shipped_name_is_the_first_such_driver_in_the_folders) {
    const testing::Folder first, second;
    second.file("passthru.so");
    EXPECT_EQ(find_driver("passthru", {first.path(), second.path()}), second.path() / "passthru.so");
    first.file("passthru.so");
    EXPECT_EQ(find_driver("passthru", {first.path(), second.path()}), first.path() / "passthru.so");
}

TEST(DriverPath, a_folder_of_that_name_is_not_a_driver) {
    const testing::Folder folder;
    fs::create_directory(folder.path() / "passthru.so");
    EXPECT_TRUE(
        has(refusal([&] { find_driver("passthru", {folder.path()}); }), "is in none of " + folder.path().string()));
}

TEST(DriverPath, a_path_is_taken_as_it_is) {
    for (const char* path : {"./passthru", "/no/such/driver.so", "driver.so", "driver.sys"})
        EXPECT_EQ(find_driver(path, {}), path);
}

TEST(DriverPath, a_word_may_be_a_file_of_the_current_folder) {
    const testing::Folder folder;
    const fs::path before = fs::current_path();
    folder.file("mydriver");
    fs::current_path(folder.path());
    EXPECT_EQ(find_driver("mydriver", {}), "mydriver");
    fs::current_path(before);
}

TEST(DriverPath, an_unknown_word_is_refused_with_the_shipped_names) {
    const std::string line = refusal([] { find_driver("nothing", {}); });
    EXPECT_TRUE(line.starts_with("nothing: "));
    EXPECT_TRUE(has(line, "passthru, netvmini, ndisprot"));
    EXPECT_TRUE(has(refusal([] { find_driver("pasthru", {}); }), "did you mean passthru?"));
    EXPECT_TRUE(has(refusal([] { find_driver("", {}); }), "DRIVER is empty"));
}

TEST(DriverPath, the_environment_comes_before_the_places_beside_the_program) {
    ::setenv("NDISPOOL_DRIVERS", "/one::/two", 1);
    const auto folders = driver_folders();
    ::unsetenv("NDISPOOL_DRIVERS");
    ASSERT_GE(folders.size(), 4u);
    EXPECT_EQ(folders[0], "/one");
    EXPECT_EQ(folders[1], "/two");
    const fs::path program = fs::read_symlink("/proc/self/exe").parent_path();
    EXPECT_EQ(folders.back(), (program / "../drivers").lexically_normal());
    EXPECT_EQ(driver_folders().size(), folders.size() - 2);
}

} // namespace
} // namespace ndispool::tool
