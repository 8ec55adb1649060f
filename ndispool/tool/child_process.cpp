#include "ndispool/tool/child_process.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <new>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <system_error>
#include <thread>
#include <unistd.h>

namespace ndispool::tool {

namespace {

constexpr double where_seconds = 0.3; // for the threads of a hung process to say where they are
constexpr double fault_seconds = 5;   // for a process with a fault, or that hangs, to make a report of it
constexpr std::size_t printed_kept = 4096;
constexpr int returned_status = 0;

int must(int answer, const char* what) {
    if (answer < 0)
        throw std::system_error(errno, std::generic_category(), what);
    return answer;
}

FaultNotes* shared_notes() {
    void* const memory = ::mmap(nullptr, sizeof(FaultNotes), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED)
        throw std::system_error(errno, std::generic_category(), "memory for a run");
    return new (memory) FaultNotes;
}

std::string content(int file, std::size_t most) {
    const off_t bytes = ::lseek(file, 0, SEEK_END);
    const off_t from = bytes > static_cast<off_t>(most) ? bytes - static_cast<off_t>(most) : 0;
    std::string text(static_cast<std::size_t>(std::max<off_t>(bytes - from, 0)), '\0');
    const ssize_t got = ::pread(file, text.data(), text.size(), from);
    text.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
    return text;
}

void limit(int resource, rlim_t most) {
    rlimit now{};
    ::getrlimit(static_cast<__rlimit_resource>(resource), &now);
    now.rlim_cur = std::min(most, now.rlim_max);
    ::setrlimit(static_cast<__rlimit_resource>(resource), &now);
}

void apply(const ChildLimits& limits) {
    constexpr std::uint64_t mib = 1 << 20;
    limit(RLIMIT_DATA, limits.memory_mib * mib);
    limit(RLIMIT_FSIZE, limits.printed_mib * mib);
    limit(RLIMIT_CORE, 0);
    ::signal(SIGXFSZ, SIG_IGN); // a write that goes too far fails
}

void write_all(int file, const std::string& text) {
    for (std::size_t done = 0; done < text.size();) {
        const ssize_t written = ::write(file, text.data() + done, text.size() - done);
        if (written <= 0)
            ::_exit(70);
        done += static_cast<std::size_t>(written);
    }
}

// In a child: where its result goes, as its parent knows that file. The work may have closed what it inherited, or have put
// another file there.
struct {
    pid_t self = 0, parent = 0;
    int file = -1;
} result_of_child;

int open_result() {
    const std::string path =
        "/proc/" + std::to_string(result_of_child.parent) + "/fd/" + std::to_string(result_of_child.file);
    const int file = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
    return file < 0 ? result_of_child.file : file;
}

// Whoever else is in the process group was started by the work. Nobody was reaped, so the number is still this group's.
void end_group(pid_t leader) {
    ::kill(-leader, SIGKILL);
    ::kill(leader, SIGKILL); // should it not have made the group yet
}

} // namespace

void end_child(const std::string& result) {
    if (::getpid() != result_of_child.self) // what the work forked has no result
        ::_exit(72);
    write_all(open_result(), result + '\n');
    ::_exit(returned_status);
}

ChildProcess::ChildProcess(const std::function<std::string()>& work, const ChildLimits& limits)
    : limits_(limits), began_(std::chrono::steady_clock::now()), notes_(shared_notes()) {
    result_ = must(::memfd_create("result", MFD_CLOEXEC), "memory for a run");
    printed_ = must(::memfd_create("printed", MFD_CLOEXEC), "memory for a run");
    std::fflush(nullptr);
    const pid_t parent = ::getpid();
    pid_ = must(::fork(), "a process for a run");
    if (pid_ == 0)
        become(work, limits, parent);
}

ChildProcess::~ChildProcess() {
    if (pid_ > 0) {
        end_group(pid_);
        ::waitpid(pid_, nullptr, 0);
    }
    ::close(result_);
    ::close(printed_);
    ::munmap(notes_, sizeof *notes_);
}

// Ctrl-C at a terminal is the parent's to act on. _exit: what static destructors do after a driver went wrong is no finding.
void ChildProcess::become(const std::function<std::string()>& work, const ChildLimits& limits, pid_t parent) const {
    ::setpgid(0, 0);
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent)
        ::_exit(71);
    ::dup2(printed_, STDOUT_FILENO);
    ::dup2(printed_, STDERR_FILENO);
    apply(limits);
    watch_faults(*notes_);
    result_of_child = {::getpid(), parent, result_};
    end_child(work());
}

