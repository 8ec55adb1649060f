#include "ndispool/host/run.h"

#include "ndispool/host/hex.h"
#include "ndispool/host/inventory.h"
#include "ndispool/host/operation.h"
#include "ndispool/host/pnp.h"
#include "ndispool/host/pool_rows.h"
#include "ndispool/host/run_drivers.h"
#include "ndispool/host/stack_control.h"
#include "ndispool/host/wire_adapter.h"
#include "ndispool/host/wire_edge.h"
#include "ndispool/machine/clock.h"
#include "ndispool/machine/work.h"
#include "ndispool/nt/text.h"
#include "ndispool/wire/same_file.h"

#include <algorithm>
#include <utility>

namespace ndispool::host {

namespace {

constexpr std::uint64_t tick_100ns = 50'000;             // 5 ms: how often the run looks whether it is over
constexpr std::uint64_t settle_limit_100ns = 50'000'000; // 5 s for what is in flight to come back
constexpr std::uint64_t most_answers = 250'000;          // that are waited for; a virtual clock passes slowly meanwhile
constexpr std::uint64_t most_answers_each = 16;          // to a frame that came in: more are answers to answers
constexpr std::uint64_t quiet_100ns = 10'000'000;        // 1 s without movement ends a run that no wire feeds
constexpr unsigned ticks_for_progress = 20;

// What the bottoms of the stacks are called: the first below a driver ends in 1, a miniport's own first one in 2.
std::u16string bottom_device(std::size_t number) {
    constexpr char16_t digits[] = u"0123456789ABCDEF";
    std::u16string name = u"\\Device\\{6E646973-706F-6F6C-0000-000000000000}";
    name[name.size() - 3] = digits[number / 16];
    name[name.size() - 2] = digits[number % 16];
    return name;
}

const char* name_of(Kind kind) {
    return kind == Kind::protocol ? "a protocol" : kind == Kind::intermediate ? "an intermediate driver" : "a miniport";
}

// One run. Each step that can fail throws; take_down() undoes what was done, in the documented order, and is safe at any step.
class Session {
  public:
    Session(const Setup& setup, const Wires& wires)
        : setup_(setup), wires_(wires), traffic_(setup.count.value_or(Traffic::unlimited)),
          freedom_(setup.checker ? Freedom(setup.seed, setup.processors) : Freedom()), drivers_(setup) {}
    ~Session() { take_down(); }

    void load();
    void enter_drivers();
    void bring_up();
    void pass_frames(const StopFlag& stop, const ProgressSink& progress);
    void take_down();
    void take_inventory(bool whole);
    Report report();

  private:
    NDIS_STATUS bind_protocols(RunDriver& above, Adapter& adapter);
    NDIS_STATUS bind_upward(Adapter& adapter);
    RunDriver& first() { return drivers_.first(); }
    const RunDriver& first() const { return drivers_.first(); }
    std::u16string bottom_name(std::size_t number) const { return bottom_device(number + (uses_below() ? 1 : 2)); }
    void start_below();
    void start_miniport();
    void bind_drivers();
    void require_wires_of_its_kind(std::string_view side, bool used, const std::vector<std::string>& specs) const;
    NDIS_STATUS bind_edge(Adapter& adapter);
    WireEdge* next_edge() const;
    Adapter* start_bottom(std::size_t number);
    NDIS_STATUS bind_to_bottom(std::size_t number);
    StackParts parts();
    void run_commands();
    void run_command(const std::string& line);
    bool busy_with_commands() const;
    void wake();
    bool over(const StopFlag& stop);
    bool settle();
    bool quiet();
    bool gone() const;
    bool fed() const;
    std::uint64_t packets() const;
    std::uint64_t sum(std::uint64_t wire::Counters::*count) const;
    bool uses_below() const { return first().kind != Kind::miniport; }
    bool uses_above() const { return drivers_.top() != nullptr; }

    std::vector<wire::Wire*> wires_in_use() const;

