#include "ndispool/host/command.h"

#include <gtest/gtest.h>
#include <stdexcept>

namespace ndispool::host {
namespace {

std::string refusal_of(std::string_view line) {
    try {
        parse_command(line);
    } catch (const std::invalid_argument& wrong) {
        return wrong.what();
    }
    return {};
}

TEST(Command, is_a_word_with_its_arguments_and_a_comment_behind_it) {
    EXPECT_EQ(parse_command("reset").verb, Verb::reset);
    EXPECT_EQ(parse_command("  power-down   below # tonight").side, Side::below);
    EXPECT_EQ(parse_command("power-up").side, Side::both);
    EXPECT_EQ(parse_command("sleep 0.25").seconds, 0.25);
    EXPECT_EQ(parse_command("").verb, Verb::none);
    EXPECT_EQ(parse_command("# nothing").verb, Verb::none);
}

TEST(Command, to_a_device_has_a_code_in_either_base_and_bytes) {
    const Command command = parse_command("ioctl \\Device\\Pt 0x00122000 0a1B");
    EXPECT_EQ(command.device, "\\Device\\Pt");
    EXPECT_EQ(command.code, 0x00122000u);
    EXPECT_EQ(command.input, (std::vector<std::uint8_t>{0x0a, 0x1b}));
    EXPECT_EQ(parse_command("ioctl Pt 16").code, 16u);
}

TEST(Command, to_a_device_that_is_open_reads_or_writes) {
    EXPECT_EQ(parse_command("open \\Device\\Npf").name, "\\Device\\Npf");
    EXPECT_EQ(parse_command("open \\Device\\Npf capture").name, "capture");
    EXPECT_EQ(parse_command("read capture 1514").code, 1514u);
    EXPECT_EQ(parse_command("read capture 1514").seconds, 1);
    EXPECT_EQ(parse_command("read capture 1514 0.5").seconds, 0.5);
    EXPECT_EQ(parse_command("write capture 0a1b").input, (std::vector<std::uint8_t>{0x0a, 0x1b}));
    EXPECT_EQ(parse_command("close capture").verb, Verb::close);
}

TEST(Command, that_cannot_be_understood_is_refused_with_the_remedy) {
    EXPECT_EQ(refusal_of("rest"), "rest: there is no such command; did you mean reset?");
    EXPECT_NE(refusal_of("xyzzy").find("--help"), std::string::npos);
    EXPECT_NE(refusal_of("sleep").find("sleep 2.5"), std::string::npos);
    EXPECT_NE(refusal_of("sleep -1").find("from 0"), std::string::npos);
    EXPECT_NE(refusal_of("sleep nan").find("from 0"), std::string::npos);
    EXPECT_NE(refusal_of("power-down sideways").find("neither below nor above"), std::string::npos);
    EXPECT_NE(refusal_of("reset now").find("one word too many"), std::string::npos);
    EXPECT_NE(refusal_of("ioctl Pt").find("control code"), std::string::npos);
    EXPECT_NE(refusal_of("ioctl Pt zero").find("no control code"), std::string::npos);
    EXPECT_NE(refusal_of("ioctl Pt 1 abc").find("pairs"), std::string::npos);
    EXPECT_NE(refusal_of("ioctl Pt 1 zz").find("pairs"), std::string::npos);
    EXPECT_NE(refusal_of("open").find("needs a device"), std::string::npos);
    EXPECT_NE(refusal_of("read Pt").find("number of bytes"), std::string::npos);
    EXPECT_NE(refusal_of("read Pt 1048577").find("1048576"), std::string::npos);
    EXPECT_NE(refusal_of("read Pt 1 -1").find("seconds"), std::string::npos);
    EXPECT_NE(refusal_of("write Pt").find("0a1b"), std::string::npos);
    EXPECT_NE(refusal_of("write Pt 0").find("write: '0'"), std::string::npos);
    EXPECT_NE(refusal_of(std::string_view("\0reset", 6)).find("control character"), std::string::npos);
    EXPECT_EQ(parse_command("reset\r").verb, Verb::reset);
}

} // namespace
} // namespace ndispool::host
