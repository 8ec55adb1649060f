#include "ndispool/load/file_facts.h"

#include "ndispool/load/image.h"
#include "ndispool/load/pe_file.h"
#include "ndispool/load/testing.h"

#include <algorithm>
#include <cstring>
#include <gtest/gtest.h>

namespace ndispool::load {
namespace {

// A small Windows driver, byte by byte: one section at address 0x1000 that holds the imports and the exports.
class PeBytes {
  public:
    PeBytes(std::uint16_t machine, bool wide) : bytes_(0x800, '\0') {
        put<std::uint16_t>(0, 0x5a4d);
        put<std::uint32_t>(0x3c, head);
        put<std::uint32_t>(head, 0x4550);
        put<std::uint16_t>(head + 4, machine);
        put<std::uint16_t>(head + 6, 1); // one section
        put<std::uint16_t>(head + 20, 240);
        put<std::uint16_t>(optional, wide ? 0x20b : 0x10b);
        put<std::uint16_t>(optional + 68, 1); // native: a driver
        const unsigned directories = optional + (wide ? 108 : 92);
        put<std::uint32_t>(directories, 16);
        put<std::uint32_t>(directories + 4, 0x1200);  // exports
        put<std::uint32_t>(directories + 12, 0x1000); // imports
        put<std::uint32_t>(optional + 240 + 12, 0x1000);
        put<std::uint32_t>(optional + 240 + 16, 0x400);
        put<std::uint32_t>(optional + 240 + 20, 0x400);
        put<std::uint32_t>(0x400, 0x1040);      // import lookup table
        put<std::uint32_t>(0x400 + 12, 0x1080); // name of the library
        text(0x480, "NDIS.SYS");
        const unsigned step = wide ? 8 : 4;
        put<std::uint32_t>(0x440, 0x10a0);
        text(0x4a2, "NdisAllocatePacket");
        put<std::uint32_t>(0x440 + step, 12);
        put<std::uint8_t>(0x440 + 2 * step - 1, 0x80); // the highest bit: by number
        put<std::uint32_t>(0x600 + 24, 1);
        put<std::uint32_t>(0x600 + 32, 0x1240);
        put<std::uint32_t>(0x640, 0x1250);
        text(0x650, "DriverEntry");
    }
    template <class Number> void put(std::size_t at, Number number) {
        std::memcpy(bytes_.data() + at, &number, sizeof number);
    }
    void text(std::size_t at, const char* text) { std::strcpy(bytes_.data() + at, text); }
    const std::string& bytes() const { return bytes_; }

  private:
    static constexpr unsigned head = 0x80, optional = head + 24;
    std::string bytes_;
};

PeFile parse(const std::string& bytes) {
    return PeFile(std::as_bytes(std::span(bytes)));
}

TEST(FileFacts, a_driver_of_ours_has_imports_and_exports) {
    const FileFacts facts = facts_of(testing::driver("good"));
    EXPECT_EQ(facts.kind, "ELF shared object, x86-64");
    EXPECT_EQ(facts.bits, 64u);
    EXPECT_NE(std::find(facts.exports.begin(), facts.exports.end(), "DriverEntry"), facts.exports.end());
    EXPECT_FALSE(facts.imports.empty());
}

TEST(FileFacts, a_windows_driver_is_described_with_what_it_imports) {
    for (const bool wide : {true, false}) {
        const testing::Folder folder;
        const FileFacts facts = facts_of(folder.file("d.sys", PeBytes(wide ? 0x8664 : 0x14c, wide).bytes()));
        EXPECT_EQ(facts.kind, wide ? "Windows driver (PE32+), x86-64" : "Windows driver (PE32), i386");
        EXPECT_EQ(facts.bits, wide ? 64u : 32u);
        ASSERT_EQ(facts.imports.size(), 2u);
        EXPECT_EQ(facts.imports[0].name, "#12");
        EXPECT_EQ(facts.imports[1].name, "NdisAllocatePacket");
        EXPECT_EQ(facts.imports[1].library, "NDIS.SYS");
        EXPECT_EQ(facts.exports, std::vector<std::string>{"DriverEntry"});
        EXPECT_EQ(facts.libraries, std::vector<std::string>{"NDIS.SYS"});
    }
}

TEST(FileFacts, a_damaged_windows_image_is_refused_whatever_is_damaged) {
    const std::string whole = PeBytes(0x8664, true).bytes();
    EXPECT_NO_THROW(parse(whole));
    for (std::size_t length = 0; length < 0x600; length += 7)
        EXPECT_THROW(parse(whole.substr(0, length)), BadPe) << length;
    for (std::size_t at = 0; at < whole.size(); ++at)
        for (const char value : {'\xff', '\x7f', '\x01'}) {
            std::string damaged = whole;
            damaged[at] = value;
            try {
                parse(damaged);
            } catch (const BadPe&) { // also an answer
            }
        }
}

TEST(FileFacts, other_files_are_called_what_they_are) {
    const testing::Folder folder;
    EXPECT_EQ(facts_of(folder.file("a.a", "!<arch>\n")).kind, "static library");
    EXPECT_EQ(facts_of(folder.file("t.txt", "text")).kind, "neither ELF nor PE");
    EXPECT_THROW(facts_of(folder.path() / "missing.so"), Error);
    std::string small(64, '\0');
    std::memcpy(small.data(), "\177ELF\1\1\1", 7); // 32 bits
    small[16] = 3;                                 // a shared object
    small[18] = 3;                                 // i386
    EXPECT_EQ(facts_of(folder.file("d32.so", small)).kind, "ELF shared object, i386");
}

} // namespace
} // namespace ndispool::load
