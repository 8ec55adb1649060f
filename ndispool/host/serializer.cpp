#include "ndispool/host/serializer.h"

namespace ndispool::host {

void Serializer::run(std::function<void()> work) {
    machine::acquire(lock_);
    if (busy_) {
        waiting_.push_back(std::move(work));
        machine::release(lock_);
        return;
    }
    busy_ = true;
    machine::release(lock_);
    for (;;) {
        work();
        machine::acquire(lock_);
        if (waiting_.empty()) {
            busy_ = false;
            machine::release(lock_);
            return;
        }
        work = std::move(waiting_.front());
        waiting_.pop_front();
        machine::release(lock_);
    }
}

} // namespace ndispool::host
