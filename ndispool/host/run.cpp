#include "ndispool/host/run.h"

#include "ndispool/host/configuration.h"
#include "ndispool/host/exports.h"
#include "ndispool/host/findings.h"
#include "ndispool/host/inventory.h"
#include "ndispool/host/pnp.h"
#include "ndispool/host/wire_adapter.h"
#include "ndispool/host/wire_edge.h"
#include "ndispool/machine/clock.h"
#include "ndispool/machine/work.h"
#include "ndispool/nt/text.h"
#include "ndispool/nt/threads.h"
#include "ndispool/wire/same_file.h"

#include <algorithm>
#include <cstdio>
#include <utility>

namespace ndispool::host {

namespace {

constexpr std::uint64_t tick_100ns = 50'000;             // 5 ms: how often the run looks whether it is over
constexpr std::uint64_t settle_limit_100ns = 50'000'000; // 5 s for what is in flight to come back
constexpr std::uint64_t quiet_100ns = 10'000'000;        // 1 s without movement ends a run that no wire feeds
constexpr unsigned ticks_for_progress = 20;
constexpr std::chrono::seconds thread_limit{2}; // for a driver's threads to be over once it is unloaded

constexpr char16_t below_device[] = u"\\Device\\{6E646973-706F-6F6C-0000-000000000001}";

std::string hex(NTSTATUS status) {
    char text[16];
    std::snprintf(text, sizeof text, "0x%08X", static_cast<unsigned>(status));
    return text;
}

const char* name_of(Kind kind) {
    return kind == Kind::protocol ? "a protocol" : kind == Kind::intermediate ? "an intermediate driver" : "a miniport";
}

// One run. Each step that can fail throws; take_down() undoes what was done, in the documented order, and is safe at any step.
class Session {
  public:
    Session(const Setup& setup, wire::Wire& below, wire::Wire& above)
        : setup_(setup), below_(below), above_(above),
          traffic_(setup.count.value_or(std::numeric_limits<std::uint64_t>::max())),
          freedom_(setup.checker ? Freedom(setup.seed, setup.processors) : Freedom()) {}
    ~Session() { take_down(); }

    void load();
    void enter_driver();
    void bring_up();
    void pass_frames(const StopFlag& stop, const ProgressSink& progress);
    void take_down();
    void take_inventory(bool whole);
    Report report();

  private:
    Kind learn_kind() const;
    void start_below();
    void start_miniport();
    void bind_driver();
    void bind_edge(Adapter& adapter);
    bool over(const StopFlag& stop);
    void settle();
    bool quiet();
    bool fed() const;
    std::uint64_t packets() const;
    bool uses_below() const { return kind_ != Kind::miniport; }
    bool uses_above() const { return kind_ != Kind::protocol; }