double ChildProcess::age() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - began_).count();
}

void ChildProcess::ask_where() const {
    std::error_code gone;
    for (const auto& task : std::filesystem::directory_iterator("/proc/" + std::to_string(pid_) + "/task", gone))
        ::syscall(SYS_tgkill, pid_, std::stoi(task.path().filename().string()), where_signal);
}

std::optional<ChildEnding> ChildProcess::poll() {
    siginfo_t info{};
    if (::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid == pid_) {
        int status = 0;
        end_group(pid_);
        ::waitpid(pid_, &status, 0);
        pid_ = -1;
        return ending(status);
    }
    watch();
    return std::nullopt;
}

// Nothing that it does keeps it longer than its time.
void ChildProcess::watch() {
    const double now = age();
    const ThreadNote& first = notes_->threads[0];
    if (!faulted_ && first.whole.load(std::memory_order_acquire) && first.signal != where_signal)
        faulted_ = now;
    const auto over = [now](const std::optional<double>& since, double seconds) {
        return since && now > *since + seconds;
    };
    if (!killed_ && (over(faulted_, fault_seconds) || over(told_, fault_seconds))) {
        killed_ = true;
        ::kill(pid_, SIGKILL);
    } else if (!told_ && over(asked_, where_seconds)) {
        told_ = now;
        killed_ = memory_used_up_ || !notes_->can_report.load(std::memory_order_acquire);
        ::kill(pid_, killed_ ? SIGKILL : report_signal);
    } else if (!asked_ && !faulted_ && now > limits_.seconds) {
        asked_ = now;
        memory_used_up_ = has_used_up(limits_.memory_mib);
        ask_where();
    }
}

// It gets nothing more when its data segment is as large as allowed; a large request fails a little before.
bool ChildProcess::has_used_up(std::uint64_t mib) const {
    std::ifstream status("/proc/" + std::to_string(pid_) + "/statm");
    std::uint64_t pages[6] = {};
    for (std::uint64_t& number : pages)
        status >> number;
    const std::uint64_t data = pages[5] * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE)) >> 20;
    return data * 10 >= mib * 9;
}

ChildEnding ChildProcess::ending(int status) const {
    using How = ChildEnding::How;
    ChildEnding end;
    end.seconds = age();
    end.printed = content(printed_, printed_kept);
    end.out_of_memory = memory_used_up_ || notes_->out_of_memory.load(std::memory_order_acquire);
    end.code_begin = notes_->code_begin.load(std::memory_order_relaxed);
    end.how = killed_ ? How::timed_out : WIFSIGNALED(status) ? How::signalled : How::exited;
    end.code = WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status);
    if (end.how == How::exited && end.code == returned_status) {
        // A driver that calls exit(0) leaves no result, or half of one.
        end.result = content(result_, static_cast<std::size_t>(-1) / 4);
        if (end.result.ends_with('\n'))
            end.how = How::returned;
    }
    const std::uint32_t used = std::min<std::uint32_t>(notes_->used.load(std::memory_order_relaxed), threads_noted);
    for (std::uint32_t i = 0; i < used; ++i) {
        const ThreadNote& note = notes_->threads[i];
        if (note.whole.load(std::memory_order_acquire)) // pairs with take()
            end.notes.push_back({note.address,
                                 note.stack,
                                 {note.frames.begin(), note.frames.begin() + note.count},
                                 note.signal,
                                 note.processor,
                                 note.irql});
    }
    return end;
}

ChildEnding run_in_child(const std::function<std::string()>& work, const ChildLimits& limits) {
    ChildProcess child(work, limits);
    for (;;) {
        if (auto end = child.poll())
            return std::move(*end);
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
}

} // namespace ndispool::tool
