#include "ndispool/verify/crash.h"

#include "ndispool/verify/call.h"
#include "ndispool/verify/door.h"
#include "ndispool/verify/memory.h"
#include "ndispool/verify/packets.h"
#include "ndispool/verify/quarantine.h"

#include <atomic>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <semaphore.h>
#include <sys/mman.h>
#include <thread>
#include <ucontext.h>
#include <unistd.h>

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
};

Crash crash;
std::atomic<bool> crashed{false};
sem_t wake_reporter, reported;
std::function<void(Ending)>* finish_report = nullptr;
int exit_with = 1;
bool watching = false;

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

void make_finding() {
    std::vector<Evidence> evidence;
    std::string message = std::string("the driver crashed with ") + name_of_signal(crash.signal);
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

// A function of the C library, such as memcpy, has no frame: whoever called it is found by the return address near the top.
Site place_of(const ucontext_t& context) {
    constexpr unsigned words_looked_at = 16;
    const auto& registers = context.uc_mcontext.gregs;
    const void* caller = reinterpret_cast<const void*>(registers[REG_RIP] + 1);
    const auto* const top = reinterpret_cast<const void* const*>(registers[REG_RSP]);
    for (unsigned i = 0; i < words_looked_at && !in_driver(caller) && !crash.overflow; ++i)
        if (in_driver(top[i]))
            caller = top[i];
    return site_now(capture(caller, reinterpret_cast<const void*>(registers[REG_RBP])));
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

void on_signal(int signal, siginfo_t* info, void* raw) {
    if (goes_on_after(signal, info, raw))
        return;
    if (crashed.exchange(true)) { // another thread, or the report itself: one crash is enough
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
    crash.where = place_of(context);
    crash.refused = this_thread.refused;
    crash.refusal = this_thread.refusal;
    // A crash that the driver has no part in is this program's, and ends it as such.
    if (crash.where.stack == StackId::none && this_thread.depth == 0) {
        std::signal(signal, SIG_DFL);
        raise(signal);
    }
    sem_post(&wake_reporter);
    timespec until{};
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += report_seconds;
    while (sem_timedwait(&reported, &until) != 0)
        if (errno != EINTR)
            say_and_end("the full report could not be made");
    _exit(exit_with);
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
}

void give_up() noexcept {
    if (watching)
        sem_post(&wake_reporter);
}

void stop_watching_for_crashes() {
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
