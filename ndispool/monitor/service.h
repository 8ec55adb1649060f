// Lets other processes of this user ask which packet pools this one has, while it lives.
//   Callers:   one thread makes and destroys it; it has a thread of its own that answers, and that sleeps until somebody asks.
//   Holds:     one in a process at a time. Whoever asks gets each pool's numbers of one instant of the call. A client that does not
//              read is given up after a second. The socket is gone when the service is.
//   Not here:  who may ask (places.h: the user's own folder decides), what is said (answer.h).
#pragma once

#include "ndispool/monitor/places.h"

#include <functional>
#include <string>
#include <thread>

namespace ndispool::monitor {

// The name of the code at an address, from any thread. Empty: not known, and the dynamic linker is asked.
using Namer = std::function<std::string(const void* address)>;

class Service {
  public:
    // `program`: what this process is called in the answer. Where no socket or thread can be had there is no service.
    explicit Service(std::string program, Namer namer = {});
    ~Service();
    Service(const Service&) = delete;
    Service& operator=(const Service&) = delete;

    bool running() const { return answering_.joinable(); }

  private:
    bool listen();
    void answer_until_stopped() noexcept;
    void answer_one() const;
    std::string name_of(const void* address) const;

    const std::string program_;
    const Namer namer_;
    const pid_t process_;
    Handle folder_, listener_, stop_; // constant while the thread runs
    std::thread answering_;
};

} // namespace ndispool::monitor
