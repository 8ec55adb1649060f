#include "ndispool/wire/lossy.h"

#include <algorithm>
#include <array>
#include <thread>

namespace ndispool::wire {

namespace {

constexpr std::uint64_t other_direction = 0x9e3779b97f4a7c15; // any number but 0: the two sequences differ
constexpr std::string_view scheme = "lossy:";

} // namespace

Lossy::Lossy(std::string spec, std::unique_ptr<Wire> inner, const Impairment& impairment, std::uint64_t seed,
             std::uint64_t (*now_100ns)() noexcept)
    : Wire(std::move(spec)), inner_(std::move(inner)), now_100ns_(now_100ns), in_(impairment, seed),
      out_(impairment, seed ^ other_direction) {}

Lossy::Time Lossy::now() const {
    using Ticks = std::chrono::duration<std::uint64_t, std::ratio<1, 10'000'000>>;
    return now_100ns_ ? Time(Ticks(now_100ns_())) : std::chrono::steady_clock::now();
}

void Lossy::fetch(Time now) {
    std::array<Frame, batch> frames;
    const bool over = inner_->ended(); // asked first: what comes below is then all
    std::size_t count = 0;
    if (!in_.full())
        count = inner_->receive(frames);
    for (const Frame& frame : std::span(frames).first(count))
        in_.put(frame, now);
    if (over && count == 0)
        in_.end();
    if (over && count == 0 && in_.empty())
        ended_.store(true, std::memory_order_release); // pairs with the acquire in ended()
}

std::size_t Lossy::receive(std::span<Frame> frames) {
    const Time time = now();
    if (sending_.load(std::memory_order_relaxed)) {
        const std::lock_guard guard(out_lock_);
        push_out(time);
    }
    fetch(time);
    const std::size_t count = std::min(frames.size(), in_.due(time));
    given_.clear();
    for (std::size_t i = 0; i < count; ++i)
        given_.push_back(in_.take());
    for (std::size_t i = 0; i < count; ++i)
        frames[i] = given_[i].view();
    count_in(frames.first(count));
    return count;
}

// What is due goes to the wire, as far as it takes it. With out_lock_.
void Lossy::push_out(Time now) {
    std::array<Frame, batch> frames;
    while (std::size_t count = std::min(batch, out_.due(now))) {
        for (std::size_t i = 0; i < count; ++i)
            frames[i] = out_.front(i).view();
        const std::size_t taken = inner_->transmit(std::span(frames).first(count));
        for (std::size_t i = 0; i < taken; ++i)
            out_.take();
        if (taken < count)
            break;
    }
    sending_.store(!out_.empty(), std::memory_order_relaxed); // a hint for the receiving thread
}

std::size_t Lossy::transmit(std::span<const Frame> frames) {
    const std::lock_guard guard(out_lock_);
    if (closed_)
        return 0;
    const Time time = now();
    std::size_t taken = 0;
    while (taken < frames.size() && !out_.full())
        out_.put(frames[taken++], time);
    count_out(frames.first(taken));
    push_out(time);
    return taken;
}

void Lossy::close() {
    {
        const std::lock_guard guard(out_lock_);
        closed_ = true;
        out_.end();
        constexpr int tries = 1000; // a wire that takes nothing for a second takes nothing any more
        for (int i = 0; i < tries && !out_.empty(); ++i) {
            push_out(Time::max());
            if (!out_.empty())
                std::this_thread::sleep_for(std::chrono::milliseconds(1));
        }
    }
    inner_->close();
}

std::vector<Detail> Lossy::details() const {
    const LaneTally in = in_.tally(), out = out_.tally();
    std::vector<Detail> all = {
        {"lost_in", in.lost},   {"duplicated_in", in.duplicated},   {"reordered_in", in.overtaken},
        {"lost_out", out.lost}, {"duplicated_out", out.duplicated}, {"reordered_out", out.overtaken}};
    for (const Detail& detail : inner_->details())
        all.push_back(detail);
    return all;
}

std::string_view inside(std::string_view spec) {
    if (!spec.starts_with(scheme))
        return spec;
    const std::size_t colon = spec.find(':', scheme.size());
    return colon == std::string_view::npos ? std::string_view{} : spec.substr(colon + 1);
}

std::unique_ptr<Wire> open_lossy(const Spec& spec, const Options& options) {
    const std::string_view wire = inside(spec.text);
    if (!spec.has_colon() || wire.empty() || wire.starts_with(scheme))
        throw Error(Error::Kind::usage_or_file,
                    spec.message("write lossy:WHAT:WIRE, where WIRE is another kind of wire; for example "
                                 "lossy:loss=1%,delay=5ms:packet:eth0"));
    const std::string_view what = spec.argument.substr(0, spec.argument.find(':'));
    const Impairment impairment = parse_impairment(spec, what);
    return std::make_unique<Lossy>(std::string(spec.text), open(wire, options), impairment, options.seed,
                                   options.now_100ns);
}

} // namespace ndispool::wire
