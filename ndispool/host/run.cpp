#include "ndispool/host/run.h"

#include "ndispool/host/configuration.h"
#include "ndispool/host/exports.h"
#include "ndispool/host/findings.h"
#include "ndispool/host/inventory.h"
#include "ndispool/host/operation.h"
#include "ndispool/host/place.h"
#include "ndispool/host/pnp.h"
#include "ndispool/host/stack_control.h"
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

// Somebody still runs in it. Held where a leak checker sees it; never destroyed.
void keep_for_ever(std::unique_ptr<load::Image> image) {
    static auto& kept = *new std::vector<std::unique_ptr<load::Image>>;
    kept.push_back(std::move(image));
}

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
    NDIS_STATUS bind_edge(Adapter& adapter);
    Adapter* start_bottom();
    NDIS_STATUS bind_to_bottom(Adapter& bottom);
    StackParts parts();
    void run_commands();
    void run_command(const std::string& line);
    bool busy_with_commands() const;
    void wake();
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
    std::optional<NamedImage> named_; // goes before the driver does
    Driver own_;                      // the host's two: the adapter below and the protocol above
    Kind kind_ = Kind::protocol;
    std::unique_ptr<WireAdapter> adapter_;
    std::unique_ptr<WireEdge> edge_;
    Adapter* bottom_ = nullptr;
    std::unique_ptr<StackControl> control_;
    std::uint64_t commands_sleep_until_ = 0;
    std::vector<std::string> trouble_;
    std::vector<PoolReport> pools_;
    std::vector<Finding> findings_;
    std::uint64_t refused_ = 0;
    NDIS_STATUS bottom_status_ = NDIS_STATUS_SUCCESS;
    std::uint64_t began_ = 0, ended_ = 0;
    bool machine_started_ = false, called_ = false, entered_ = false, interrupted_ = false, down_ = false,
         threads_left_ = false, end_asked_ = false;
};

void Session::load() {
    begin_inventory();
    set_checker(setup_.checker);
    driver_.image = load::Image::open(setup_.driver, [this](std::string_view name) -> void* {
        const nt::Export* const found = driver_export(name);
        if (const std::string_view family = out_of_scope(name); !found && !family.empty())
            throw Error(setup_.driver.string() + ": it imports " + std::string(name) + " of " + std::string(family) +
                        "; build the driver without it");
        return found ? found->native : nullptr;
    });
    named_.emplace(*driver_.image);
    driver_.name = driver_.image->name();
    driver_.registry_path = u"\\Registry\\Machine\\System\\CurrentControlSet\\Services\\" + nt::to_utf16(driver_.name);
    set_parameters(setup_.parameters, nt::to_utf16(driver_.name));
    set_completions(setup_.completions, setup_.seed);
    machine::start({.processors = setup_.processors, .clock = setup_.clock, .seed = setup_.seed});
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
    machine::drain_work(); // a virtual adapter may come up later than the bind that asked for it
    if (edge_ && !edge_->bound())
        throw Error(setup_.driver.string() + ": no adapter of the driver came up for the wire above to bind to");
}

// The adapter at the bottom of the stack: the wire's below a protocol or intermediate driver, the driver's own of a miniport.
Adapter* Session::start_bottom() {
    std::u16string name = below_device;
    if (!uses_below())
        name[name.size() - 2] = u'2';
    MiniportDriver& miniport = uses_below() ? *own_.miniports.front() : *driver_.miniports.front();
    Adapter& adapter =
        add_adapter(miniport, name, uses_below() ? u"ndispool wire adapter" : nt::to_utf16(driver_.name) + u" Adapter");
    adapter.device_context = adapter_.get();
    if (uses_below() && freedom_.used())
        adapter.freedom = &freedom_;
    bottom_status_ = start(adapter);
    return bottom_status_ == NDIS_STATUS_SUCCESS ? &adapter : nullptr;
}

void Session::start_below() {
    adapter_ = std::make_unique<WireAdapter>(below_, traffic_, 0, freedom_);
    WireAdapter::enroll(own_);
    bottom_ = start_bottom();
    if (!bottom_)
        throw Error("the adapter below the driver did not start: " + hex(bottom_status_));
    machine::add_poller(*adapter_, 0);
}

// Every protocol of the driver that is not bound yet. The first failure is the outcome.
NDIS_STATUS Session::bind_to_bottom(Adapter& bottom) {
    if (!uses_below())
        return bind_edge(bottom);
    for (const auto& protocol : driver_.protocols) {
        if (!protocol->registered || bound_to(*protocol, bottom))
            continue;
        protocol->configured = {&bottom};
        if (const NDIS_STATUS status = bind(*protocol, bottom); status != NDIS_STATUS_SUCCESS)
            return status;
    }
    return NDIS_STATUS_SUCCESS;
}

