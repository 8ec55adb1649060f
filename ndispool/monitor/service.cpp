#include "ndispool/monitor/service.h"

#include "ndispool/monitor/answer.h"

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <dlfcn.h>
#include <filesystem>
#include <new>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace ndispool::monitor {

namespace {

constexpr int waiting_clients = 16;
constexpr std::chrono::seconds patience{1};           // with a client that does not read
constexpr std::chrono::milliseconds for_a_while{100}; // until a descriptor may be free again

std::string own_name() {
    return std::to_string(::getpid());
}

std::string hex(std::uintptr_t number) {
    char text[32];
    std::snprintf(text, sizeof text, "0x%jx", static_cast<std::uintmax_t>(number));
    return text;
}

// "program!function+0x2c"; without a symbol "program!0x1234", from where the file begins in memory.
std::string ask_linker(const void* address) {
    Dl_info found{};
    if (::dladdr(address, &found) == 0 || found.dli_fname == nullptr)
        return hex(reinterpret_cast<std::uintptr_t>(address));
    const std::string module = std::filesystem::path(found.dli_fname).stem().string();
    const bool named = found.dli_sname != nullptr;
    const auto base = reinterpret_cast<std::uintptr_t>(named ? found.dli_saddr : found.dli_fbase);
    return module + "!" + (named ? std::string(found.dli_sname) + "+" : "") +
           hex(reinterpret_cast<std::uintptr_t>(address) - base);
}

// This thread is not the one that a signal to the program is meant for.
class SignalsBlocked {
  public:
    SignalsBlocked() {
        sigset_t all;
        ::sigfillset(&all);
        ::pthread_sigmask(SIG_BLOCK, &all, &before_);
    }
    ~SignalsBlocked() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
    SignalsBlocked(const SignalsBlocked&) = delete;
    SignalsBlocked& operator=(const SignalsBlocked&) = delete;

  private:
    sigset_t before_{};
};

void send_all(const Handle& client, const std::string& text) {
    const timeval limit{.tv_sec = patience.count(), .tv_usec = 0};
    ::setsockopt(client.number(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    const auto end = std::chrono::steady_clock::now() + patience;
    for (std::size_t sent = 0; sent < text.size() && std::chrono::steady_clock::now() < end;) {
        const ssize_t now = ::send(client.number(), text.data() + sent, text.size() - sent, MSG_NOSIGNAL);
        if (now < 0 && errno == EINTR)
            continue;
        if (now <= 0)
            return; // it went away or does not read
        sent += static_cast<std::size_t>(now);
    }
}

} // namespace

Service::Service(std::string program, Namer namer)
    : program_(std::move(program)), namer_(std::move(namer)), process_(::getpid()) {
    if (!listen())
        return;
    const SignalsBlocked blocked; // the new thread inherits that
    try {
        answering_ = std::thread([this] { answer_until_stopped(); });
    } catch (const std::system_error&) { // no more threads: then nobody can ask
        ::unlinkat(folder_.number(), own_name().c_str(), 0);
    }
}

Service::~Service() {
    if (!running())
        return;
    if (::getpid() != process_) { // the child of a fork has no right to the socket, and there is no thread to wait for
        alignas(std::thread) static std::byte kept[sizeof(std::thread)];
        new (kept) std::thread(std::move(answering_));
        return;
    }
    const std::uint64_t one = 1;
    while (::write(stop_.number(), &one, sizeof one) < 0 && errno == EINTR)
        ;
    answering_.join();
    ::unlinkat(folder_.number(), own_name().c_str(), 0);
}

bool Service::listen() {
    folder_ = own_folder();
    stop_ = Handle(::eventfd(0, EFD_CLOEXEC));
    listener_ = Handle(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!folder_ || !stop_ || !listener_)
        return false;
    ::unlinkat(folder_.number(), own_name().c_str(), 0); // of a process that had this number and was killed
    const sockaddr_un address = address_in(folder_, own_name());
    return ::bind(listener_.number(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 &&
           ::listen(listener_.number(), waiting_clients) == 0;
}

void Service::answer_until_stopped() noexcept {
    for (;;) {
        pollfd both[2] = {{.fd = stop_.number(), .events = POLLIN, .revents = 0},
                          {.fd = listener_.number(), .events = POLLIN, .revents = 0}};
        if (::poll(both, 2, -1) < 0 && errno != EINTR)
            return;
        if (both[0].revents != 0)
            return;
        if (both[1].revents == 0)
            continue;
        try {
            answer_one();
        } catch (const std::exception&) { // no memory for the text: the client sees that the answer is cut off
            continue;
        }
    }
}

void Service::answer_one() const {
    const Handle client(::accept4(listener_.number(), nullptr, nullptr, SOCK_CLOEXEC));
    if (!client) { // it went away; or no descriptor is left, and it is still there
        pollfd stop{.fd = stop_.number(), .events = POLLIN, .revents = 0};
        ::poll(&stop, 1, static_cast<int>(for_a_while.count()));
        return;
    }
    Answer answer{.program = program_, .forgotten = ndis::packet_pools_forgotten(), .pools = {}};
    for (const ndis::PoolRecord& record : ndis::packet_pools())
        answer.pools.push_back({record, name_of(record.allocator)});
    send_all(client, text_of(answer));
}

std::string Service::name_of(const void* address) const {
    std::string name = namer_ ? namer_(address) : std::string{};
    return name.empty() ? ask_linker(address) : name;
}

} // namespace ndispool::monitor
