#include "ndispool/observe/json.h"

#include <gtest/gtest.h>
#include <limits>
#include <nlohmann/json.hpp>
#include <sstream>

namespace ndispool::observe {
namespace {

// What another reader makes of one value.
nlohmann::json read_back(const auto& value) {
    std::ostringstream out;
    JsonWriter json(out);
    json.begin_array();
    json.value(value);
    json.end_array();
    return nlohmann::json::parse(out.str()).at(0);
}

TEST(JsonWriter, strings_come_back_as_they_were) {
    for (const std::string& text : {std::string(""), std::string("a\"b\\c/d"), std::string("\b\f\n\r\t\x01\x1f\x7f"),
                                    std::string("nul\0inside", 10), std::string("\u00e4\u20ac\U0001f4e6")})
        EXPECT_EQ(read_back(text).get<std::string>(), text);
}

TEST(JsonWriter, a_byte_that_is_not_utf8_becomes_the_replacement_character) {
    EXPECT_EQ(read_back(std::string("a\xff\xe2\x82"
                                    "b"))
                  .get<std::string>(),
              "a\ufffd\ufffd\ufffdb");
    EXPECT_EQ(read_back(std::string("\xed\xa0\x80")).get<std::string>(), "\ufffd\ufffd\ufffd");
}

TEST(JsonWriter, integers_are_exact) {
    EXPECT_EQ(read_back(std::numeric_limits<std::uint64_t>::max()).get<std::uint64_t>(),
              std::numeric_limits<std::uint64_t>::max());
    EXPECT_EQ(read_back(std::uint64_t{9007199254740993}).dump(), "9007199254740993");
    EXPECT_EQ(read_back(0u).dump(), "0");
}

TEST(JsonWriter, doubles_read_back_as_the_same_number) {
    for (const double number : {0.0, 0.1, 1e-9, 747392.1234567891, 1e300, 5e-324, -2.5})
        EXPECT_EQ(read_back(number).get<double>(), number);
}

TEST(JsonWriter, a_number_that_json_cannot_say_is_null) {
    EXPECT_TRUE(read_back(std::numeric_limits<double>::infinity()).is_null());
    EXPECT_TRUE(read_back(std::numeric_limits<double>::quiet_NaN()).is_null());
}

TEST(JsonWriter, booleans_are_booleans) {
    EXPECT_EQ(read_back(true).dump(), "true");
    EXPECT_EQ(read_back(false).dump(), "false");
}

TEST(JsonWriter, nesting_order_and_empty_lists_are_kept) {
    std::ostringstream out;
    JsonWriter json(out);
    json.begin_object();
    json.member("z", 1u);
    json.key("list");
    json.begin_array();
    json.value("one");
    json.begin_object();
    json.member("inner", true);
    json.end_object();
    json.end_array();
    json.key("empty");
    json.begin_array();
    json.end_array();
    json.member("a\"", 2u);
    json.end_object();
    EXPECT_EQ(out.str(), "{\n"
                         "  \"z\": 1,\n"
                         "  \"list\": [\n"
                         "    \"one\",\n"
                         "    {\n"
                         "      \"inner\": true\n"
                         "    }\n"
                         "  ],\n"
                         "  \"empty\": [],\n"
                         "  \"a\\\"\": 2\n"
                         "}\n");
}

} // namespace
} // namespace ndispool::observe