    const Setup& setup_;
    const Wires& wires_;
    Traffic traffic_;
    Freedom freedom_; // used on the checked door
    RunDrivers drivers_;
    Driver own_;                                         // the host's two: the adapter below and the protocol above
    std::vector<std::unique_ptr<WireAdapter>> adapters_; // one for each wire below
    std::vector<std::unique_ptr<WireEdge>> edges_;       // one for each wire above
    std::vector<Adapter*> bottoms_;                      // of the stacks, in the order of their wires
    std::size_t binding_ = 0;                            // the stack that is being bound
    std::unique_ptr<StackControl> control_;
    std::uint64_t commands_sleep_until_ = 0;
    std::vector<std::string> trouble_;
    std::string bind_failure_; // of a driver that stands on another one: the first
    std::vector<PoolReport> pools_;
    std::vector<Finding> findings_;
    std::vector<std::uint64_t> refused_; // of each wire above
    NDIS_STATUS bottom_status_ = NDIS_STATUS_SUCCESS;
    std::uint64_t began_ = 0, ended_ = 0;
    bool machine_started_ = false, called_ = false, interrupted_ = false, restless_ = false, down_ = false,
         end_asked_ = false;
};

void Session::load() {
    begin_inventory();
    set_checker(setup_.checker);
    drivers_.load();
    set_completions(setup_.completions, setup_.seed);
    machine::start({.processors = setup_.processors, .clock = setup_.clock, .seed = setup_.seed});
    machine_started_ = true;
    drivers_.register_code();
}

void Session::enter_drivers() {
    called_ = true;
    drivers_.enter();
    std::vector<std::u16string> bottoms;
    for (std::size_t i = 0; i < (uses_below() ? wires_.below : wires_.above).size(); ++i)
        bottoms.push_back(bottom_name(i));
    drivers_.set_adapter_parameters(bottoms);
}

void Session::require_wires_of_its_kind(std::string_view side, bool used, const std::vector<std::string>& specs) const {
    for (const std::string& spec : specs)
        if (!used && spec != "null")
            throw Error(setup_.driver.string() + " is " + name_of(first().kind) + ", which has nothing " +
                        std::string(side) + " it; leave out --" + std::string(side) + " " + spec);
}

void Session::bring_up() {
    std::vector<std::string> below = setup_.more_below, above = setup_.more_above;
    below.insert(below.begin(), setup_.below);
    above.insert(above.begin(), setup_.above);
    require_wires_of_its_kind("below", uses_below(), below);
    require_wires_of_its_kind("above", uses_above(), above);
    own_.name = "ndispool";
    if (uses_above()) {
        for (std::size_t i = 0; i < wires_.above.size(); ++i) {
            const unsigned processor = static_cast<unsigned>(2 * i + 1) % setup_.processors;
            edges_.push_back(std::make_unique<WireEdge>(*wires_.above[i], traffic_, processor, freedom_));
            edges_.back()->enroll(own_);
            machine::add_poller(*edges_.back(), processor);
        }
        on_adapter_started([this](Adapter& adapter) { bind_upward(adapter); });
    }
    if (uses_below())
        start_below();
    else
        start_miniport();
    bind_drivers();
    for (std::size_t i = 0; i < edges_.size(); ++i)
        if (!edges_[i]->bound() && (i == 0 || above[i] != "null"))
            throw Error(setup_.driver.string() + ": no adapter of the driver came up for the wire above" +
                        (i == 0 ? std::string() : ", " + above[i] + ",") + " to bind to");
}

// The adapter at the bottom of a stack: the wire's below a protocol or intermediate driver, the driver's own of a miniport.
Adapter* Session::start_bottom(std::size_t number) {
    MiniportDriver& miniport = uses_below() ? *own_.miniports.front() : *first().driver.miniports.front();
    std::u16string friendly = uses_below() ? u"ndispool wire adapter" : nt::to_utf16(first().driver.name) + u" Adapter";
    if (number > 0)
        friendly += u" #" + nt::to_utf16(std::to_string(number + 1));
    Adapter& adapter = add_adapter(miniport, bottom_name(number), friendly);
    adapter.device_context = uses_below() ? adapters_[number].get() : nullptr;
    if (uses_below() && freedom_.used())
        adapter.freedom = &freedom_;
    bottom_status_ = start(adapter);
    return bottom_status_ == NDIS_STATUS_SUCCESS ? &adapter : nullptr;
}

void Session::start_below() {
    WireAdapter::enroll(own_);
    for (std::size_t i = 0; i < wires_.below.size(); ++i) {
        const unsigned processor = static_cast<unsigned>(2 * i) % setup_.processors;
        adapters_.push_back(std::make_unique<WireAdapter>(*wires_.below[i], traffic_, processor, freedom_, i));
        Adapter* const bottom = start_bottom(i);
        if (!bottom)
            throw Error("the adapter below the driver did not start: " + hex(bottom_status_));
        bottoms_.push_back(bottom);
        machine::add_poller(*adapters_.back(), processor);
    }
}

// Every protocol of the driver that is not bound there yet. The first failure is the outcome.
NDIS_STATUS Session::bind_protocols(RunDriver& above, Adapter& adapter) {
    for (const auto& protocol : above.driver.protocols) {
        if (!protocol->registered || bound_to(*protocol, adapter))
            continue;
        std::vector<Adapter*>& configured = protocol->configured;
        std::erase_if(configured, [](const Adapter* one) { return one->state == AdapterState::halted; });
        if (std::ranges::find(configured, &adapter) == configured.end())
            configured.push_back(&adapter);
        if (const NDIS_STATUS status = bind(*protocol, adapter); status != NDIS_STATUS_SUCCESS) {
            if (bind_failure_.empty())
                bind_failure_ = above.file.string() + ": ProtocolBindAdapter failed with " + hex(status) +
                                "; check its parameters (--param NAME=VALUE)";
            return status;
        }
    }
    return NDIS_STATUS_SUCCESS;
}

// All that stands on this adapter: drivers in their order, and, at the very top, the protocol of the wire above.
NDIS_STATUS Session::bind_upward(Adapter& adapter) {
    const auto made_by = [&](const RunDriver* base) {
        return adapter.miniport->driver == (base ? &base->driver : &own_);
    };
    NDIS_STATUS outcome = NDIS_STATUS_SUCCESS;
    const auto note = [&](NDIS_STATUS status) {
        if (outcome == NDIS_STATUS_SUCCESS)
            outcome = status;
    };
    for (RunDriver& one : drivers_.all())
        if (one.kind != Kind::miniport && made_by(one.base))
            note(bind_protocols(one, adapter));
    if (uses_above() && made_by(drivers_.top()))
        note(bind_edge(adapter));
    return outcome;
}

NDIS_STATUS Session::bind_to_bottom(std::size_t number) {
    binding_ = number;
    return bind_upward(*bottoms_[number]);
}

void Session::bind_drivers() {
    for (std::size_t i = 0; i < bottoms_.size(); ++i) {
        bind_to_bottom(i);
        machine::drain_work(); // a virtual adapter may come up later than the bind that asked for it
        if (!bind_failure_.empty())
            throw Error(bind_failure_);
    }
    for (const RunDriver& one : drivers_.all())
        for (const auto& protocol : one.driver.protocols) {
            NET_PNP_EVENT event{};
            event.NetEvent = NetEventBindsComplete;
            tell(*protocol, nullptr, event);
        }
    machine::drain_work();
}

void Session::start_miniport() {
    for (std::size_t i = 0; i < wires_.above.size(); ++i) {
        Adapter* const bottom = start_bottom(i);
        if (!bottom)
            throw Error(setup_.driver.string() + ": MiniportInitialize failed with " + hex(bottom_status_) +
                        "; check its parameters (--param NAME=VALUE)");
        bottoms_.push_back(bottom);
    }
}

// The wire above that the next adapter is for: that of the stack that is being bound, else the first without one. Null: all have.
WireEdge* Session::next_edge() const {
    if (binding_ < edges_.size() && !edges_[binding_]->bound())
        return edges_[binding_].get();
    const auto free = std::find_if(edges_.begin(), edges_.end(), [](const auto& edge) { return !edge->bound(); });
    return free == edges_.end() ? nullptr : free->get();
}

NDIS_STATUS Session::bind_edge(Adapter& adapter) {
    WireEdge* const edge = next_edge();
    if (!edge)
        return NDIS_STATUS_SUCCESS; // a wire above has one binding
    edge->protocol().configured = {&adapter};
    return bind(edge->protocol(), adapter);
}

std::vector<wire::Wire*> Session::wires_in_use() const {
    std::vector<wire::Wire*> all;
    if (uses_below())
        all = wires_.below;
    if (uses_above())
        all.insert(all.end(), wires_.above.begin(), wires_.above.end());
    return all;
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
    bool finite = false, all_ended = true, offers = false;
    for (const wire::Wire* wire : wires_in_use()) {
        offers = offers || wire->offers();
        finite = finite || wire->finite();
        all_ended = all_ended && (!wire->finite() || wire->ended());
        // A full disk: what goes on is lost. A cut capture gives its whole frames first, and has ended then.
        if (wire->trouble() && (!wire->finite() || wire->ended()))
            return true;
    }
    if (busy_with_commands())
        return false;
    if (traffic_.spent() || (finite && all_ended) || gone())
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
        for (Adapter* const adapter : take_failed())
            control_->replace(*adapter);
        if (progress && tick % ticks_for_progress == 0)
            progress({static_cast<double>(machine::uptime_100ns() - began_) / 1e7, packets(), setup_.count});
        machine::sleep_100ns(tick_100ns);
    }
    traffic_.stop();
    restless_ = !settle();
    ended_ = std::max(traffic_.last_moved(), began_);
}

void Session::wake() {
    for (unsigned processor = 0; processor < setup_.processors; ++processor)
        machine::wake(processor);
}

StackParts Session::parts() {
    std::vector<WireAdapter*> adapters;
    for (const auto& adapter : adapters_)
        adapters.push_back(adapter.get());
    std::vector<Driver*> drivers;
    for (RunDriver& one : drivers_.all())
        drivers.push_back(&one.driver);
    return {.kind = first().kind,
            .drivers = std::move(drivers),
            .traffic = &traffic_,
            .wire_adapters = std::move(adapters),
            .bottoms = &bottoms_,
            .settle = [this] { return settle(); },
            .start_bottom = [this](std::size_t number) { return start_bottom(number); },
            .bind = [this](std::size_t number) { return bind_to_bottom(number); },
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
    } catch (const std::invalid_argument& wrong) {
        trouble_.emplace_back(wrong.what());
        setup_.commands->answer(wrong.what());
    }
}

bool Session::quiet() {
    return std::all_of(adapters_.begin(), adapters_.end(), [](const auto& adapter) { return adapter->idle(); }) &&
           std::all_of(edges_.begin(), edges_.end(), [](const auto& edge) { return edge->idle(); });
}

// Every adapter was removed, by the driver or a command, and no command will insert one: nothing can come any more.
bool Session::gone() const {
    return !(setup_.commands && setup_.commands->open()) && std::ranges::all_of(bottoms_, [](const Adapter* adapter) {
        return adapter->state.load(std::memory_order_acquire) == AdapterState::halted;
    });
}

std::uint64_t Session::sum(std::uint64_t wire::Counters::*count) const {
    std::uint64_t all = 0;
    for (const wire::Wire* wire : wires_in_use())
        all += wire->counters().*count;
    return all;
}

bool Session::fed() const {
    return sum(&wire::Counters::frames_in) > 0;
}

// Everything in flight comes back; a driver that answers later, from a timer or work item, gets a moment without movement. Where no
// frame came in there is nothing to answer: what still moves is what the driver makes itself, and it need not stop for that. False:
// the drivers go on sending what they receive.
bool Session::settle() {
    const bool may_answer = fed();
    const std::uint64_t give_up = machine::uptime_100ns() + settle_limit_100ns;
    const std::uint64_t out_before = sum(&wire::Counters::frames_out);
    const auto answers = [&] { return sum(&wire::Counters::frames_out) - out_before; };
    std::uint64_t seen = ~std::uint64_t{0};
    unsigned still = 0;
    while (still < 4 && machine::uptime_100ns() < give_up && (!may_answer || answers() <= most_answers)) {
        machine::drain_work();
        machine::sleep_100ns(tick_100ns);
        const std::uint64_t moved = traffic_.last_moved();
        still = quiet() && (moved == seen || !may_answer) ? still + 1 : 0;
        seen = moved;
    }
    return still == 4 || !may_answer || answers() <= most_answers_each * sum(&wire::Counters::frames_in);
}

void Session::take_down() {
    if (std::exchange(down_, true))
        return;
    traffic_.stop();
    control_.reset(); // whoever has a device of the driver open closes it first
    for (const auto& edge : edges_)
        edge->give_up();
    for (const auto& adapter : adapters_)
        adapter->give_up();
    for (Adapter* const bottom : bottoms_)
        remove(*bottom);
    drivers_.leave();
    for (const auto& edge : edges_)
        refused_.push_back(edge->refused());
    if (machine_started_)
        machine::drain_work();
    for (const auto& adapter : adapters_)
        machine::remove_poller(*adapter);
    for (const auto& edge : edges_)
        machine::remove_poller(*edge);
    on_adapter_started({});
    if (machine_started_) {
        take_inventory(called_);
        machine::synchronize();
        machine::stop();
    }
    drivers_.unregister_code();
    set_checker(nullptr);
    forget_bindings();
    forget_adapters();
    adapters_.clear();
    edges_.clear();
}

// A checker knows more about what the driver that it watches left behind, and says it.
void Session::take_inventory(bool whole) {
    std::vector<Account> accounts;
    for (const RunDriver& one : drivers_.all())
        accounts.push_back({&one.driver, whole && !(setup_.checker && one.driver.watched)});
    end_inventory(accounts, pools_, findings_);
    if (setup_.checker && first().driver.image)
        setup_.checker->finish(whole, pools_, findings_);
}

std::uint64_t Session::packets() const {
    std::uint64_t in = 0, out = 0;
    bool offers = false;
    for (const wire::Wire* wire : wires_in_use()) {
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
    if (counters.skipped > 0)
        report.details.emplace_back("skipped_in", counters.skipped);
    return report;
}

Report Session::report() {
    Report report;
    report.driver = first().driver.name;
    report.kind = first().kind;
    for (const RunDriver& one : drivers_.all())
        if (&one != &first())
            report.with.push_back(one.driver.name);
    report.seed = setup_.seed;
    report.processors = setup_.processors;
    report.virtual_clock = setup_.clock == machine::Clock::virtual_;
    report.interrupted = interrupted_;
    report.restless = restless_;
    report.seconds = ended_ < began_ ? 0 : static_cast<double>(ended_ - began_) / 1e7;
    report.packets = packets();
    report.packets_per_second = report.seconds > 0 ? static_cast<double>(report.packets) / report.seconds : 0;
    for (std::size_t i = 0; uses_below() && i < wires_.below.size(); ++i)
        report.wires.push_back(report_of(*wires_.below[i], "below"));
    for (std::size_t i = 0; uses_above() && i < wires_.above.size(); ++i) {
        report.wires.push_back(report_of(*wires_.above[i], "above"));
        report.wires.back().refused = i < refused_.size() ? refused_[i] : 0;
    }
    if (freedom_.used() && uses_below())
        freedom_.tell(report.freedom, Way::send_completed_at_once, Way::indicated_with_resources);
    if (freedom_.used() && uses_above())
        freedom_.tell(report.freedom, Way::sent_singly, Way::returned_later);
    if (freedom_.used())
        freedom_.tell_processors(report.freedom);
    report.pools = merged_rows(std::move(pools_));
    report.pools_forgotten = ndis::packet_pools_forgotten();
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

Report run(const Setup& setup, const Wires& wires, const StopFlag& stop, const ProgressSink& progress) {
    Session session(setup, wires);
    const Current here(session);
    session.load();
    try {
        session.enter_drivers();
        session.bring_up();
        session.pass_frames(stop, progress);
        if (setup.ending)
            setup.ending();
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

Report run(const Setup& setup, wire::Wire& below, wire::Wire& above, const StopFlag& stop,
           const ProgressSink& progress) {
    return run(setup, Wires{{&below}, {&above}}, stop, progress);
}

std::vector<std::string> wire_specs(const Setup& setup) {
    std::vector<std::string> all = setup.more_below;
    all.insert(all.begin(), setup.below);
    all.push_back(setup.above);
    all.insert(all.end(), setup.more_above.begin(), setup.more_above.end());
    return all;
}

Report run(const Setup& setup, const StopFlag& stop, const ProgressSink& progress) {
    const std::vector<std::string> specs = wire_specs(setup);
    for (std::size_t i = 0; i < specs.size(); ++i)
        for (std::size_t j = i + 1; j < specs.size(); ++j)
            if (wire::same_file(specs[i], specs[j]))
                throw Error(specs[i] + " and " + specs[j] + " are the same file; record to another one");
    const wire::Options options = wire_options(setup);
    std::vector<std::unique_ptr<wire::Wire>> opened;
    Wires wires;
    for (std::size_t i = 0; i < specs.size(); ++i) {
        opened.push_back(wire::open(specs[i], options));
        (i <= setup.more_below.size() ? wires.below : wires.above).push_back(opened.back().get());
    }
    Report report = run(setup, wires, stop, progress);
    for (const auto& wire : opened)
        close(*wire, report);
    return report;
}

} // namespace ndispool::host
