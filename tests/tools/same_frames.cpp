// Are the frames of one capture those of another: the same number, the same bytes, the same order? Times are not
// compared.
//   same_frames [--prefix] SENT RECEIVED      exit code 0: yes, 1: no, 2: a file cannot be read
//   --prefix: RECEIVED may end early (the run was told to pass only some frames).
#include <pcap/pcap.h>

#include <cstdio>
#include <cstring>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

namespace {

struct Frame {
    const u_char* bytes = nullptr;
    bpf_u_int32 length = 0;
};

bool same(const Frame& a, const Frame& b) {
    return a.length == b.length && std::memcmp(a.bytes, b.bytes, a.length) == 0;
}

class Capture {
  public:
    explicit Capture(const char* file) : name_(file) {
        char why[PCAP_ERRBUF_SIZE];
        handle_.reset(pcap_open_offline(file, why));
        if (!handle_)
            throw std::runtime_error(why);
    }

    // False behind the last frame.
    bool next(Frame& frame) {
        pcap_pkthdr* header = nullptr;
        const int got = pcap_next_ex(handle_.get(), &header, &frame.bytes);
        if (got == PCAP_ERROR)
            throw std::runtime_error(name_ + ": " + pcap_geterr(handle_.get()));
        if (got == PCAP_ERROR_BREAK)
            return false;
        frame.length = header->caplen;
        return true;
    }

  private:
    std::string name_;
    std::unique_ptr<pcap_t, decltype(&pcap_close)> handle_{nullptr, pcap_close};
};

unsigned long long rest(Capture& capture) {
    unsigned long long frames = 0;
    for (Frame frame; capture.next(frame);)
        ++frames;
    return frames;
}

int compare(Capture& sent, Capture& received, bool prefix) {
    unsigned long long frames = 0;
    for (Frame a, b; received.next(b); ++frames) {
        if (!sent.next(a)) {
            std::printf("different: the capture has %llu frames, %llu were received\n", frames,
                        frames + 1 + rest(received));
            return 1;
        }
        if (!same(a, b)) {
            std::printf("different: frame %llu is not frame %llu of the capture\n", frames + 1, frames + 1);
            return 1;
        }
    }
    const auto missing = rest(sent);
    if (missing != 0 && !prefix) {
        std::printf("different: the capture has %llu frames, %llu were received\n", frames + missing, frames);
        return 1;
    }
    std::printf("same: %llu frames, byte for byte and in order%s\n", frames,
                missing != 0 ? " (the first of the capture)" : "");
    return 0;
}

} // namespace

int main(int argc, char** argv) {
    const bool prefix = argc > 1 && std::string_view(argv[1]) == "--prefix";
    if (argc != 3 + prefix) {
        std::fputs("usage: same_frames [--prefix] SENT RECEIVED\n", stderr);
        return 2;
    }
    try {
        Capture sent(argv[1 + prefix]);
        Capture received(argv[2 + prefix]);
        return compare(sent, received, prefix);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "same_frames: %s\n", error.what());
        return 2;
    }
}
