// A mutex that declares what it guards, checked by clang's thread-safety analysis.
//
// For this room's own short sections: never held while foreign code runs, so it may be taken at DISPATCH.
#pragma once

#include <mutex>

#if defined(__clang__)
#define NDISPOOL_ANALYSIS(attribute) __attribute__((attribute))
#else
#define NDISPOOL_ANALYSIS(attribute)
#endif
#define NDISPOOL_GUARDED_BY(lock) NDISPOOL_ANALYSIS(guarded_by(lock))
#define NDISPOOL_REQUIRES(lock) NDISPOOL_ANALYSIS(requires_capability(lock))

namespace ndispool::machine {

class NDISPOOL_ANALYSIS(capability("mutex")) Lock {
  public:
    void lock() NDISPOOL_ANALYSIS(acquire_capability()) { mutex_.lock(); }
    void unlock() NDISPOOL_ANALYSIS(release_capability()) { mutex_.unlock(); }

  private:
    std::mutex mutex_;
};

class NDISPOOL_ANALYSIS(scoped_lockable) Locked {
  public:
    explicit Locked(Lock& lock) NDISPOOL_ANALYSIS(acquire_capability(lock)) : lock_(lock) { lock_.lock(); }
    ~Locked() NDISPOOL_ANALYSIS(release_capability()) { lock_.unlock(); }
    Locked(const Locked&) = delete;
    Locked& operator=(const Locked&) = delete;

  private:
    Lock& lock_;
};

} // namespace ndispool::machine