void Session::bind_driver() {
    if (const NDIS_STATUS status = bind_to_bottom(*bottom_); status != NDIS_STATUS_SUCCESS)
        throw Error(setup_.driver.string() + ": ProtocolBindAdapter failed with " + hex(status) +
                    "; check its parameters (--param NAME=VALUE)");
    for (const auto& protocol : driver_.protocols) {
        NET_PNP_EVENT event{};
        event.NetEvent = NetEventBindsComplete;
        tell(*protocol, nullptr, event);
    }
}

void Session::start_miniport() {
    bottom_ = start_bottom();
    if (!bottom_)
        throw Error(setup_.driver.string() + ": MiniportInitialize failed with " + hex(bottom_status_) +
                    "; check its parameters (--param NAME=VALUE)");
    bind_edge(*bottom_);
}

NDIS_STATUS Session::bind_edge(Adapter& adapter) {
    if (edge_->bound())
        return NDIS_STATUS_SUCCESS; // one wire above, one binding: the first adapter has it
    Protocol& protocol = *own_.protocols.front();
    protocol.configured = {&adapter};
    return bind(protocol, adapter);
}

bool Session::over(const StopFlag& stop) {
    if (stop.load(std::memory_order_relaxed)) { // the flag is all there is to see
        interrupted_ = true;
        return true;
    }
    if (end_asked_)
        return true;
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
    if (busy_with_commands())
        return false;
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
    wake();
    control_ = std::make_unique<StackControl>(parts());
    for (unsigned tick = 0; !over(stop); ++tick) {
        run_commands();
        if (progress && tick % ticks_for_progress == 0)
            progress({static_cast<double>(machine::uptime_100ns() - began_) / 1e7, packets(), setup_.count});
        machine::sleep_100ns(tick_100ns);
    }
    traffic_.stop();
    settle();
    ended_ = std::max(traffic_.last_moved(), began_);
}

void Session::wake() {
    machine::wake(0);
    machine::wake(1 % setup_.processors);
}

StackParts Session::parts() {
    return {.kind = kind_,
            .driver = &driver_,
            .traffic = &traffic_,
            .wire_adapter = adapter_.get(),
            .bottom = bottom_,
            .settle = [this] { settle(); },
            .start_bottom = [this] { return start_bottom(); },
            .bind = [this](Adapter& bottom) { return bind_to_bottom(bottom); },
            .wake = [this] { wake(); }};
}

bool Session::busy_with_commands() const {
    return control_ && (control_->paused() || machine::uptime_100ns() < commands_sleep_until_ ||
                        (setup_.commands && setup_.commands->more()));
}

void Session::run_commands() {
    while (setup_.commands && !end_asked_ && machine::uptime_100ns() >= commands_sleep_until_) {
        const std::optional<std::string> line = setup_.commands->next();
        if (!line)
            return;
        run_command(*line);
    }
}

void Session::run_command(const std::string& line) {
    try {
        const Command command = parse_command(line);
        if (command.verb == Verb::sleep)
            commands_sleep_until_ = machine::uptime_100ns() + static_cast<std::uint64_t>(command.seconds * 1e7);
        else if (command.verb == Verb::end)
            end_asked_ = true;
        else if (command.verb != Verb::none)
            setup_.commands->answer(line + ": " + control_->perform(command));
        bottom_ = control_->bottom();
    } catch (const std::invalid_argument& wrong) {
        trouble_.emplace_back(wrong.what());
        setup_.commands->answer(wrong.what());
    }
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
    control_.reset(); // whoever has a device of the driver open closes it first
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
        keep_for_ever(std::move(driver_.image)); // its code still runs
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
    report.virtual_clock = setup_.clock == machine::Clock::virtual_;
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
    report.trouble = std::move(trouble_);
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

wire::Options wire_options(const Setup& setup) {
    wire::Options options;
    options.seed = setup.seed;
    options.paced = setup.paced;
    options.now_100ns = machine::uptime_100ns;
    return options;
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
    const wire::Options options = wire_options(setup);
    const std::unique_ptr<wire::Wire> below = wire::open(setup.below, options);
    const std::unique_ptr<wire::Wire> above = wire::open(setup.above, options);
    Report report = run(setup, *below, *above, stop, progress);
    close(*below, report);
    close(*above, report);
    return report;
}

} // namespace ndispool::host
