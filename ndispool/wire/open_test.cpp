#include <gtest/gtest.h>

#include "ndispool/wire/testing.h"
#include "ndispool/wire/wire.h"

namespace ndispool::wire {
namespace {

using testing::contains;
using testing::refusal;

TEST(Open, an_unknown_wire_is_refused_with_the_list_of_those_there_are) {
    for (const char* spec : {"carrier-pigeon:7", "pcap:x", "broken:null", ":", "replay.pcap"}) {
        const std::string line = refusal(spec);
        EXPECT_TRUE(contains(line,
                             "here are replay:FILE, record:FILE, null, null:BYTES, tap:NAME, packet:IFACE, xdp:IFACE "
                             "and lossy:WHAT:WIRE"))
            << line;
        EXPECT_FALSE(contains(line, "did you mean")) << line;
    }
}

TEST(Open, an_empty_spec_is_refused) {
    try {
        open("");
        FAIL();
    } catch (const Error& error) {
        EXPECT_TRUE(contains(error.what(), "wire '': no such wire"));
    }
}

TEST(Open, a_misspelt_wire_is_refused_with_the_spelling_that_was_meant) {
    EXPECT_TRUE(contains(refusal("reply:a:b.pcap"), "did you mean replay:a:b.pcap?"));
    EXPECT_TRUE(contains(refusal("recrod:out.pcap"), "did you mean record:out.pcap?"));
    EXPECT_TRUE(contains(refusal("nul"), "did you mean null?"));
    EXPECT_TRUE(contains(refusal("Null:64"), "did you mean null:64?"));
}

TEST(Open, the_name_of_a_file_alone_is_refused_with_replay_as_what_was_meant) {
    const testing::Folder folder;
    testing::write_file(folder / "there.pcap", "x");
    EXPECT_TRUE(contains(refusal(folder / "there.pcap"), "did you mean replay:" + folder / "there.pcap" + "?"));
    EXPECT_FALSE(contains(refusal(folder / "missing.pcap"), "did you mean"));
}

TEST(Open, the_name_of_an_interface_alone_is_refused_with_packet_as_what_was_meant) {
    EXPECT_TRUE(contains(refusal("lo"), "did you mean packet:lo?"));
}

TEST(Open, what_cannot_be_the_name_of_an_interface_is_refused_before_the_machine_is_asked) {
    for (const char* scheme : {"tap", "packet"})
        for (const char* name : {"", ":", ":a/b", ":a b", ":sixteen-letters-", ":..", ":a:b"})
            EXPECT_TRUE(contains(refusal(scheme + std::string(name)), "the name of an interface has 1 to 15 letters"))
                << name;
}

TEST(Open, a_wire_remembers_the_spec_as_it_was_written) {
    std::string text = "null:0064";
    const auto wire = open(text);
    text.assign("overwritten");
    EXPECT_EQ(wire->spec(), "null:0064");
}

} // namespace
} // namespace ndispool::wire
