#include "ndispool/tool/fault_note.h"

#include "ndispool/machine/irql.h"
#include "ndispool/verify/call.h"
#include "ndispool/verify/crash.h"
#include "ndispool/verify/stack.h"
#include "ndispool/verify/stack_words.h"

#include <algorithm>
#include <cstdlib>
#include <new>
#include <ucontext.h>
#include <unistd.h>

namespace ndispool::tool {

namespace {

FaultNotes* notes = nullptr; // set once, before any thread starts

bool in_driver(std::uint64_t address) {
    return verify::in_driver(reinterpret_cast<const void*>(address)); // NOLINT(performance-no-int-to-ptr)
}

void add(ThreadNote& note, std::uint64_t address) {
    if (note.count < frames_noted)
        note.frames[note.count++] = address;
}

// A function that calls itself is noted once, so that there is room for who began it.
void walk(ThreadNote& note, std::uint64_t frame) {
    while (frame != 0 && frame % sizeof frame == 0 && note.count < frames_noted) {
        std::array<std::uint64_t, 2> record{}; // frame pointer of the caller, return address
        if (!verify::read_words(frame, record.data(), record.size()) || record[1] == 0)
            return;
        if (note.count == 0 || note.frames[note.count - 1] != record[1])
            add(note, record[1]);
        if (record[0] <= frame)
            return;
        frame = record[0];
    }
}

// The word nearest to the top of the stack that is the return address of a call: a function of the C library has no frame of
// its own, and whoever called it is missing from the chain of frames.
void add_caller_without_frame(ThreadNote& note) {
    constexpr std::uint64_t furthest = 256;
    for (std::uint64_t at = note.stack; at < note.stack + furthest; at += sizeof at) {
        std::uint64_t word = 0;
        if (!verify::read_words(at, &word, 1))
            return;
        if (verify::follows_call(word)) {
            if (in_driver(word))
                add(note, word);
            return;
        }
    }
}

// The chain of frames is broken: the C library used the frame pointer for something else. The first return address into the
// driver is taken; where one of our functions lies between, the word before it is the frame pointer that it saved.
void walk_from_top(ThreadNote& note) {
    constexpr std::size_t furthest = 2048;
    constexpr std::uint64_t deepest = 8 << 20;
    const auto [address, at] = verify::find_return(note.stack, furthest);
    std::uint64_t saved = 0;
    if (address == 0)
        return;
    if (verify::read_words(at - sizeof saved, &saved, 1) && saved > at && saved < at + deepest)
        walk(note, at - sizeof saved);
    else
        add(note, address);
}

bool has_driver(const ThreadNote& note) {
    return std::any_of(note.frames.begin(), note.frames.begin() + note.count, in_driver);
}

ThreadNote* next_note() {
    const std::uint32_t slot = notes->used.fetch_add(1, std::memory_order_relaxed);
    return slot < threads_noted ? &notes->threads[slot] : nullptr;
}

void take(int signal, const siginfo_t* info, const ucontext_t* context) {
    ThreadNote* const note = next_note();
    if (!note)
        return;
    const auto* registers = context->uc_mcontext.gregs;
    const auto at = static_cast<std::uint64_t>(registers[REG_RIP]);
    const auto frame = static_cast<std::uint64_t>(registers[REG_RBP]);
    note->signal = signal;
    note->stack = static_cast<std::uint64_t>(registers[REG_RSP]);
    notes->code_begin.store(verify::driver_begin(), std::memory_order_relaxed); // published with `whole`
    note->processor = static_cast<std::uint8_t>(machine::current_processor());
    note->irql = machine::current_irql();
    note->address = info->si_code > 0 ? reinterpret_cast<std::uint64_t>(info->si_addr) : 0;
    add(*note, at);
    if (const auto call = verify::running_call(); call && !in_driver(at)) {
        add(*note, reinterpret_cast<std::uint64_t>(call->caller));
        walk(*note, reinterpret_cast<std::uint64_t>(call->frame));
        note->whole.store(true, std::memory_order_release);
        return;
    }
    if (!in_driver(at))
        add_caller_without_frame(*note);
    walk(*note, frame);
    if (!has_driver(*note)) {
        const std::uint32_t known = note->count;
        note->count = 1;
        walk_from_top(*note);
        if (note->count == 1)
            note->count = known; // nothing better
    }
    note->whole.store(true, std::memory_order_release);
}

constexpr std::array<int, 5> faults = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT};
std::array<struct sigaction, faults.size()> before; // set once, with `notes`

// What was there before us; else the signal again, unhandled, so that the parent sees what ended the process.
void pass_on(int signal, siginfo_t* info, void* context) {
    for (std::size_t i = 0; i < faults.size(); ++i)
        if (faults[i] == signal && (before[i].sa_flags & SA_SIGINFO) && before[i].sa_sigaction)
            return before[i].sa_sigaction(signal, info, context);
    ::signal(signal, SIG_DFL);
    ::raise(signal); // pending until the handler returns
}

void on_fault(int signal, siginfo_t* info, void* context) {
    if (verify::goes_on_after(signal, info, context))
        return;
    static std::atomic<bool> first{true};
    if (first.exchange(false, std::memory_order_relaxed)) // a flag; orders no other data
        take(signal, info, static_cast<const ucontext_t*>(context));
    pass_on(signal, info, context);
}

void on_where(int signal, siginfo_t* info, void* context) {
    take(signal, info, static_cast<const ucontext_t*>(context));
}

void handle(int signal, void (*handler)(int, siginfo_t*, void*), struct sigaction* old) {
    struct sigaction action {};
    action.sa_sigaction = handler;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART | SA_NODEFER;
    sigfillset(&action.sa_mask);
    for (const int fault : faults)
        sigdelset(&action.sa_mask, fault); // one inside a handler is one more, not the end without a word
    ::sigaction(signal, &action, old);
}

void on_report(int, siginfo_t*, void*) {
    verify::give_up();
}

[[noreturn]] void on_no_memory() {
    notes->out_of_memory.store(true, std::memory_order_release);
    std::abort();
}

} // namespace

std::vector<const ThreadNote*> asked_threads() {
    std::vector<const ThreadNote*> asked;
    const std::uint32_t used = std::min<std::uint32_t>(notes->used.load(std::memory_order_relaxed), threads_noted);
    for (std::uint32_t i = 0; i < used; ++i)
        if (notes->threads[i].whole.load(std::memory_order_acquire) && notes->threads[i].signal == where_signal)
            asked.push_back(&notes->threads[i]); // pairs with take()
    return asked;
}

void note_faults_first() {
    for (std::size_t i = 0; i < faults.size(); ++i) {
        struct sigaction old {};
        handle(faults[i], on_fault, &old);
        if (old.sa_sigaction != on_fault)
            before[i] = old;
    }
    if (!notes)
        return;
    handle(report_signal, on_report, nullptr);
    notes->can_report.store(true, std::memory_order_release);
}

void watch_faults(FaultNotes& shared) {
    notes = &shared;
    verify::
        use_alternate_stack(); // one that overflowed cannot carry a handler; the door gives one to the other threads
    notes = nullptr;           // nobody makes reports yet
    note_faults_first();
    notes = &shared;
    handle(where_signal, on_where, nullptr);
    std::set_new_handler(on_no_memory);
}

} // namespace ndispool::tool
