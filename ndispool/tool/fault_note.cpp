#include "ndispool/tool/fault_note.h"

#include <cstdlib>
#include <initializer_list>
#include <new>
#include <sys/mman.h>
#include <sys/uio.h>
#include <ucontext.h>
#include <unistd.h>

namespace ndispool::tool {

namespace {

FaultNotes* notes = nullptr; // set once, before any thread starts

// The kernel copies: an address that is not there is an answer, not a fault.
bool read_words(std::uint64_t address, std::uint64_t* words, std::size_t count) {
    const iovec to{words, count * sizeof *words};
    const iovec from{reinterpret_cast<void*>(address), count * sizeof *words}; // NOLINT(performance-no-int-to-ptr)
    return ::process_vm_readv(::getpid(), &to, 1, &from, 1, 0) == static_cast<ssize_t>(count * sizeof *words);
}

bool in_driver(std::uint64_t address) {
    return address >= notes->code_begin.load(std::memory_order_relaxed) && // numbers; order no other data
           address < notes->code_end.load(std::memory_order_relaxed);
}

void add(ThreadNote& note, std::uint64_t address) {
    if (note.count < frames_noted)
        note.frames[note.count++] = address;
}

// A function of the C library that the driver called keeps no frame pointer: the driver's own return address is then among
// the words on top of the stack.
void add_callers_without_frame(ThreadNote& note, std::uint64_t stack, std::uint64_t frame) {
    constexpr std::uint64_t furthest = 4096;
    const std::uint64_t end = frame > stack && frame - stack < furthest ? frame : stack + furthest;
    for (std::uint64_t at = stack; at < end; at += sizeof at) {
        std::uint64_t word = 0;
        if (!read_words(at, &word, 1))
            return;
        if (in_driver(word))
            return add(note, word);
    }
}

void walk(ThreadNote& note, std::uint64_t frame) {
    while (frame != 0 && frame % sizeof frame == 0 && note.count < frames_noted) {
        std::array<std::uint64_t, 2> record{}; // frame pointer of the caller, return address
        if (!read_words(frame, record.data(), record.size()) || record[1] == 0)
            return;
        if (note.count == 0 || note.frames[note.count - 1] != record[1])
            add(note, record[1]);
        if (record[0] <= frame)
            return;
        frame = record[0];
    }
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
    note->thread = static_cast<std::uint32_t>(::gettid());
    note->address = info->si_code > 0 ? reinterpret_cast<std::uint64_t>(info->si_addr) : 0;
    add(*note, at);
    if (!in_driver(at))
        add_callers_without_frame(*note, static_cast<std::uint64_t>(registers[REG_RSP]), frame);
    walk(*note, frame);
    note->whole.store(true, std::memory_order_release);
}

// The signal again, unhandled, so that the parent sees what ended the process. Every thread stops with it.
void on_fault(int signal, siginfo_t* info, void* context) {
    static std::atomic<bool> first{true};
    if (first.exchange(false, std::memory_order_relaxed))
        take(signal, info, static_cast<const ucontext_t*>(context));
    ::signal(signal, SIG_DFL);
    ::raise(signal); // pending until the handler returns
}

void on_where(int signal, siginfo_t* info, void* context) {
    take(signal, info, static_cast<const ucontext_t*>(context));
}

void handle(int signal, void (*handler)(int, siginfo_t*, void*)) {
    struct sigaction action {};
    action.sa_sigaction = handler;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART;
    sigfillset(&action.sa_mask);
    for (const int fault : {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT})
        sigdelset(&action.sa_mask, fault); // a fault inside a handler ends the process at once
    ::sigaction(signal, &action, nullptr);
}

// A stack that overflowed cannot carry a handler. The machine gives its own threads such a stack.
void provide_fault_stack() {
    constexpr std::size_t bytes = 256 * 1024;
    static std::byte* const memory =
        static_cast<std::byte*>(::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    stack_t stack{};
    stack.ss_sp = memory;
    stack.ss_size = bytes;
    ::sigaltstack(&stack, nullptr);
}

[[noreturn]] void on_no_memory() {
    notes->out_of_memory.store(true, std::memory_order_release);
    std::abort();
}

} // namespace

void watch_faults(FaultNotes& shared) {
    notes = &shared;
    provide_fault_stack();
    for (const int fault : {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT})
        handle(fault, on_fault);
    handle(where_signal, on_where);
    std::set_new_handler(on_no_memory);
}

void note_driver(std::uint64_t begin, std::uint64_t end) {
    if (!notes)
        return;
    notes->code_end.store(end, std::memory_order_relaxed);
    notes->code_begin.store(begin, std::memory_order_relaxed);
}

} // namespace ndispool::tool
