#include "ndispool/load/image.h"

#include "ndispool/load/testdata/probe.h"
#include "ndispool/load/testing.h"

#include <algorithm>
#include <fstream>
#include <gtest/gtest.h>
#include <regex>
#include <sys/stat.h>

// The plain door of these tests, which the dynamic linker finds in the test program.
extern "C" {
__attribute__((visibility("default"))) int NdisTwice(int value) {
    return 2 * value;
}
__attribute__((visibility("default"))) int interposed(int) {
    return -1;
}
int constructors_run = 0;
__attribute__((visibility("default"))) int constructor_ran() {
    return ++constructors_run;
}
}

namespace ndispool::load {
namespace {

using testing::driver;

int checked_twice(int value) {
    return 2 * value + 7;
}

void* plain_door(std::string_view) {
    return nullptr;
}

void* checked_door(std::string_view name) {
    return name == "NdisTwice" ? reinterpret_cast<void*>(checked_twice) : nullptr;
}

Probe enter(const Image& image) {
    Probe probe{};
    reinterpret_cast<int (*)(Probe*, void*)>(image.entry())(&probe, nullptr);
    return probe;
}

// The one line of a file that does not open.
std::string refusal(const std::filesystem::path& file) {
    try {
        Image::open(file, plain_door);
    } catch (const Error& error) {
        EXPECT_TRUE(std::string(error.what()).starts_with(file.string() + ": ")) << error.what();
        EXPECT_EQ(std::string(error.what()).find('\n'), std::string::npos);
        return error.what();
    }
    return "";
}

// Read-only tables and lazy or full protection of the slots are the linker's choice: both drivers must behave alike.
class EveryLink : public ::testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(Image, EveryLink, ::testing::Values("good", "good_now", "stripped"));

TEST_P(EveryLink, every_kind_of_import_slot_goes_where_the_resolver_says) {
    const auto image = Image::open(driver(GetParam()), checked_door);
    const Probe probe = enter(*image);
    EXPECT_EQ(probe.through_call, 27);
    EXPECT_EQ(probe.through_table, 27);
    EXPECT_EQ(probe.through_unaligned, 27);
    EXPECT_EQ(probe.through_pointer, 27);
}

TEST_P(EveryLink, an_import_unknown_to_the_resolver_comes_from_the_process) {
    const Probe probe = enter(*Image::open(driver(GetParam()), plain_door));
    EXPECT_EQ(probe.through_call, 20);
    EXPECT_EQ(probe.through_table, 20);
}

TEST_P(EveryLink, what_the_driver_defines_itself_is_never_taken_from_elsewhere) {
    const Probe probe = enter(*Image::open(driver(GetParam()), plain_door));
    EXPECT_EQ(probe.own_by_call, 1001);
    EXPECT_EQ(probe.own_by_table, 1001);
}

TEST_P(EveryLink, a_weak_import_that_nobody_has_is_null) {
    EXPECT_EQ(enter(*Image::open(driver(GetParam()), plain_door)).weak_is_null, 1);
}

TEST_P(EveryLink, loaded_again_after_unloading_its_static_data_is_fresh) {
    for (int round = 0; round < 3; ++round) {
        const auto image = Image::open(driver(GetParam()), plain_door);
        EXPECT_EQ(enter(*image).entered, 1);
        EXPECT_EQ(enter(*image).entered, 2);
    }
}

// Permissions of the mapping that holds `address`, as /proc/self/maps writes them.
std::string permissions(const void* address) {
    std::ifstream maps("/proc/self/maps");
    for (std::string line; std::getline(maps, line);) {
        unsigned long begin = 0, end = 0;
        char text[5] = "";
        std::sscanf(line.c_str(), "%lx-%lx %4s", &begin, &end, text);
        if (const auto at = reinterpret_cast<unsigned long>(address); at >= begin && at < end)
            return text;
    }
    return "";
}

TEST(Image, slots_that_were_read_only_are_so_again_after_binding) {
    const auto image = Image::open(driver("good_now"), checked_door);
    EXPECT_EQ(permissions(enter(*image).table), "r--p");
    EXPECT_EQ(permissions(image->entry()), "r-xp");
}

TEST(Image, says_its_name_its_format_and_its_imports_in_order) {
    const auto image = Image::open(driver("good"), plain_door);
    EXPECT_EQ(image->name(), "good");
    EXPECT_EQ(image->path(), driver("good"));
    EXPECT_EQ(image->format(), Format::elf);
    EXPECT_TRUE(std::is_sorted(image->imports().begin(), image->imports().end()));
    EXPECT_EQ(std::count(image->imports().begin(), image->imports().end(), "NdisTwice"), 1);
    EXPECT_TRUE(image->code().contains(reinterpret_cast<std::uintptr_t>(image->entry())));
}

TEST(Image, the_resolver_is_asked_once_for_each_name) {
    std::vector<std::string> asked;
    const auto image = Image::open(driver("good"), [&](std::string_view name) {
        asked.emplace_back(name);
        return checked_door(name);
    });
    EXPECT_EQ(asked, image->imports());
}

TEST(Image, where_names_static_functions_with_the_offset) {
    const auto image = Image::open(driver("good"), plain_door);
    const Probe probe = enter(*image);
    EXPECT_EQ(image->where(probe.hidden), "good!hidden_inside+0x0");
    EXPECT_EQ(image->where(probe.hidden + 5), "good!hidden_inside+0x5");
    EXPECT_EQ(image->where(static_cast<char*>(image->entry()) + 0x1), "good!DriverEntry+0x1");
}

TEST(Image, where_falls_back_to_exported_names_then_to_the_offset_in_the_image) {
    const auto image = Image::open(driver("stripped"), plain_door);
    const Probe probe = enter(*image);
    EXPECT_EQ(image->where(image->entry()), "stripped!DriverEntry+0x0");
    EXPECT_TRUE(std::regex_match(image->where(probe.hidden), std::regex("stripped!0x[0-9a-f]+")))
        << image->where(probe.hidden);
    int local = 0;
    EXPECT_TRUE(std::regex_match(image->where(&local), std::regex("0x[0-9a-f]+")));
}

TEST(Image, a_library_that_only_the_drivers_run_path_finds_is_found) {
    const auto image = Image::open(driver("uses_library"), plain_door);
    EXPECT_EQ(reinterpret_cast<int (*)(void*, void*)>(image->entry())(nullptr, nullptr), 42);
}

TEST(Image, without_driver_entry_it_is_refused_before_anything_of_it_runs) {
    EXPECT_NE(refusal(driver("no_entry")).find("has no DriverEntry"), std::string::npos);
    EXPECT_EQ(constructors_run, 0);
}

TEST(Image, all_unresolved_imports_are_named_in_one_line) {
    const std::string line = refusal(driver("unresolved"));
    EXPECT_NE(line.find("unresolved import NdisNobodyHasThis (and 1 more: NdisNorThis)"), std::string::npos) << line;
}

TEST(Image, a_driver_with_a_sanitizer_that_the_program_lacks_is_told_so) {
    EXPECT_NE(refusal(driver("sanitized")).find("compiled with a sanitizer"), std::string::npos);
}

TEST(Image, the_same_file_is_not_loaded_twice_at_a_time) {
    const auto image = Image::open(driver("good"), plain_door);
    EXPECT_NE(refusal(driver("good")).find("still in this process"), std::string::npos);
    EXPECT_EQ(enter(*image).entered, 1);
}

TEST(Image, one_that_could_not_be_unmapped_is_refused_the_second_time) {
    Image::open(driver("pinned"), plain_door);
    EXPECT_NE(refusal(driver("pinned")).find("still in this process"), std::string::npos);
}

TEST(Image, a_path_without_a_folder_is_a_file_here_not_a_library_of_the_system) {
    const testing::Folder folder;
    folder.file("local.so", testing::content(driver("good")));
    const auto before = std::filesystem::current_path();
    std::filesystem::current_path(folder.path());
    EXPECT_EQ(enter(*Image::open("local.so", plain_door)).entered, 1);
    std::filesystem::current_path(before);
}

TEST(Image, missing_files_folders_and_empty_files_are_refused) {
    const testing::Folder folder;
    EXPECT_NE(refusal(folder.path() / "nothing.so").find("no such file"), std::string::npos);
    EXPECT_NE(refusal(folder.path()).find("is a folder"), std::string::npos);
    EXPECT_NE(refusal(folder.file("empty.so", "")).find("is empty"), std::string::npos);
    const auto fifo = folder.path() / "fifo.so";
    ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
    EXPECT_NE(refusal(fifo).find("not a regular file"), std::string::npos);
}

TEST(Image, other_kinds_of_files_are_refused) {
    const testing::Folder folder;
    EXPECT_NE(refusal(folder.file("text.so", "hello\n")).find("is not a driver"), std::string::npos);
    EXPECT_NE(refusal(folder.file("short.so", "\177EL")).find("is not a driver"), std::string::npos);
    EXPECT_NE(refusal(folder.file("windows.sys", "MZ\x90")).find("Windows image"), std::string::npos);
    EXPECT_NE(refusal(folder.file("static.a", "!<arch>\n")).find("static library"), std::string::npos);
    EXPECT_NE(refusal("/proc/self/exe"), "");
}

TEST(Image, a_file_cut_off_anywhere_is_refused) {
    const testing::Folder folder;
    const std::string whole = testing::content(driver("good"));
    for (std::size_t bytes = 1; bytes < whole.size(); bytes += 509)
        EXPECT_NE(refusal(folder.file("cut.so", whole.substr(0, bytes))), "") << bytes;
}

TEST(Image, a_name_with_a_newline_still_makes_one_line) {
    const testing::Folder folder;
    const auto file = folder.file("two\nlines.so", "hello");
    try {
        Image::open(file, plain_door);
        FAIL();
    } catch (const Error& error) {
        EXPECT_NE(std::string(error.what()).find("two?lines.so: is not a driver"), std::string::npos);
    }
}

} // namespace
} // namespace ndispool::load
