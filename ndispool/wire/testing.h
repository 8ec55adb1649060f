// What the tests of this room share: files in a folder that goes away, captures made by hand, and whole wires read at
// once.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <initializer_list>
#include <iterator>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <unistd.h>

#include "ndispool/wire/owned_frame.h"
#include "ndispool/wire/wire.h"

namespace ndispool::wire::testing {

class Folder {
  public:
    Folder() {
        std::string name = ::testing::TempDir() + "wire.XXXXXX";
        path_ = ::mkdtemp(name.data());
    }
    ~Folder() { std::filesystem::remove_all(path_); }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;

    std::string operator/(const std::string& name) const { return path_ / name; }
    std::string path() const { return path_; }
    std::size_t files() const {
        return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(path_), {}));
    }

  private:
    std::filesystem::path path_;
};

// While it lives, root is a user who may read and write only what everybody may.
class Unprivileged {
  public:
    Unprivileged() { EXPECT_TRUE(!root_ || ::setresuid(65534, 65534, 0) == 0); }
    ~Unprivileged() { EXPECT_TRUE(!root_ || ::setresuid(0, 0, 0) == 0); }

  private:
    const bool root_ = ::geteuid() == 0;
};

inline void write_file(const std::string& name, const std::string& bytes) {
    std::ofstream(name, std::ios::binary) << bytes;
}

inline std::string read_file(const std::string& name) {
    std::ifstream file(name, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

inline std::vector<std::byte> bytes(std::string_view text) {
    const auto* begin = reinterpret_cast<const std::byte*>(text.data());
    return {begin, begin + text.size()};
}

// Numbers in the byte order of the capture.
class Writer {
  public:
    explicit Writer(bool big_endian = false) : big_endian_(big_endian) {}
    Writer& u32(std::uint32_t value) { return number(value, 4); }
    Writer& u16(std::uint16_t value) { return number(value, 2); }
    Writer& raw(std::string_view text) {
        out_ += text;
        return *this;
    }
    Writer& pad(std::size_t to) {
        out_.resize((out_.size() + to - 1) / to * to);
        return *this;
    }
    const std::string& text() const { return out_; }

  private:
    Writer& number(std::uint32_t value, int size) {
        for (int i = 0; i < size; ++i)
            out_ += static_cast<char>(value >> 8 * (big_endian_ ? size - 1 - i : i));
        return *this;
    }

    std::string out_;
    bool big_endian_;
};

struct Shape {
    bool big_endian = false;
    bool nanoseconds = false;
    std::uint32_t link_type = 1; // Ethernet
};

struct Recorded {
    std::uint32_t seconds;
    std::uint32_t fraction; // micro- or nanoseconds
    std::string bytes;
    std::uint32_t original = 0; // length on the wire; 0: that of bytes
};

inline std::string pcap(const std::vector<Recorded>& frames, Shape shape = {}) {
    Writer file(shape.big_endian);
    file.u32(shape.nanoseconds ? 0xa1b23c4d : 0xa1b2c3d4).u16(2).u16(4).u32(0).u32(0).u32(262144).u32(shape.link_type);
    for (const Recorded& frame : frames) {
        const auto size = static_cast<std::uint32_t>(frame.bytes.size());
        file.u32(frame.seconds)
            .u32(frame.fraction)
            .u32(size)
            .u32(frame.original ? frame.original : size)
            .raw(frame.bytes);
    }
    return file.text();
}

// Section header, one interface per link type, enhanced packets of interface 0 with times in microseconds.
inline std::string pcapng(const std::vector<Recorded>& frames, std::initializer_list<std::uint16_t> link_types = {1}) {
    Writer file;
    file.u32(0x0a0d0d0a).u32(28).u32(0x1a2b3c4d).u16(1).u16(0).u32(0xffffffff).u32(0xffffffff).u32(28);
    for (std::uint16_t type : link_types)
        file.u32(1).u32(20).u16(type).u16(0).u32(262144).u32(20);
    for (const Recorded& frame : frames) {
        const auto size = static_cast<std::uint32_t>(frame.bytes.size());
        const std::uint32_t block = 32 + (size + 3) / 4 * 4;
        const std::uint64_t time = frame.seconds * 1'000'000ULL + frame.fraction;
        file.u32(6).u32(block).u32(0).u32(static_cast<std::uint32_t>(time >> 32)).u32(static_cast<std::uint32_t>(time));
        file.u32(size).u32(frame.original ? frame.original : size).raw(frame.bytes).pad(4).u32(block);
    }
    return file.text();
}

// Everything a wire gives until it has ended, in batches of `batch`.
inline std::vector<OwnedFrame> receive_all(Wire& wire, std::size_t batch = 256) {
    std::vector<OwnedFrame> all;
    std::vector<Frame> frames(batch);
    while (!wire.ended())
        for (std::size_t count = wire.receive(frames); const Frame& frame : std::span(frames).first(count))
            all.emplace_back(frame);
    return all;
}

inline std::size_t transmit(Wire& wire, const std::vector<OwnedFrame>& frames) {
    std::vector<Frame> views;
    for (const OwnedFrame& frame : frames)
        views.push_back(frame.view());
    return wire.transmit(views);
}

// The line with which `spec` is refused; also checks that it is one line that names the spec and is of that kind.
inline std::string refusal(const std::string& spec, Error::Kind kind = Error::Kind::usage_or_file) {
    try {
        open(spec);
    } catch (const Error& error) {
        const std::string line = error.what();
        EXPECT_EQ(line.find('\n'), std::string::npos);
        EXPECT_EQ(error.kind(), kind) << line;
        EXPECT_EQ(line.find(spec.substr(0, spec.find('\n'))), 0U) << line;
        EXPECT_NE(line.find("; "), std::string::npos) << "says what to do: " << line;
        return line;
    }
    ADD_FAILURE() << spec << " was opened";
    return {};
}

inline bool contains(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

} // namespace ndispool::wire::testing
