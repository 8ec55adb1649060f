#include "ndispool/monitor/observer.h"

#include "ndispool/monitor/places.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <csignal>
#include <dirent.h>
#include <memory>
#include <optional>
#include <poll.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace ndispool::monitor {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds patience{2};
constexpr std::size_t longest_answer = 64u << 20; // 65,536 pools with long names

[[noreturn]] void give_up(NoAnswer::Kind kind, pid_t process, const std::string& what) {
    throw NoAnswer(kind, "process " + std::to_string(process) + what);
}

bool exists(pid_t process) {
    return ::kill(process, 0) == 0 || errno != ESRCH;
}

std::string user_name(uid_t user) {
    const passwd* const entry = ::getpwuid(user);
    return entry ? entry->pw_name : "number " + std::to_string(user);
}

// Nobody listens at the socket any more. Only its owner's folder can be written to, so nobody else's is removed.
void remove_if_dead(const Handle& folder, pid_t process) {
    if (!exists(process))
        ::unlinkat(folder.number(), std::to_string(process).c_str(), 0);
}

// Whether it was that process that began to listen there; one whose number means nothing here (another container's) may be believed.
bool is_of(const Handle& client, pid_t process) {
    ucred listener{};
    socklen_t bytes = sizeof listener;
    return ::getsockopt(client.number(), SOL_SOCKET, SO_PEERCRED, &listener, &bytes) == 0 &&
           (listener.pid == process || listener.pid == 0);
}

// The process at the other end, or nothing: it has no socket there, or the socket is a dead one's.
Handle connect_to(const Handle& folder, pid_t process) {
    Handle client(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    const sockaddr_un address = address_in(folder, std::to_string(process));
    if (client && ::connect(client.number(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0)
        return is_of(client, process) ? std::move(client) : Handle();
    if (errno == EAGAIN) // it is there, and others wait already
        give_up(NoAnswer::Kind::lacking, process,
                ": it does not answer, and others wait for it already; is it stopped?");
    if (errno == ECONNREFUSED)
        remove_if_dead(folder, process);
    return Handle();
}

// What comes until the other side closes. Nothing: the time was not enough.
std::optional<std::string> read_all(const Handle& client) {
    std::string text;
    const auto end = Clock::now() + patience;
    char part[1 << 14];
    while (text.size() < longest_answer) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - Clock::now()).count();
        pollfd readable{.fd = client.number(), .events = POLLIN, .revents = 0};
        if (left <= 0 || ::poll(&readable, 1, static_cast<int>(left)) == 0)
            return {};
        const ssize_t got = ::recv(client.number(), part, sizeof part, 0);
        if (got == 0)
            break;
        if (got > 0)
            text.append(part, static_cast<std::size_t>(got));
        else if (errno != EAGAIN && errno != EINTR)
            break;
    }
    return text;
}

Answer answer_of(const Handle& client, pid_t process) {
    const std::optional<std::string> text = read_all(client);
    if (!text)
        give_up(NoAnswer::Kind::lacking, process, ": it gave no answer within 2 seconds; is it stopped?");
    if (std::optional<Answer> answer = parse_answer(*text))
        return *std::move(answer);
    if (!exists(process))
        give_up(NoAnswer::Kind::gone, process, " has ended");
    give_up(NoAnswer::Kind::lacking, process,
            ": its answer is cut off or not understood; is it a program with another version of ndispool?");
}

// Nobody answered in any folder.
[[noreturn]] void explain(pid_t process) {
    struct stat facts {};
    if (!exists(process))
        give_up(NoAnswer::Kind::absent, process, ": there is no such process; 'ndispool pools' shows those there are");
    const bool known = ::stat(("/proc/" + std::to_string(process)).c_str(), &facts) == 0;
    if (known && facts.st_uid != ::geteuid() && ::geteuid() != 0)
        give_up(NoAnswer::Kind::lacking, process,
                " belongs to user " + user_name(facts.st_uid) + "; ask as that user or as root");
    give_up(NoAnswer::Kind::silent, process,
            " does not publish packet pools; 'ndispool run' does, and a program with libndispool that calls "
            "ndispool_publish_pools() or is started with NDISPOOL_PUBLISH=1");
}

void add_processes(const std::filesystem::path& place, std::vector<pid_t>& all) {
    const Handle folder = open_folder(place);
    const std::unique_ptr<DIR, int (*)(DIR*)> entries(folder ? ::opendir(place.c_str()) : nullptr, ::closedir);
    while (const dirent* entry = entries ? ::readdir(entries.get()) : nullptr) {
        const std::string_view name = entry->d_name;
        pid_t process = 0;
        const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), process);
        if (error != std::errc{} || end != name.data() + name.size() || process <= 0)
            continue;
        // One that is not seen under this number may live in another container that shares the folder.
        if (exists(process) || connect_to(folder, process))
            all.push_back(process);
    }
}

} // namespace

Answer ask(pid_t process) {
    for (const std::filesystem::path& place : all_folders())
        if (const Handle folder = open_folder(place))
            if (const Handle client = connect_to(folder, process))
                return answer_of(client, process);
    explain(process);
}

std::vector<pid_t> processes() {
    std::vector<pid_t> all;
    for (const std::filesystem::path& place : all_folders())
        add_processes(place, all);
    std::sort(all.begin(), all.end());
    all.erase(std::unique(all.begin(), all.end()), all.end());
    return all;
}

} // namespace ndispool::monitor
