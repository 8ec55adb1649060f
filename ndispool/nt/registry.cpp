#include "ndispool/nt/registry.h"

#include <algorithm>
#include <iterator>
#include <tuple>
#include <utility>

namespace ndispool::nt {
namespace {

// The first name of a path, and what is behind it. Leading and doubled backslashes count for nothing.
std::pair<std::u16string_view, std::u16string_view> split(std::u16string_view path) {
    path.remove_prefix(std::min(path.find_first_not_of(u'\\'), path.size()));
    const std::size_t end = std::min(path.find(u'\\'), path.size());
    return {path.substr(0, end), path.substr(end)};
}

class Root {
  public:
    std::shared_ptr<RegistryKey> get() {
        const machine::Locked locked(lock_);
        return key_;
    }
    void renew() {
        auto key = std::make_shared<RegistryKey>();
        const machine::Locked locked(lock_);
        key_.swap(key); // the old one goes behind the lock's end: `key` was made before it
    }

  private:
    machine::Lock lock_;
    std::shared_ptr<RegistryKey> key_ NDISPOOL_GUARDED_BY(lock_) = std::make_shared<RegistryKey>();
};

Root& root() {
    static Root& all = *new Root; // never destroyed: drivers may outlive main()
    return all;
}

} // namespace

std::shared_ptr<RegistryKey> registry() {
    return root().get();
}

void renew_registry() {
    root().renew();
}

std::optional<RegistryValue> RegistryKey::value(std::u16string_view name) const {
    const machine::Locked locked(lock_);
    const auto found = values_.find(name);
    return found == values_.end() ? std::nullopt : std::optional(found->second);
}

void RegistryKey::set_value(std::u16string_view name, RegistryValue value) {
    const machine::Locked locked(lock_);
    values_[std::u16string(name)] = std::move(value);
}

bool RegistryKey::remove_value(std::u16string_view name) {
    const machine::Locked locked(lock_);
    return values_.erase(std::u16string(name)) != 0;
}

std::vector<std::u16string> RegistryKey::value_names() const {
    const machine::Locked locked(lock_);
    std::vector<std::u16string> names;
    for (const auto& [name, value] : values_)
        names.push_back(name);
    return names;
}

RegistryKey* RegistryKey::child(std::u16string_view name) {
    const machine::Locked locked(lock_);
    const auto found = subkeys_.find(name);
    return found == subkeys_.end() ? nullptr : found->second.get();
}

RegistryKey& RegistryKey::make_child(std::u16string_view name) {
    const machine::Locked locked(lock_);
    auto& key = subkeys_[std::u16string(name)];
    if (key == nullptr)
        key = std::make_unique<RegistryKey>(std::u16string(name));
    return *key;
}

RegistryKey& RegistryKey::make(std::u16string_view path) {
    RegistryKey* key = this;
    for (auto [name, rest] = split(path); !name.empty(); std::tie(name, rest) = split(rest))
        key = &key->make_child(name);
    return *key;
}

RegistryKey* RegistryKey::find(std::u16string_view path) {
    RegistryKey* key = this;
    for (auto [name, rest] = split(path); key != nullptr && !name.empty(); std::tie(name, rest) = split(rest))
        key = key->child(name);
    return key;
}

RegistryKey* RegistryKey::subkey(std::size_t index) {
    const machine::Locked locked(lock_);
    return index < subkeys_.size() ? std::next(subkeys_.begin(), static_cast<std::ptrdiff_t>(index))->second.get()
                                   : nullptr;
}

} // namespace ndispool::nt
