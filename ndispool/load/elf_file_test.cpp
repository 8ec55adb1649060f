#include "ndispool/load/elf_file.h"

#include "ndispool/load/testing.h"

#include <algorithm>
#include <cstring>
#include <elf.h>
#include <gtest/gtest.h>
#include <random>

namespace ndispool::load {
namespace {

ElfFile read(const std::string& bytes) {
    return ElfFile(std::as_bytes(std::span(bytes)));
}

std::string refusal(const std::string& bytes) {
    try {
        read(bytes);
    } catch (const BadElf& bad) {
        return bad.what();
    }
    return "";
}

std::string good() {
    return testing::content(testing::driver("good"));
}

template <class T> std::string with(std::size_t offset, T value) {
    std::string bytes = good();
    std::memcpy(bytes.data() + offset, &value, sizeof value);
    return bytes;
}

TEST(ElfFile, imports_and_exports_are_listed) {
    const ElfFile elf = read(good());
    const auto imports = [&](const std::string& name) {
        return std::any_of(elf.bindings().begin(), elf.bindings().end(),
                           [&](auto& binding) { return binding.imported && binding.name == name; });
    };
    EXPECT_TRUE(imports("NdisTwice"));
    EXPECT_TRUE(imports("NdisWeakAbsent"));
    EXPECT_FALSE(imports("interposed"));
    EXPECT_TRUE(elf.exports().contains("DriverEntry"));
    EXPECT_FALSE(elf.exports().contains("NdisTwice"));
    EXPECT_FALSE(elf.exports().contains("hidden_inside"));
}

TEST(ElfFile, static_functions_are_among_its_symbols) {
    const ElfFile elf = read(good());
    EXPECT_TRUE(std::any_of(elf.symbols().begin(), elf.symbols().end(),
                            [](auto& symbol) { return symbol.name == "hidden_inside"; }));
}

TEST(ElfFile, cut_at_any_byte_is_refused) {
    const std::string whole = good();
    for (std::size_t bytes = 0; bytes < whole.size(); bytes += bytes < 4096 ? 1 : 61)
        EXPECT_NE(refusal(whole.substr(0, bytes)), "") << bytes;
    EXPECT_EQ(refusal(whole), "");
}

TEST(ElfFile, a_file_that_lost_its_end_is_called_cut_off) {
    const std::string whole = good();
    EXPECT_NE(refusal(whole.substr(0, whole.size() - 1)).find("is cut off"), std::string::npos);
}

TEST(ElfFile, a_32_bit_file_is_told_to_be_compiled_with_m64) {
    EXPECT_NE(refusal(with(EI_CLASS, char{ELFCLASS32})).find("32-bit"), std::string::npos);
}

TEST(ElfFile, another_byte_order_is_refused) {
    EXPECT_NE(refusal(with(EI_DATA, char{ELFDATA2MSB})).find("little-endian"), std::string::npos);
}

TEST(ElfFile, another_processor_is_refused) {
    EXPECT_NE(refusal(with(offsetof(Elf64_Ehdr, e_machine), std::uint16_t{EM_AARCH64})).find("another processor"),
              std::string::npos);
}

TEST(ElfFile, an_object_file_is_told_to_be_linked) {
    EXPECT_NE(refusal(with(offsetof(Elf64_Ehdr, e_type), std::uint16_t{ET_REL})).find("object file"),
              std::string::npos);
}

TEST(ElfFile, a_program_is_refused_whether_position_independent_or_not) {
    EXPECT_NE(refusal(with(offsetof(Elf64_Ehdr, e_type), std::uint16_t{ET_EXEC})).find("is a program"),
              std::string::npos);
    EXPECT_NE(refusal(testing::content("/proc/self/exe")).find("is a program"), std::string::npos);
}

TEST(ElfFile, overlapping_segments_are_refused) {
    std::string bytes = good();
    Elf64_Ehdr header;
    std::memcpy(&header, bytes.data(), sizeof header);
    for (std::size_t i = 0; i < header.e_phnum; ++i) {
        Elf64_Phdr segment;
        char* const place = bytes.data() + header.e_phoff + i * sizeof segment;
        std::memcpy(&segment, place, sizeof segment);
        if (segment.p_type == PT_LOAD)
            segment.p_vaddr = 0;
        std::memcpy(place, &segment, sizeof segment);
    }
    EXPECT_NE(refusal(bytes).find("overlap"), std::string::npos);
}

TEST(ElfFile, damaged_bytes_are_read_or_refused_and_never_crash) {
    const std::string whole = good();
    std::mt19937 random(1);
    for (int round = 0; round < 3000; ++round) {
        std::string bytes = whole;
        for (int flips = 0; flips < 8; ++flips)
            bytes[random() % (flips % 2 ? bytes.size() : 0x400)] = static_cast<char>(random());
        refusal(bytes);
    }
}

} // namespace
} // namespace ndispool::load
