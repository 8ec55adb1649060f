#include "ndispool/nt/handles.h"

#include <map>
#include <utility>

#include "ndispool/machine/lock.h"

namespace ndispool::nt {
namespace {

class HandleTable {
  public:
    HANDLE add(std::shared_ptr<Object> object) {
        const machine::Locked locked(lock_);
        next_ += 4; // the two lowest bits of a handle are its owner's
        objects_.emplace(next_, std::move(object));
        return reinterpret_cast<HANDLE>(next_);
    }

    std::shared_ptr<Object> find(HANDLE handle) {
        const machine::Locked locked(lock_);
        const auto found = objects_.find(reinterpret_cast<std::uintptr_t>(handle));
        return found == objects_.end() ? nullptr : found->second;
    }

    bool remove(HANDLE handle) {
        std::shared_ptr<Object> last; // destroyed without the lock
        const machine::Locked locked(lock_);
        const auto node = objects_.extract(reinterpret_cast<std::uintptr_t>(handle));
        if (!node.empty())
            last = node.mapped();
        return !node.empty();
    }

    void* reference(std::shared_ptr<Object> object) {
        void* const body = object->body();
        const machine::Locked locked(lock_);
        references_.emplace(body, std::move(object));
        return body;
    }

    bool change(void* body, bool more) {
        std::shared_ptr<Object> last; // destroyed without the lock
        const machine::Locked locked(lock_);
        const auto found = references_.find(body);
        if (found == references_.end())
            return false;
        if (more) {
            references_.emplace(body, found->second);
            return true;
        }
        last = std::move(found->second);
        references_.erase(found);
        return true;
    }

  private:
    machine::Lock lock_;
    std::uintptr_t next_ NDISPOOL_GUARDED_BY(lock_) = 0x80000000; // where kernel handles begin
    std::map<std::uintptr_t, std::shared_ptr<Object>> objects_ NDISPOOL_GUARDED_BY(lock_);
    std::multimap<void*, std::shared_ptr<Object>> references_ NDISPOOL_GUARDED_BY(lock_);
};

HandleTable& table() {
    static HandleTable& handles = *new HandleTable; // never destroyed: drivers may outlive main()
    return handles;
}

} // namespace

HANDLE make_handle(std::shared_ptr<Object> object) {
    return table().add(std::move(object));
}

std::shared_ptr<Object> object_of(HANDLE handle) {
    return table().find(handle);
}

bool close_handle(HANDLE handle) {
    return table().remove(handle);
}

void* reference(std::shared_ptr<Object> object) {
    return table().reference(std::move(object));
}

bool change_references(void* body, bool more) {
    return table().change(body, more);
}

} // namespace ndispool::nt
