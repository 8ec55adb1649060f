// A driver, or several on top of each other, loaded, bound between wires, fed, unloaded: the whole life of `ndispool run`.
//   Callers:   one run at a time in a process, from one thread at PASSIVE_LEVEL. `stop` may come from any thread and from a
//              signal handler.
//   Holds:     whatever happens after the driver was loaded, it is unbound, halted and unloaded in the documented order
//              before run() returns or throws, and every frame that was accepted is completed first.
//   Not here:  what the driver's calls do (registration, binding, send and receive paths have files of their own).
#pragma once

#include "ndispool/host/checker.h"
#include "ndispool/host/completions.h"
#include "ndispool/host/report.h"
#include "ndispool/machine/processor.h"
#include "ndispool/wire/wire.h"

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace ndispool::host {

// A registry parameter of the driver. A string that is a number is converted when the driver asks for an integer.
struct Parameter {
    std::string name;
    std::variant<std::string, std::uint32_t, std::vector<std::string>> value;
    std::string driver = {}; // whose, by name; empty: the first's
    unsigned adapter = 0;    // of which adapter of the run only, from 1; 0: of all
};

// Where a user's commands to the running stack come from; `ndispool run --help` says which there are.
class CommandSource {
  public:
    virtual ~CommandSource() = default;
    virtual std::optional<std::string> next() = 0; // the next line if there is one now; never waits
    virtual bool more() const = 0;                 // lines are left: the run does not end by itself
    virtual bool open() const { return more(); }   // lines may yet come: a removed adapter may be inserted again
    virtual void answer(std::string_view line) = 0;
};

struct Setup {
    std::filesystem::path driver;
    // Further drivers of the same run, protocols and intermediate ones, in the order of loading. Each is bound to the adapters of the
    // nearest driver before it that has any, else to those below; the wires above are bound at the very top.
    std::vector<std::filesystem::path> more_drivers;
    std::string below = "null"; // wire specs; `below` is not used for a miniport, `above` not for a protocol
    std::string above = "null";
    std::vector<std::string> more_below, more_above; // of the second, third... adapter
    std::vector<Parameter> parameters;
    unsigned processors = 1; // 1..32
    std::uint64_t seed = 1;
    bool paced = false; // replay at the capture's own pace
    // Virtual: time costs nothing, and a run on replay wires with one seed makes the same sequence of calls every time.
    machine::Clock clock = machine::Clock::real;
    // What ends the run, besides `stop`: so many frames in (where no wire offers any, out); so much time; every wire that has an
    // end at its end; and, where no wire offers a frame, a second in which nothing moved.
    std::optional<std::uint64_t> count;
    std::optional<double> duration_seconds;
    Completions completions = Completions::natural;
    CommandSource* commands = nullptr; // lives as long as the run
    std::function<void()> ending;      // called once nothing is passed any more; unbinding and unloading come next
    // Who gives the first driver its imports and looks on; null: the plain door, and nobody.
    Checker* checker = nullptr;
};

// One line that names the thing, says what is wrong and what to do: a bad driver file, DriverEntry failing, a wire that is not
// used for this kind of driver. wire::Error and load::Error pass through run() too.
class Error : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

// The same when the driver was loaded before the run ended in an error, such as a DriverEntry or a bind that failed: with what it
// did until then and left behind.
class Failed : public Error {
  public:
    Failed(const std::string& line, Report report)
        : Error(line), report_(std::make_shared<const Report>(std::move(report))) {}
    const Report& report() const { return *report_; }

  private:
    std::shared_ptr<const Report> report_; // an exception is copied, and that must not fail
};

// The specs of all wires of a setup, those below first.
std::vector<std::string> wire_specs(const Setup& setup);

// How the wires of such a run are opened: its seed, its pace, and its clock once it runs.
wire::Options wire_options(const Setup& setup);

// Called about ten times a second from the calling thread of run().
using ProgressSink = std::function<void(const Progress&)>;

// Set to true to end the run early and in order.
using StopFlag = std::atomic<bool>;

Report run(const Setup& setup, const StopFlag& stop, const ProgressSink& progress = {});

// The same between wires that the caller made and keeps, at least one on each side; those of the setup only name them.
struct Wires {
    std::vector<wire::Wire*> below, above;
};
Report run(const Setup& setup, const Wires& wires, const StopFlag& stop, const ProgressSink& progress = {});
Report run(const Setup& setup, wire::Wire& below, wire::Wire& above, const StopFlag& stop,
           const ProgressSink& progress = {});

// What the run that goes on has to show so far, for one that cannot come to its end because its driver crashed. From any thread,
// while the thread that crashed is held.
Report unfinished_report();

} // namespace ndispool::host
