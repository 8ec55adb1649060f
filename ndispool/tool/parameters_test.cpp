#include "ndispool/tool/parameters.h"

#include "ndispool/tool/testing.h"

#include <gtest/gtest.h>
#include <tuple>

namespace ndispool::tool {
namespace {

using testing::refusal;

std::string text_of(const host::Parameter& parameter) {
    return std::get<std::string>(parameter.value);
}

TEST(Parameters, the_first_equals_sign_ends_the_name) {
    const host::Parameter parameter = parse_parameter("Address=a=b c");
    EXPECT_EQ(parameter.name, "Address");
    EXPECT_EQ(text_of(parameter), "a=b c");
}

TEST(Parameters, a_value_may_be_empty) {
    EXPECT_EQ(text_of(parse_parameter("Address=")), "");
}

TEST(Parameters, malformed_ones_are_refused_by_name) {
    EXPECT_EQ(refusal([] { parse_parameter("Buffers"); }), "--param: 'Buffers' has no '='; write NAME=VALUE");
    EXPECT_EQ(refusal([] { parse_parameter("=5"); }), "--param: '=5' has no name before the '='; write NAME=VALUE");
    EXPECT_TRUE(testing::has(refusal([] { parse_parameter(""); }), "--param: '' has no '='"));
    EXPECT_TRUE(testing::has(refusal([] { parse_parameter("A=\xff"); }), "is not UTF-8"));
}

TEST(Parameters, may_be_those_of_a_driver_or_an_adapter) {
    const auto read = [](const char* text) {
        const host::Parameter parameter = parse_parameter(text);
        EXPECT_EQ(text_of(parameter), "a:b");
        EXPECT_EQ(name_of(parameter) + "=a:b", text);
        return std::tuple(parameter.driver, parameter.adapter, parameter.name);
    };
    EXPECT_EQ(read("Name=a:b"), std::tuple("", 0u, "Name"));
    EXPECT_EQ(read("2:Name=a:b"), std::tuple("", 2u, "Name"));
    EXPECT_EQ(read("ndisprot:Name=a:b"), std::tuple("ndisprot", 0u, "Name"));
    EXPECT_EQ(read("ndisprot:16:Name=a:b"), std::tuple("ndisprot", 16u, "Name"));
    for (const char* wrong : {"2:ndisprot:Name=1", "a:b:c=1", "ndisprot:=1", "2:=1", ":Name=1"})
        EXPECT_TRUE(testing::has(refusal([&] { parse_parameter(wrong); }), "is not NAME=VALUE")) << wrong;
    std::vector<host::Parameter> several;
    for (const char* text : {"A=1", "2:A=2", "d:A=3", "d:2:A=4", "2:a=5"})
        set_parameter(several, parse_parameter(text));
    EXPECT_EQ(several.size(), 4u) << "each replaces its like only";
}

TEST(Parameters, the_last_of_a_name_counts_whatever_its_case) {
    std::vector<host::Parameter> parameters;
    for (const char* text : {"Buffers=1", "Other=x", "BUFFERS=2"})
        set_parameter(parameters, parse_parameter(text));
    ASSERT_EQ(parameters.size(), 2u);
    EXPECT_EQ(parameters[0].name, "Other");
    EXPECT_EQ(parameters[1].name, "BUFFERS");
    EXPECT_EQ(text_of(parameters[1]), "2");
}

TEST(Parameters, a_name_that_begins_another_is_a_name_of_its_own) {
    std::vector<host::Parameter> parameters;
    set_parameter(parameters, parse_parameter("Buffers=1"));
    set_parameter(parameters, parse_parameter("Buffer=2"));
    EXPECT_EQ(parameters.size(), 2u);
}

} // namespace
} // namespace ndispool::tool