    const Setup& setup_;
    wire::Wire& below_;
    wire::Wire& above_;
    Traffic traffic_;
    Freedom freedom_; // used on the checked door
    Driver driver_;
    Driver own_; // the host's two: the adapter below and the protocol above
    Kind kind_ = Kind::protocol;
    std::unique_ptr<WireAdapter> adapter_;
    std::unique_ptr<WireEdge> edge_;
    Adapter* bottom_ = nullptr;
    std::vector<PoolReport> pools_;
    std::vector<Finding> findings_;
    std::uint64_t refused_ = 0;
    std::uint64_t began_ = 0, ended_ = 0;
    bool machine_started_ = false, called_ = false, entered_ = false, interrupted_ = false, down_ = false,
         threads_left_ = false;
};

void Session::load() {
    begin_inventory();
    set_checker(setup_.checker);
    driver_.image = load::Image::open(setup_.driver, [](std::string_view name) -> void* {
        const nt::Export* const found = driver_export(name);
        return found ? found->native : nullptr;
    });
    driver_.name = driver_.image->name();
    driver_.registry_path = u"\\Registry\\Machine\\System\\CurrentControlSet\\Services\\" + nt::to_utf16(driver_.name);
    set_parameters(setup_.parameters);
    machine::start({setup_.processors});
    machine_started_ = true;
    const load::Range code = driver_.image->code();
    nt::register_code(reinterpret_cast<const void*>(code.begin), reinterpret_cast<const void*>(code.end), driver_.abi,
                      &driver_);
}

void Session::enter_driver() {
    called_ = true;
    if (setup_.checker)
        setup_.checker->loaded(*driver_.image);
    const NTSTATUS status = enter(driver_, reinterpret_cast<PDRIVER_INITIALIZE>(driver_.image->entry()));
    if (!NT_SUCCESS(status))
        throw Error(setup_.driver.string() + ": DriverEntry failed with " + hex(status) +
                    "; check its parameters (--param NAME=VALUE) and what it printed above");
    entered_ = true;
    kind_ = learn_kind();
}

Kind Session::learn_kind() const {
    const bool layered = std::any_of(driver_.miniports.begin(), driver_.miniports.end(),
                                     [](const auto& miniport) { return miniport->layered; });
    if (layered && !driver_.protocols.empty())
        return Kind::intermediate;
    if (!driver_.protocols.empty())
        return Kind::protocol;
    if (!driver_.miniports.empty())
        return Kind::miniport;
    throw Error(
        setup_.driver.string() +
        ": DriverEntry registered neither a miniport nor a protocol, so there is nothing to run; see its log above");
}

void Session::bring_up() {
    const std::string kind = name_of(kind_);
    if (!uses_below() && setup_.below != "null")
        throw Error(setup_.driver.string() + " is " + kind + ", which has nothing below it; leave out --below " +
                    setup_.below);
    if (!uses_above() && setup_.above != "null")
        throw Error(setup_.driver.string() + " is " + kind + ", which has nothing above it; leave out --above " +
                    setup_.above);
    own_.name = "ndispool";
    if (uses_above()) {
        edge_ = std::make_unique<WireEdge>(above_, traffic_, 1 % setup_.processors, freedom_);
        edge_->enroll(own_);
        machine::add_poller(*edge_, 1 % setup_.processors);
        on_adapter_started([this](Adapter& adapter) { bind_edge(adapter); });
    }
    if (uses_below()) {
        start_below();
        bind_driver();
    } else {
        start_miniport();
    }
    if (edge_ && !edge_->bound())
        throw Error(setup_.driver.string() + ": no adapter of the driver came up for the wire above to bind to");
}

void Session::start_below() {
    adapter_ = std::make_unique<WireAdapter>(below_, traffic_, 0, freedom_);
    WireAdapter::enroll(own_);
    bottom_ = &add_adapter(*own_.miniports.front(), below_device, u"ndispool wire adapter");
    bottom_->device_context = adapter_.get();
    if (freedom_.used())
        bottom_->freedom = &freedom_;
    if (const NDIS_STATUS status = start(*bottom_); status != NDIS_STATUS_SUCCESS)
        throw Error("the adapter below the driver did not start: " + hex(status));
    machine::add_poller(*adapter_, 0);
}

void Session::bind_driver() {
    for (const auto& protocol : driver_.protocols) {
        protocol->configured.push_back(bottom_);
        const NDIS_STATUS status = bind(*protocol, *bottom_);
        if (status != NDIS_STATUS_SUCCESS)
            throw Error(setup_.driver.string() + ": ProtocolBindAdapter failed with " + hex(status) +
                        "; check its parameters (--param NAME=VALUE)");
        NET_PNP_EVENT event{};
        event.NetEvent = NetEventBindsComplete;
        tell(*protocol, nullptr, event);
    }
}

void Session::start_miniport() {
    std::u16string name = below_device;
    name[name.size() - 2] = u'2';
    Adapter& adapter = add_adapter(*driver_.miniports.front(), name, nt::to_utf16(driver_.name) + u" Adapter");
    if (const NDIS_STATUS status = start(adapter); status != NDIS_STATUS_SUCCESS)
        throw Error(setup_.driver.string() + ": MiniportInitialize failed with " + hex(status) +
                    "; check its parameters (--param NAME=VALUE)");
    bind_edge(adapter);
}

void Session::bind_edge(Adapter& adapter) {
    if (edge_->bound())
        return; // one wire above, one binding: the first adapter has it
    Protocol& protocol = *own_.protocols.front();
    protocol.configured = {&adapter};
    if (const NDIS_STATUS status = bind(protocol, adapter); status != NDIS_STATUS_SUCCESS)
        throw Error(setup_.driver.string() +
                    ": the wire above could not be bound to the driver's adapter: " + hex(status));
}

bool Session::over(const StopFlag& stop) {
    if (stop.load(std::memory_order_relaxed)) { // the flag is all there is to see
        interrupted_ = true;
        return true;
    }
    const std::uint64_t now = machine::uptime_100ns();
    if (setup_.duration_seconds && static_cast<double>(now - began_) >= *setup_.duration_seconds * 1e7)
        return true;
    const wire::Wire* const wires[] = {uses_below() ? &below_ : nullptr, uses_above() ? &above_ : nullptr};
    bool finite = false, all_ended = true, offers = false;
    for (const wire::Wire* wire : wires) {
        if (!wire)
            continue;
        offers = offers || wire->offers();
        finite = finite || wire->finite();
        all_ended = all_ended && (!wire->finite() || wire->ended());
        // A full disk: what goes on is lost. A cut capture gives its whole frames first, and has ended then.
        if (wire->trouble() && (!wire->finite() || wire->ended()))
            return true;
    }
    if (traffic_.spent() || (finite && all_ended))
        return true;
    if (offers)
        return false;
    return (setup_.count && packets() >= *setup_.count) ||
           (!setup_.duration_seconds && now - std::max(began_, traffic_.last_moved()) >= quiet_100ns);
}

void Session::pass_frames(const StopFlag& stop, const ProgressSink& progress) {
    began_ = machine::uptime_100ns();
    traffic_.open();
    machine::wake(0);
    machine::wake(1 % setup_.processors);
    for (unsigned tick = 0; !over(stop); ++tick) {
        if (progress && tick % ticks_for_progress == 0)
            progress({static_cast<double>(machine::uptime_100ns() - began_) / 1e7, packets(), setup_.count});
        machine::sleep_100ns(tick_100ns);
    }
    traffic_.stop();
    settle();
    ended_ = std::max(traffic_.last_moved(), began_);
}

bool Session::quiet() {
    return (!adapter_ || adapter_->idle()) && (!edge_ || edge_->idle());
}

bool Session::fed() const {
    return below_.counters().frames_in + above_.counters().frames_in > 0;
}

// Everything in flight comes back; a driver that answers later, from a timer or work item, gets a moment without movement. Where no
// frame came in there is nothing to answer: what still moves is what the driver makes itself, and it need not stop for that.
void Session::settle() {
    const bool may_answer = fed();
    const std::uint64_t give_up = machine::uptime_100ns() + settle_limit_100ns;
    std::uint64_t seen = ~std::uint64_t{0};
    unsigned still = 0;
    while (still < 4 && machine::uptime_100ns() < give_up) {
        machine::drain_work();
        machine::sleep_100ns(tick_100ns);
        const std::uint64_t moved = traffic_.last_moved();
        still = quiet() && (moved == seen || !may_answer) ? still + 1 : 0;
        seen = moved;
    }
}

void Session::take_down() {
    if (std::exchange(down_, true))
        return;
    traffic_.stop();
    if (edge_)
        edge_->give_up();
    if (adapter_)
        adapter_->give_up();
    if (bottom_)
        remove(*bottom_);
    if (entered_) {
        remove_everything_of(driver_);
        unload(driver_);
        if (setup_.checker)
            setup_.checker->unloaded();
        remove_everything_of(driver_); // a driver that unloads without deregistering
        for (const nt::PendingCall& thread : nt::join_threads(&driver_, thread_limit)) {
            host::report("thread-at-unload", "a system thread still ran when the driver was unloaded", thread.code);
            threads_left_ = true;
        }
    }
    refused_ = edge_ ? edge_->refused() : 0;
    if (machine_started_)
        machine::drain_work();
    if (adapter_)
        machine::remove_poller(*adapter_);
    if (edge_)
        machine::remove_poller(*edge_);
    on_adapter_started({});
    if (machine_started_) {
        take_inventory(called_);
        machine::synchronize();
        machine::stop();
    }
    if (driver_.image)
        nt::unregister_code(reinterpret_cast<const void*>(driver_.image->code().begin));
    if (threads_left_)
        (void)driver_.image.release(); // its code still runs
    set_checker(nullptr);
    forget_bindings();
    forget_adapters();
    adapter_.reset();
    edge_.reset();
}

// A checker knows more about what was left behind, and says it.
void Session::take_inventory(bool whole) {
    end_inventory(driver_, whole && !setup_.checker, pools_, findings_);
    if (setup_.checker && driver_.image)
        setup_.checker->finish(whole, pools_, findings_);
}

std::uint64_t Session::packets() const {
    std::uint64_t in = 0, out = 0;
    bool offers = false;
    for (const wire::Wire* wire : {&below_, &above_}) {
        const wire::Counters counters = wire->counters();
        in += counters.frames_in;
        out += counters.frames_out;
        offers = offers || wire->offers();
    }
    return offers ? in : out;
}

WireReport report_of(const wire::Wire& wire, const char* side) {
    const wire::Counters counters = wire.counters();
    WireReport report;
    report.side = side;
    report.spec = wire.spec();
    report.frames_in = counters.frames_in;
    report.bytes_in = counters.bytes_in;
    report.frames_out = counters.frames_out;
    report.bytes_out = counters.bytes_out;
    report.trouble = wire.trouble();
    for (const wire::Detail& detail : wire.details())
        report.details.emplace_back(detail.name, detail.count);
    return report;
}

Report Session::report() {
    Report report;
    report.driver = driver_.name;
    report.kind = kind_;
    report.seed = setup_.seed;
    report.processors = setup_.processors;
    report.interrupted = interrupted_;
    report.seconds = ended_ < began_ ? 0 : static_cast<double>(ended_ - began_) / 1e7;
    report.packets = packets();
    report.packets_per_second = report.seconds > 0 ? static_cast<double>(report.packets) / report.seconds : 0;
    if (uses_below())
        report.wires.push_back(report_of(below_, "below"));
    if (uses_above()) {
        report.wires.push_back(report_of(above_, "above"));
        report.wires.back().refused = refused_;
    }
    report.pools = std::move(pools_);
    report.findings = std::move(findings_);
    report.log = take_log();
    return report;
}

Session* current = nullptr; // the one that goes on

class Current {
  public:
    explicit Current(Session& session) { current = &session; }
    ~Current() { current = nullptr; }
    Current(const Current&) = delete;
    Current& operator=(const Current&) = delete;
};

} // namespace

Report unfinished_report() {
    if (!current)
        return {};
    current->take_inventory(false);
    return current->report();
}

Report run(const Setup& setup, wire::Wire& below, wire::Wire& above, const StopFlag& stop,
           const ProgressSink& progress) {
    Session session(setup, below, above);
    const Current here(session);
    session.load();
    try {
        session.enter_driver();
        session.bring_up();
        session.pass_frames(stop, progress);
    } catch (const Error& error) {
        session.take_down();
        throw Failed(error.what(), session.report());
    }
    session.take_down();
    return session.report();
}

namespace {

// Output that cannot be finished is trouble of its wire; the report of the run stands all the same.
void close(wire::Wire& wire, Report& report) {
    try {
        wire.close();
    } catch (const wire::Error& error) {
        for (WireReport& entry : report.wires)
            if (entry.spec == wire.spec())
                entry.trouble = error.what();
    }
}

} // namespace

Report run(const Setup& setup, const StopFlag& stop, const ProgressSink& progress) {
    if (wire::same_file(setup.below, setup.above))
        throw Error(setup.below + " and " + setup.above + " are the same file; record to another one");
    const wire::Options options{setup.seed, setup.paced};
    const std::unique_ptr<wire::Wire> below = wire::open(setup.below, options);
    const std::unique_ptr<wire::Wire> above = wire::open(setup.above, options);
    Report report = run(setup, *below, *above, stop, progress);
    close(*below, report);
    close(*above, report);
    return report;
}

} // namespace ndispool::host
