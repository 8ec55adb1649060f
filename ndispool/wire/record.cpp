#include "ndispool/wire/record.h"

#include <algorithm>
#include <cerrno>

#include <pcap/pcap.h>

#include "ndispool/wire/one_line.h"
#include "ndispool/wire/timestamp.h"

namespace ndispool::wire {

namespace {

constexpr int snap_bytes = 262'144; // the most that readers of captures accept
constexpr std::size_t write_buffer_bytes = 256 * 1024;

} // namespace

void Record::Closer::operator()(pcap* format) const {
    pcap_close(format);
}
void Record::Closer::operator()(pcap_dumper* dump) const {
    pcap_dump_close(dump);
}

Record::Record(const Spec& spec)
    : Wire(std::string(spec.text)), file_(spec),
      write_buffer_(std::make_unique_for_overwrite<char[]>(write_buffer_bytes)),
      format_(pcap_open_dead_with_tstamp_precision(DLT_EN10MB, snap_bytes, PCAP_TSTAMP_PRECISION_NANO)) {
    std::FILE* const stream = file_.stream();
    std::setvbuf(stream, write_buffer_.get(), _IOFBF, write_buffer_bytes);
    dump_.reset(pcap_dump_fopen(format_.get(), stream));
    if (!dump_)
        throw Error(Error::Kind::environment, spec.message(std::string("libpcap cannot write a capture (") +
                                                           pcap_geterr(format_.get()) + "); free some memory"));
}

Record::~Record() = default;

std::size_t Record::transmit(std::span<const Frame> frames) {
    if (!dump_)
        return 0;
    if (failed_)
        return frames.size();
    const std::uint64_t now = system_time_now();
    for (const Frame& frame : frames)
        write(frame, frame.time_100ns == 0 ? now : frame.time_100ns);
    if (file_.in_place())
        pcap_dump_flush(dump_.get());
    if (std::ferror(pcap_dump_file(dump_.get())))
        fail(errno);
    else
        count_out(frames);
    return frames.size();
}

void Record::write(const Frame& frame, std::uint64_t system_time_100ns) {
    const UnixTime time = to_unix_time(system_time_100ns);
    pcap_pkthdr header{};
    header.ts.tv_sec = time.seconds;
    header.ts.tv_usec = time.nanoseconds;
    header.caplen = static_cast<bpf_u_int32>(std::min<std::size_t>(frame.bytes.size(), snap_bytes));
    header.len = static_cast<bpf_u_int32>(frame.bytes.size());
    pcap_dump(reinterpret_cast<u_char*>(dump_.get()), &header, reinterpret_cast<const u_char*>(frame.bytes.data()));
}

void Record::fail(int error) {
    failed_ = true;
    set_trouble(std::string(spec()) + ": cannot be written: " + errno_text(error) +
                "; make room or record to another file (nothing of this recording is kept)");
}

void Record::close() {
    if (!dump_)
        return;
    if (!failed_ && (pcap_dump_flush(dump_.get()) != 0 || std::ferror(pcap_dump_file(dump_.get()))))
        fail(errno);
    dump_.reset();
    if (failed_)
        throw Error(Error::Kind::usage_or_file, *trouble());
    file_.commit();
}

std::unique_ptr<Wire> open_record(const Spec& spec, const Options&) {
    if (spec.argument.empty())
        throw Error(Error::Kind::usage_or_file, spec.message("the file name is missing; write record:FILE"));
    return std::make_unique<Record>(spec);
}

} // namespace ndispool::wire
