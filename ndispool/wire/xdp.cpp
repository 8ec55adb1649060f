#include "ndispool/wire/xdp.h"

#include <algorithm>
#include <cstdarg>
#include <optional>
#include <sys/socket.h>

#include <bpf/libbpf.h>
#include <xdp/libxdp.h>

#include "ndispool/wire/channel_guard.h"
#include "ndispool/wire/layers.h"
#include "ndispool/wire/live.h"
#include "ndispool/wire/offload_guard.h"
#include "ndispool/wire/promiscuous.h"
#include "ndispool/wire/refusal.h"
#include "ndispool/wire/timestamp.h"
#include "ndispool/wire/xdp_program.h"
#include "ndispool/wire/xdp_socket.h"

namespace ndispool::wire {

namespace {

int say_nothing(libbpf_print_level, const char*, std::va_list) {
    return 0;
}
int say_nothing(libxdp_print_level, const char*, std::va_list) {
    return 0;
}

struct Wish {
    std::string_view link; // the spec without the mode
    std::optional<XdpMode> mode;
};

Wish read_wish(const Spec& spec) {
    const std::size_t comma = spec.argument.find(',');
    if (comma == std::string_view::npos)
        return {spec.text, {}};
    const std::string_view mode = spec.argument.substr(comma + 1);
    if (mode != "native" && mode != "skb")
        throw Error(Error::Kind::usage_or_file, spec.message("the mode is native or skb; for example xdp:eth0,skb, or "
                                                             "xdp:eth0 for the better one that works"));
    return {spec.text.substr(0, spec.text.find(',')), mode == "native" ? XdpMode::native : XdpMode::skb};
}

class Xdp final : public Live {
  public:
    Xdp(const Spec& spec, const Wish& wish) : Live(spec, Spec(wish.link)), mode_(wish.mode) {}
    ~Xdp() override { close(); }

  private:
    void attach() override;
    void detach() noexcept override;
    bool sound() noexcept override;
    std::size_t take(std::span<Frame> frames) override;
    std::size_t send(std::span<const Frame> frames) override;
    int waitable() const override { return socket_->descriptor(); }
    void more_details(std::vector<Detail>& details) const override;
    void attach_program(const Spec& spec);
    void audit();

    static constexpr std::chrono::milliseconds at_first{1000}; // later the next look tries again

    const std::optional<XdpMode> mode_; // that the user insists on
    bool returning_ = false;
    Link link_;
    std::optional<OffloadGuard> offloads_;
    std::optional<ChannelGuard> channels_;
    Descriptor promiscuous_;
    std::unique_ptr<XdpSocket> socket_;
    XdpProgram program_;
    std::atomic<bool> native_{false}, up_{true};
    std::atomic<std::uint64_t> missed_{0}; // a count; orders no other data
};

void Xdp::attach() {
    const Spec spec{Wire::spec()};
    link_ = interface().require(spec);
    try {
        offloads_.emplace(interface());
        channels_.emplace(interface());
        if (!channels_->single())
            throw Error(Error::Kind::environment,
                        spec.message("the interface has several queues and does not let go of them; try 'ethtool -L " +
                                     interface().name() + " combined 1', or use packet:" + interface().name()));
        promiscuous_ = Descriptor(must(::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0), spec, "socket(AF_PACKET)"));
        ask_for_all(promiscuous_, spec, link_);
        socket_ = std::make_unique<XdpSocket>(spec, interface(), link_, 0,
                                              returning_ ? std::chrono::milliseconds(0) : at_first);
        returning_ = true;
        attach_program(spec);
        program_.steer(spec, 0, socket_->descriptor());
        up_ = link_.up;
    } catch (...) {
        Xdp::detach();
        throw;
    }
}

void Xdp::attach_program(const Spec& spec) {
    if (mode_ != XdpMode::skb)
        try {
            program_ = XdpProgram(spec, link_, XdpMode::native);
            native_ = true;
            return;
        } catch (const Error&) {
            if (mode_)
                throw;
        }
    program_ = XdpProgram(spec, link_, XdpMode::skb);
    native_ = false;
}

void Xdp::audit() {
    if (socket_ && !socket_->balanced())
        set_trouble(
            std::string(Wire::spec()) +
            ": frames of the shared memory are not where they ought to be; this is a fault of ndispool or of the "
            "interface's driver: please report it");
}

void Xdp::detach() noexcept {
    audit();
    program_ = {};
    socket_.reset();
    promiscuous_ = {};
    channels_.reset();
    offloads_.reset();
}

bool Xdp::sound() noexcept {
    audit();
    missed_.fetch_add(socket_->take_missed(), std::memory_order_relaxed);
    const auto link = interface().look();
    up_.store(link && link->up, std::memory_order_relaxed); // a fact about the interface; orders no other data
    return link && link->index == link_.index && link->mtu == link_.mtu;
}

std::size_t Xdp::take(std::span<Frame> frames) {
    const auto given = frames.first(socket_->take(frames, system_time_now()));
    const auto end = std::remove_if(given.begin(), given.end(), [](const Frame& frame) {
        return frame.bytes.size() < ethernet_header_bytes; // goes back to the kernel with the others
    });
    for (auto none = end; none != given.end(); ++none)
        count_skipped();
    return static_cast<std::size_t>(end - given.begin());
}

std::size_t Xdp::send(std::span<const Frame> frames) {
    const auto too_long = [&](const Frame& frame) { return frame.bytes.size() > socket_->longest(); };
    if (!up_.load(std::memory_order_relaxed)) { // the ring would fill, and go out stale when the interface is up again
        count_dropped(frames.size());
        return frames.size();
    }
    std::size_t done = 0;
    while (done < frames.size()) {
        const auto rest = frames.subspan(done);
        const auto end = std::find_if(rest.begin(), rest.end(), too_long);
        const auto fitting = rest.first(static_cast<std::size_t>(end - rest.begin()));
        const std::size_t sent = socket_->send(fitting);
        count_out(fitting.first(sent));
        done += sent;
        if (sent < fitting.size())
            break;
        if (end != rest.end()) {
            count_dropped(1);
            ++done;
        }
    }
    return done;
}

void Xdp::more_details(std::vector<Detail>& details) const {
    details.push_back({"missed_in", missed_.load(std::memory_order_relaxed)});
    details.push_back({"native_mode", native_ ? 1U : 0U});
}

} // namespace

std::unique_ptr<Wire> open_xdp(const Spec& spec, const Options&) {
    libbpf_set_print(say_nothing); // what goes wrong is said once, by us
    libxdp_set_print(say_nothing);
    auto wire = std::make_unique<Xdp>(spec, read_wish(spec));
    wire->open();
    return wire;
}

} // namespace ndispool::wire
