#include "ndispool/host/wire_waker.h"

#include "ndispool/machine/poller.h"

#include <cerrno>
#include <csignal>
#include <cstdint>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

namespace ndispool::host {

// Where the system refuses these descriptors the wire is looked at once a millisecond: slower, but right.
WireWaker::WireWaker(const wire::Wire& wire, unsigned processor) : wire_(wire), processor_(processor) {
    if (wire.descriptor() < 0)
        return;
    stop_ = ::eventfd(0, EFD_CLOEXEC);
    events_ = ::epoll_create1(EPOLL_CLOEXEC);
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.fd = stop_;
    if (stop_ < 0 || events_ < 0 || ::epoll_ctl(events_, EPOLL_CTL_ADD, stop_, &event) < 0)
        return;
    sigset_t all, before; // signals are for the thread that runs the program
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_BLOCK, &all, &before);
    thread_ = std::thread(&WireWaker::run, this);
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

WireWaker::~WireWaker() {
    const std::uint64_t one = 1;
    if (thread_.joinable() && ::write(stop_, &one, sizeof one) == sizeof one)
        thread_.join();
    if (events_ >= 0)
        ::close(events_);
    if (stop_ >= 0)
        ::close(stop_);
}

void WireWaker::watch() noexcept {
    if (!thread_.joinable() || watching_.load(std::memory_order_relaxed))
        return;
    const int descriptor = wire_.descriptor();
    if (descriptor < 0)
        return;
    watching_.store(true, std::memory_order_relaxed); // before the kernel can tell the thread, which clears it
    epoll_event event{};
    event.events = EPOLLIN | EPOLLONESHOT;
    event.data.fd = descriptor;
    if (::epoll_ctl(events_, EPOLL_CTL_MOD, descriptor, &event) < 0 && errno == ENOENT)
        ::epoll_ctl(events_, EPOLL_CTL_ADD, descriptor, &event);
}

void WireWaker::run() {
    ::pthread_setname_np(::pthread_self(), "ndispool-waker");
    while (true) {
        epoll_event event{};
        if (::epoll_wait(events_, &event, 1, -1) != 1)
            continue; // a signal
        if (event.data.fd == stop_)
            return;
        watching_.store(false, std::memory_order_relaxed); // a hint: wake() orders what matters
        machine::wake(processor_);
    }
}

} // namespace ndispool::host
