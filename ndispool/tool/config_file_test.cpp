#include "ndispool/tool/config_file.h"

#include "ndispool/tool/parameters.h"
#include "ndispool/tool/testing.h"

#include <gtest/gtest.h>
#include <map>
#include <set>

namespace ndispool::tool {
namespace {

using testing::has;
using testing::refusal;

std::string refusal_of(const std::string& content) {
    const testing::Folder folder;
    const auto file = folder.file("driver.toml", content);
    const std::string line = refusal([&] { read_config(file); });
    EXPECT_TRUE(line.starts_with(file.string() + ": ")) << line;
    EXPECT_FALSE(has(line, "\n"));
    return line;
}

TEST(ConfigFile, strings_integers_and_lists_of_strings_are_parameters) {
    const testing::Folder folder;
    std::map<std::string, decltype(host::Parameter::value)> read;
    for (const host::Parameter& parameter : read_config(folder.file("driver.toml", "Buffers = 64\n"
                                                                                   "Most = 4294967295\n"
                                                                                   "# a comment\n"
                                                                                   "NetworkAddress = \"02-00-00\"\n"
                                                                                   "Upper = [\"one\", \"two\"]\n"
                                                                                   "None = []\n")))
        read[parameter.name] = parameter.value;
    ASSERT_EQ(read.size(), 5u);
    EXPECT_EQ(std::get<std::uint32_t>(read["Buffers"]), 64u);
    EXPECT_EQ(std::get<std::uint32_t>(read["Most"]), 4294967295u);
    EXPECT_EQ(std::get<std::string>(read["NetworkAddress"]), "02-00-00");
    EXPECT_EQ(std::get<std::vector<std::string>>(read["Upper"]), (std::vector<std::string>{"one", "two"}));
    EXPECT_TRUE(std::get<std::vector<std::string>>(read["None"]).empty());
}

TEST(ConfigFile, tables_are_for_a_driver_or_an_adapter_or_both) {
    const testing::Folder folder;
    std::set<std::string> names;
    for (const host::Parameter& parameter : read_config(folder.file("driver.toml", "A = 1\n"
                                                                                   "[2]\nB = 1\n"
                                                                                   "[ndisprot]\nC = 1\n"
                                                                                   "[ndisprot.2]\nD = 1\n"
                                                                                   "[0]\nE = 1\n")))
        names.insert(name_of(parameter));
    EXPECT_EQ(names, (std::set<std::string>{"A", "2:B", "ndisprot:C", "ndisprot:2:D", "0:E"})) << "0 is a name";
}

TEST(ConfigFile, an_empty_file_has_no_parameters) {
    const testing::Folder folder;
    EXPECT_TRUE(read_config(folder.file("driver.toml", "")).empty());
}

TEST(ConfigFile, other_values_are_refused_with_their_line) {
    for (const char* value : {"-1", "4294967296", "1.5", "true", "[1, 2]", "[\"a\", 1]", "{a = 1}", "1979-05-27"})
        EXPECT_TRUE(has(refusal_of("A = 1\nB = " + std::string(value) + "\n"), "line 2: B is no parameter value"))
            << value;
    EXPECT_TRUE(has(refusal_of("A = 1\n\"\" = 2\n"), "line 2: a parameter has no name"));
    EXPECT_TRUE(has(refusal_of("\"A\\nB\" = -1\n"), "A?B is no parameter value"));
    EXPECT_TRUE(has(refusal_of("[2.ndisprot]\nA = 1\n"), "ndisprot is no parameter value"));
    EXPECT_TRUE(has(refusal_of("[a.b]\nA = 1\n"), "b is no parameter value"));
}

TEST(ConfigFile, what_is_not_toml_is_refused_with_its_line) {
    EXPECT_TRUE(has(refusal_of("A = 1\nB 2\n"), "line 2: "));
    EXPECT_TRUE(has(refusal_of("A = 1\nA = 2\n"), "line 2: "));
    EXPECT_TRUE(has(refusal_of("[\n=b]\n"), "write NAME = VALUE in TOML"));
    EXPECT_TRUE(has(refusal_of("A = \"\xff\"\n"), "line 1: "));
}

TEST(ConfigFile, one_that_cannot_be_read_is_named) {
    const testing::Folder folder;
    const auto missing = folder.path() / "none.toml";
    EXPECT_TRUE(has(refusal([&] { read_config(missing); }), missing.string() + ": cannot be read: No such file"));
    EXPECT_TRUE(has(refusal([&] { read_config(folder.path()); }), "is a folder"));
}

} // namespace
} // namespace ndispool::tool
