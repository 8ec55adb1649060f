#include "ndispool/machine/thread.h"
#include "ndispool/machine/schedule.h"
#include <csignal>
#include <pthread.h>
#include <system_error>
#include <utility>

namespace ndispool::machine {

namespace {

sigset_t all_but_faults() noexcept {
    sigset_t signals;
    sigfillset(&signals);
    for (const int fault : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT})
        sigdelset(&signals, fault);
    return signals;
}

// A thread starts with its creator's mask, so not one signal is taken by it before it could block them.
class Masked {
  public:
    Masked() noexcept {
        const sigset_t mask = all_but_faults();
        pthread_sigmask(SIG_BLOCK, &mask, &old_);
    }
    ~Masked() { pthread_sigmask(SIG_SETMASK, &old_, nullptr); }

  private:
    sigset_t old_;
};

} // namespace

std::thread start_thread(const std::string& name, std::function<void()> body) {
    Place* const place = enroll();
    try {
        const Masked mask;
        std::thread thread([place, body = std::move(body)] {
            enter(place);
            body();
            leave();
        });
        pthread_setname_np(thread.native_handle(), name.substr(0, 15).c_str());
        return thread;
    } catch (const std::system_error& refusal) {
        withdraw(place);
        throw std::system_error(refusal.code(),
                                "thread " + name + " cannot start: raise the limit of processes (ulimit -u)");
    }
}

} // namespace ndispool::machine
