// What a process that is going down, or does not come to an end, can still say: which signal, where, on which call stack. It is
// written into memory shared with the process that watches it, so nothing that the driver did to its own memory loses it.
//   Callers:   watch_faults() once in the child, note_faults_first() again when another handler of faults was set: that one is
//              called next then, so it may make a better report. The notes are read by the parent.
//   Holds:     the handlers allocate nothing, take no lock and follow no pointer that could fault. A signal that the parent
//              sends to a thread (where_signal) only makes it note its stack.
//   Not here:  names of the places (the parent knows the driver's file), what to make of it (case_outcome.h).
#pragma once

#include <array>
#include <atomic>
#include <csignal>
#include <cstdint>
#include <vector>

namespace ndispool::tool {

inline constexpr unsigned frames_noted = 64, threads_noted = 32;

// Sent to one thread by the parent: note where you are and go on. Threads of the machine leave it unblocked.
inline constexpr int where_signal = SIGTRAP;
// Sent to the process after that: make a report of what is known, and end.
inline constexpr int report_signal = SIGUSR2;

struct ThreadNote {
    std::uint64_t address = 0;                        // that was accessed, for signals that have one
    std::uint64_t stack = 0;                          // the stack pointer
    std::array<std::uint64_t, frames_noted> frames{}; // return addresses, innermost first
    std::uint32_t count = 0;
    std::int32_t signal = 0;
    std::uint8_t processor = 0, irql = 0;
    std::atomic<bool> whole{false}; // release by the writer pairs with acquire by the parent
};

struct FaultNotes {
    std::atomic<std::uint64_t> code_begin{0}; // of the driver; 0: not loaded
    std::atomic<std::uint32_t> used{0};       // notes begun
    std::atomic<bool> out_of_memory{false};
    std::atomic<bool> can_report{false}; // report_signal is understood
    std::array<ThreadNote, threads_noted> threads;
};

// From now on a fault in any thread of this process is noted in `notes`, and then does what it did before.
void watch_faults(FaultNotes& notes);
void note_faults_first();

// What the threads that were asked have noted, by now.
std::vector<const ThreadNote*> asked_threads();

} // namespace ndispool::tool
