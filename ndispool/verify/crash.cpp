#include "ndispool/verify/crash.h"

#include "ndispool/nt/bug_check.h"
#include "ndispool/verify/call.h"
#include "ndispool/verify/door.h"
#include "ndispool/verify/memory.h"
#include "ndispool/verify/packets.h"
#include "ndispool/verify/quarantine.h"
#include "ndispool/verify/stack_words.h"

#include <atomic>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <semaphore.h>
#include <sys/mman.h>
#include <thread>
#include <ucontext.h>
#include <unistd.h>
#include <unwind.h>

namespace ndispool::verify {

namespace {

constexpr int signals[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT};
constexpr std::size_t stack_bytes = 256u << 10;

// What the handler leaves for the reporter.
struct Crash {
    int signal = 0;
    std::uintptr_t address = 0;
    std::uintptr_t instruction = 0;
    bool poisoned = false; // a register held what freed memory is filled with
    Site where;
    Site refusal; // of the same thread, in the same handler
    const Function* refused = nullptr;
    bool overflow = false; // the thread ran out of stack
    bool exited = false;   // no signal: the driver called exit()
    std::optional<nt::BugCheck> bug_check;
};

Crash crash;
std::atomic<bool> crashed{false};
sem_t wake_reporter, reported;
std::function<void(Ending)>* finish_report = nullptr;
int exit_with = 1;
bool watching = false;
std::atomic<bool> watching_exit{false}; // a flag; orders no other data
nt::BugCheckHook bug_check_before = nullptr;
thread_local constinit bool reporting = false; // this thread makes the report

const char* name_of_signal(int signal) {
    switch (signal) {
    case SIGSEGV:
        return "SIGSEGV";
    case SIGBUS:
        return "SIGBUS";
    case SIGILL:
        return "SIGILL";
    case SIGFPE:
        return "SIGFPE";
    default:
        return "SIGABRT";
    }
}

std::string hex(std::uintptr_t number) {
    char text[32];
    std::snprintf(text, sizeof text, "0x%llx", static_cast<unsigned long long>(number));
    return text;
}

std::string belonging(std::uintptr_t address, std::vector<Evidence>& evidence) {
    if (crash.overflow)
        return ", behind the end of the thread's stack: the driver calls itself without end, or has large locals";
    if (crash.poisoned)
        return ", reached through memory that had been freed: the address was made of its filling";
    if (address < 0x10000)
        return ", a null pointer";
    if (const auto near = memory_at(address)) {
        evidence.push_back({"allocated", near->allocated});
        if (near->freed)
            evidence.push_back({"freed", near->freed});
        return ", " + near->text;
    }
    if (in_driver(reinterpret_cast<const void*>(address)))
        return ", in the driver's own image";
    return "";
}

std::string what_happened() {
    if (crash.exited)
        return "the driver ended the process with exit()";
    if (!crash.bug_check)
        return std::string("the driver crashed with ") + name_of_signal(crash.signal);
    std::string text = "the driver stopped the system: bug check " + hex(crash.bug_check->code);
    for (std::size_t i = 0; i < crash.bug_check->parameters.size(); ++i)
        text += (i == 0 ? " (" : ", ") + hex(crash.bug_check->parameters[i]);
    return text + ")";
}

void make_finding() {
    std::vector<Evidence> evidence;
    std::string message = what_happened();
    if (crash.signal == SIGSEGV || crash.signal == SIGBUS)
        message += crash.poisoned ? belonging(0, evidence)
                                  : " at address " + hex(crash.address) + belonging(crash.address, evidence);
    const bool ignored = crash.refused && crash.address < 0x10000 && crash.signal == SIGSEGV && !crash.poisoned;
    if (ignored) {
        message += ", after " + std::string(crash.refused->name) + " had been refused";
        evidence.push_back({"refused", crash.refusal});
    }
    evidence.push_back({"found", crash.where});
    found(ignored ? rule::ignored_resources : rule::crash, std::move(message), std::move(evidence));
}

void report_loop() {
    reporting = true;
    while (sem_wait(&wake_reporter) != 0)
        ;
    const bool hung = !crashed.load(std::memory_order_acquire); // pairs with on_signal()
    inspect(hung ? "when the run was given up" : "when the driver crashed");
    if (!hung)
        make_finding();
    (*finish_report)(hung ? Ending::hang : Ending::crash);
    sem_post(&reported);
}

bool is_poison(const ucontext_t& context) {
    for (const int reg : {REG_RAX, REG_RBX, REG_RCX, REG_RDX, REG_RSI, REG_RDI, REG_R8, REG_R9, REG_R10, REG_R11,
                          REG_R12, REG_R13, REG_R14, REG_R15})
        if (static_cast<std::uint64_t>(context.uc_mcontext.gregs[reg]) >> 16 == 0xD5D5D5D5D5D5)
            return true;
    return false;
}

const void* pointer(std::uint64_t address) {
    return reinterpret_cast<const void*>(address);
}

// A function of the C library, such as memcpy, has no frame: whoever called it is found by the return address near the top.
Site place_of(const ucontext_t& context) {
    constexpr std::size_t near = 16;
    const auto at = [&](int number) { return static_cast<std::uint64_t>(context.uc_mcontext.gregs[number]); };
    const void* caller = pointer(at(REG_RIP) + 1);
    if (!in_driver(caller) && !crash.overflow)
        caller = pointer(find_return(at(REG_RSP), near).address);
    return site_now(capture(caller, pointer(at(REG_RBP))));
}

struct DriverFrame {
    std::uint64_t address = 0, frame = 0;
    unsigned steps = 0;
};

_Unwind_Reason_Code look_at(_Unwind_Context* context, void* raw) {
    constexpr unsigned most_steps = 64;
    constexpr int rbp = 6; // its number in DWARF
    auto& found = *static_cast<DriverFrame*>(raw);
    const std::uint64_t address = _Unwind_GetIP(context);
    if (in_driver(pointer(address)))
        found = {address, _Unwind_GetGR(context, rbp), 0};
    return found.address != 0 || ++found.steps == most_steps ? _URC_END_OF_STACK : _URC_NO_REASON;
}

// abort() and exit() call others before anybody is told, and those use the frame pointer for something else. Their frames are
// known to the unwinder; the driver's are walked as always.
Site place_behind_library() {
    DriverFrame found;
    _Unwind_Backtrace(look_at, &found);
    return found.address == 0 ? Site{} : site_now(capture(pointer(found.address), pointer(found.frame)));
}

void say_and_end(const char* why) {
    char text[256];
    const int length = std::snprintf(text, sizeof text,
                                     "\nndispool: the driver crashed with %s at 0x%llx (code at 0x%llx); %s\n"
                                     "SUMMARY: ndispool: 1 finding (crash)\n",
                                     name_of_signal(crash.signal), static_cast<unsigned long long>(crash.address),
                                     static_cast<unsigned long long>(crash.instruction), why);
    [[maybe_unused]] const auto written = write(STDERR_FILENO, text, static_cast<std::size_t>(length));
    _exit(exit_with);
}

void report_and_end() {
    sem_post(&wake_reporter);
    timespec until{};
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += report_seconds;
    while (sem_timedwait(&reported, &until) != 0)
        if (errno != EINTR)
            say_and_end("the full report could not be made");
    _exit(exit_with);
}

void on_signal(int signal, siginfo_t* info, void* raw) {
    if (goes_on_after(signal, info, raw))
        return;
    if (reporting)
        say_and_end("what it did to this program kept the full report from being made");
    if (crashed.exchange(true)) { // another thread: one crash is enough
        for (;;)
            pause();
    }
    const auto& context = *static_cast<const ucontext_t*>(raw);
    crash.signal = signal;
    crash.address = reinterpret_cast<std::uintptr_t>(info->si_addr);
    crash.instruction = static_cast<std::uintptr_t>(context.uc_mcontext.gregs[REG_RIP]);
    const auto stack = static_cast<std::uintptr_t>(context.uc_mcontext.gregs[REG_RSP]);
    crash.poisoned = signal == SIGSEGV && info->si_code == SI_KERNEL && is_poison(context);
    crash.overflow =
        signal == SIGSEGV && crash.address + 65'536 > stack && crash.address < stack + 4096 && crash.address > 0x10000;
    if (signal == SIGABRT && !crash.bug_check)
        crash.where = place_behind_library();
    if (crash.where.stack == StackId::none)
        crash.where = place_of(context);
    crash.refused = this_thread.refused;
    crash.refusal = this_thread.refusal;
    // A crash that the driver has no part in is this program's, and ends it as such.
    if (crash.where.stack == StackId::none && this_thread.depth == 0) {
        std::signal(signal, SIG_DFL);
        raise(signal);
    }
    report_and_end();
}

// Other threads may come here too; the first one's bug check is told.
void on_bug_check(const nt::BugCheck& check) {
    if (bug_check_before)
        bug_check_before(check);
    static std::atomic<bool> first{true};
    if (first.exchange(false, std::memory_order_relaxed)) { // a flag; the abort that follows is this thread's
        crash.where = site_now(capture(check.caller, __builtin_frame_address(0)));
        crash.bug_check = check;
    }
}

// exit() runs this on the thread that called it. One that the driver has no part in is this program's own.
void on_exit() {
    if (!watching_exit.load(std::memory_order_relaxed))
        return;
    const Site where = place_behind_library();
    if (where.stack == StackId::none || crashed.exchange(true))
        return;
    crash.exited = true;
    crash.where = where;
    report_and_end();
}

} // namespace

bool goes_on_after(int signal, const siginfo_t* info, const void* raw) noexcept {
    constexpr greg_t writing = 2, fetching = 16; // bits of the processor's error code
    if (signal != SIGSEGV || info->si_code != SEGV_ACCERR)
        return false;
    const auto& registers = static_cast<const ucontext_t*>(raw)->uc_mcontext.gregs;
    if (registers[REG_ERR] & fetching)
        return false;
    return touched(reinterpret_cast<std::uintptr_t>(info->si_addr), registers[REG_ERR] & writing,
                   place_of(*static_cast<const ucontext_t*>(raw)));
}

void watch_for_crashes(std::function<void(Ending)> finish, int exit_code) {
    exit_with = exit_code;
    delete finish_report;
    finish_report = new std::function<void(Ending)>(std::move(finish));
    use_alternate_stack();
    watching_exit.store(true, std::memory_order_relaxed);
    if (watching)
        return;
    watching = true;
    sem_init(&wake_reporter, 0, 0);
    sem_init(&reported, 0, 0);
    std::thread(report_loop).detach();
    struct sigaction action {};
    action.sa_sigaction = on_signal;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER;
    sigfillset(&action.sa_mask);
    for (const int signal : signals)
        sigaction(signal, &action, nullptr);
    bug_check_before = nt::set_bug_check_hook(on_bug_check);
    std::atexit(on_exit);
}

void give_up() noexcept {
    if (watching)
        sem_post(&wake_reporter);
}

void stop_watching_for_crashes() {
    watching_exit.store(false, std::memory_order_relaxed);
    for (const int signal : signals)
        std::signal(signal, SIG_DFL);
}

void use_alternate_stack() noexcept {
    stack_t current{};
    if (sigaltstack(nullptr, &current) == 0 && !(current.ss_flags & SS_DISABLE) && current.ss_size >= stack_bytes)
        return;
    void* const memory = mmap(nullptr, stack_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED)
        return;
    stack_t own{};
    own.ss_sp = memory;
    own.ss_size = stack_bytes;
    if (sigaltstack(&own, nullptr) != 0)
        munmap(memory, stack_bytes);
}

} // namespace ndispool::verify
