#include "ndispool/wire/tap.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <sys/ioctl.h>

#include "ndispool/wire/layers.h"
#include "ndispool/wire/one_line.h"
#include "ndispool/wire/refusal.h"
#include "ndispool/wire/timestamp.h"

namespace ndispool::wire {

namespace {

constexpr char device_file[] = "/dev/net/tun";

Descriptor open_device(const Spec& spec) {
    Descriptor device(::open(device_file, O_RDWR | O_NONBLOCK | O_CLOEXEC));
    if (!device && (errno == ENOENT || errno == ENODEV || errno == ENXIO))
        throw Error(Error::Kind::environment,
                    spec.message(std::string(device_file) + " is not there (" + errno_text(errno) +
                                 "); load the kernel module (modprobe tun), or give the container this device "
                                 "(--device /dev/net/tun)"));
    if (!device)
        refuse_call(spec, std::string("open ") + device_file, errno);
    return device;
}

[[noreturn]] void refuse_name(const Spec& spec, const std::string& name, int error) {
    if (error == EBUSY)
        throw Error(Error::Kind::usage_or_file,
                    spec.message("another program has the device " + name + " open; end it, or choose another name"));
    if (error == EINVAL || error == EEXIST)
        throw Error(Error::Kind::usage_or_file, spec.message("the interface " + name +
                                                             " is there and is no TAP device with one queue; "
                                                             "choose another name, or use packet:" +
                                                             name));
    refuse_call(spec, "TUNSETIFF", error);
}

} // namespace

void Tap::attach() {
    const Spec spec{Wire::spec()};
    const bool made = !interface().look();
    Descriptor device = open_device(spec);
    ifreq request{};
    request.ifr_flags = IFF_TAP | IFF_NO_PI;
    std::memcpy(request.ifr_name, interface().name().c_str(), interface().name().size() + 1);
    if (::ioctl(device.get(), TUNSETIFF, &request) < 0)
        refuse_name(spec, interface().name(), errno);
    if (made && !interface().bring_up())
        refuse_call(spec, "SIOCSIFFLAGS", errno);
    index_ = interface().require(spec).index;
    device_ = std::move(device);
}

bool Tap::sound() noexcept {
    const auto link = interface().look();
    return link && link->index == index_;
}

std::size_t Tap::take(std::span<Frame> frames) {
    scratch_.reset();
    std::size_t count = 0;
    std::uint64_t now = 0;
    while (count < frames.size()) {
        const std::span<std::byte> room = scratch_.take(max_frame_bytes);
        const ssize_t bytes = ::read(device_.get(), room.data(), room.size());
        if (bytes <= 0) // EAGAIN: none now. EIO: the interface is down. EBADFD: it is gone, which sound() finds.
            break;
        if (static_cast<std::size_t>(bytes) < ethernet_header_bytes) {
            scratch_.give_back(max_frame_bytes);
            count_skipped();
            continue;
        }
        scratch_.give_back(max_frame_bytes - static_cast<std::size_t>(bytes));
        if (now == 0)
            now = system_time_now();
        frames[count++] = {room.first(static_cast<std::size_t>(bytes)), now};
    }
    return count;
}

std::size_t Tap::send(std::span<const Frame> frames) {
    for (std::size_t i = 0; i < frames.size(); ++i) {
        const Frame& frame = frames[i];
        ssize_t written;
        do
            written = ::write(device_.get(), frame.bytes.data(), frame.bytes.size());
        while (written < 0 && errno == EINTR);
        if (written < 0 && (errno == EAGAIN || errno == ENOBUFS))
            return i;
        if (written < 0) // down, gone, or a frame that is no Ethernet frame
            count_dropped(1);
        else
            count_out(frames.subspan(i, 1));
    }
    return frames.size();
}

std::unique_ptr<Wire> open_tap(const Spec& spec, const Options&) {
    auto wire = std::make_unique<Tap>(spec);
    wire->open();
    return wire;
}

} // namespace ndispool::wire
