// An in-memory registry: keys with values and subkeys, names compared without case.
//   Callers:   any thread, PASSIVE. A key lives as long as its parent; only a root is destroyed.
//   Holds:     each key guards itself; values are given out by copy. Subkeys are numbered in the order of their names.
//   Not here:  files, the meaning of any key (host), handles (the host's NdisOpenConfiguration).
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "ndispool/machine/lock.h"
#include "ndispool/nt/text.h"

namespace ndispool::nt {

// REG_DWORD, REG_SZ, REG_MULTI_SZ, REG_BINARY
using RegistryValue =
    std::variant<std::uint32_t, std::u16string, std::vector<std::u16string>, std::vector<std::uint8_t>>;

class RegistryKey {
  public:
    explicit RegistryKey(std::u16string name = {}) : name_(std::move(name)) {}

    const std::u16string& name() const { return name_; }

    std::optional<RegistryValue> value(std::u16string_view name) const;
    void set_value(std::u16string_view name, RegistryValue value); // keeps the spelling of a name that is there
    bool remove_value(std::u16string_view name);
    std::vector<std::u16string> value_names() const;

    // `path`: names separated by backslashes, from here; empty is this key.
    RegistryKey& make(std::u16string_view path);
    RegistryKey* find(std::u16string_view path); // null: there is none
    RegistryKey* subkey(std::size_t index);      // null: behind the last

  private:
    RegistryKey* child(std::u16string_view name);
    RegistryKey& make_child(std::u16string_view name);

    const std::u16string name_;
    mutable machine::Lock lock_;
    std::map<std::u16string, RegistryValue, CaseInsensitiveLess> values_ NDISPOOL_GUARDED_BY(lock_);
    std::map<std::u16string, std::unique_ptr<RegistryKey>, CaseInsensitiveLess> subkeys_ NDISPOOL_GUARDED_BY(lock_);
};

// The tree behind Zw functions: its names begin behind \Registry\. A new one forgets everything; handles keep the old one alive.
std::shared_ptr<RegistryKey> registry();
void renew_registry();

// \Registry\Machine\System\CurrentControlSet\Services, where a driver's own key is.
inline constexpr std::u16string_view services_path = u"Machine\\System\\CurrentControlSet\\Services\\";

} // namespace ndispool::nt
