// Writes a small capture of Ethernet frames, the same on every machine, for where no real one can be had.
//   make_capture FILE FRAMES      sizes go through all that Ethernet has, 60 to 1514 bytes; one frame a millisecond
#include <pcap/pcap.h>

#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <random>

namespace {

constexpr std::size_t shortest = 60, longest = 1514;

// An Ethernet II frame from a locally administered address to everybody; the payload is the engine's bytes.
std::size_t make_frame(std::array<u_char, longest>& frame, unsigned number, std::mt19937& engine) {
    constexpr std::array<u_char, 14> header{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02, 0, 0, 0, 0, 0x01, 0x88, 0xb5};
    const std::size_t length = shortest + number * 37 % (longest - shortest + 1); // 37: coprime to the count of sizes
    std::copy(header.begin(), header.end(), frame.begin());
    for (std::size_t i = header.size(); i < length; ++i)
        frame[i] = static_cast<u_char>(engine());
    return length;
}

} // namespace

int main(int argc, char** argv) {
    if (argc != 3) {
        std::fputs("usage: make_capture FILE FRAMES\n", stderr);
        return 2;
    }
    pcap_t* ethernet = pcap_open_dead(DLT_EN10MB, 65535);
    pcap_dumper_t* file = pcap_dump_open(ethernet, argv[1]);
    if (file == nullptr) {
        std::fprintf(stderr, "make_capture: %s\n", pcap_geterr(ethernet));
        return 2;
    }
    std::mt19937 engine(1);
    std::array<u_char, longest> frame;
    const unsigned frames = static_cast<unsigned>(std::strtoul(argv[2], nullptr, 10));
    for (unsigned i = 0; i < frames; ++i) {
        pcap_pkthdr header{};
        header.ts = {static_cast<time_t>(1'000'000'000 + i / 1000), static_cast<suseconds_t>(i % 1000 * 1000)};
        header.caplen = header.len = static_cast<bpf_u_int32>(make_frame(frame, i, engine));
        pcap_dump(reinterpret_cast<u_char*>(file), &header, frame.data());
    }
    const bool written = pcap_dump_flush(file) == 0;
    pcap_dump_close(file);
    pcap_close(ethernet);
    return written ? 0 : 2;
}
