// The registry under its kernel names.
#include "ndis/registry.h"

#include <algorithm>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "ndispool/nt/handles.h"
#include "ndispool/nt/invoke.h"
#include "ndispool/nt/memory.h"
#include "ndispool/nt/registry.h"
#include "ndispool/nt/text.h"

namespace ndispool::nt {
namespace {

constexpr std::uint32_t string_tag = 0x67727453; // "Strg"
constexpr std::u16string_view absolute = u"\\Registry\\";

using Key = std::shared_ptr<RegistryKey>; // keeps the whole tree

class KeyObject final : public Object {
  public:
    explicit KeyObject(Key key) : key_(std::move(key)) {}
    void* body() override { return key_.get(); }
    const Key& key() const { return key_; }

  private:
    const Key key_;
};

// Null: no handle of a key.
Key key_of(HANDLE handle) {
    const auto object = std::dynamic_pointer_cast<KeyObject>(object_of(handle));
    return object ? object->key() : nullptr;
}

Key in_tree(const Key& tree, RegistryKey* key) {
    return key ? Key(tree, key) : nullptr;
}

struct Place {
    Key base;
    std::u16string path;

    Key find() const { return in_tree(base, base->find(path)); }
    Key make() const { return in_tree(base, &base->make(path)); }
};

// Null base: the name is not absolute.
Place absolute_place(std::u16string_view name) {
    const bool is_absolute = compare(name.substr(0, absolute.size()), absolute, true) == 0;
    return is_absolute ? Place{registry(), std::u16string(name.substr(absolute.size()))} : Place{};
}

NTSTATUS place_of(const OBJECT_ATTRIBUTES& attributes, Place& place) {
    const std::u16string_view name = attributes.ObjectName ? view(*attributes.ObjectName) : std::u16string_view();
    if (attributes.RootDirectory) {
        place = {key_of(attributes.RootDirectory), std::u16string(name)};
        return place.base ? STATUS_SUCCESS : STATUS_INVALID_HANDLE;
    }
    place = absolute_place(name);
    return place.base ? STATUS_SUCCESS : STATUS_OBJECT_NAME_NOT_FOUND;
}

// For RtlQueryRegistryValues and RtlWriteRegistryValue.
NTSTATUS place_of(ULONG relative_to, PCWSTR path, Place& place) {
    if (relative_to & RTL_REGISTRY_HANDLE) {
        place = {key_of(const_cast<PWSTR>(path)), {}};
        return place.base ? STATUS_SUCCESS : STATUS_INVALID_HANDLE;
    }
    const std::u16string name = path ? reinterpret_cast<const char16_t*>(path) : u"";
    switch (relative_to & ~RTL_REGISTRY_OPTIONAL) {
    case RTL_REGISTRY_ABSOLUTE:
        place = absolute_place(name);
        return place.base ? STATUS_SUCCESS : STATUS_OBJECT_NAME_NOT_FOUND;
    case RTL_REGISTRY_SERVICES:
        place = {registry(), std::u16string(services_path) + name};
        return STATUS_SUCCESS;
    case RTL_REGISTRY_CONTROL:
        place = {registry(), u"Machine\\System\\CurrentControlSet\\Control\\" + name};
        return STATUS_SUCCESS;
    case RTL_REGISTRY_WINDOWS_NT:
        place = {registry(), u"Machine\\Software\\Microsoft\\Windows NT\\CurrentVersion\\" + name};
        return STATUS_SUCCESS;
    default:
        return STATUS_INVALID_PARAMETER;
    }
}

struct Raw {
    ULONG type;
    std::vector<std::uint8_t> bytes;
};

std::vector<std::uint8_t> bytes_of(std::u16string_view text) {
    const auto* const first = reinterpret_cast<const std::uint8_t*>(text.data());
    return {first, first + text.size() * sizeof(char16_t)};
}

Raw raw(const RegistryValue& value) {
    if (const auto* number = std::get_if<std::uint32_t>(&value)) {
        std::vector<std::uint8_t> bytes(sizeof *number);
        std::memcpy(bytes.data(), number, sizeof *number);
        return {REG_DWORD, std::move(bytes)};
    }
    if (const auto* text = std::get_if<std::u16string>(&value))
        return {REG_SZ, bytes_of(*text + u'\0')};
    if (const auto* list = std::get_if<std::vector<std::u16string>>(&value)) {
        std::u16string all;
        for (const std::u16string& text : *list)
            all += text + u'\0';
        return {REG_MULTI_SZ, bytes_of(all + u'\0')};
    }
    return {REG_BINARY, std::get<std::vector<std::uint8_t>>(value)};
}

std::u16string text_of(const std::uint8_t* data, ULONG size) {
    std::u16string text(size / sizeof(char16_t), u'\0');
    if (!text.empty()) // data may be null then
        std::memcpy(text.data(), data, text.size() * sizeof(char16_t));
    return text;
}

RegistryValue value_of(ULONG type, const void* data, ULONG size) {
    const auto* const bytes = static_cast<const std::uint8_t*>(data);
    if (type == REG_DWORD && size == sizeof(std::uint32_t)) {
        std::uint32_t number;
        std::memcpy(&number, bytes, sizeof number);
        return number;
    }
    if (type == REG_SZ || type == REG_EXPAND_SZ) {
        const std::u16string text = text_of(bytes, size);
        return text.substr(0, text.find(u'\0'));
    }
    if (type == REG_MULTI_SZ) {
        std::vector<std::u16string> list;
        const std::u16string all = text_of(bytes, size);
        for (std::size_t at = 0; at < all.size() && all[at] != u'\0';) {
            const std::size_t end = std::min(all.find(u'\0', at), all.size());
            list.push_back(all.substr(at, end - at));
            at = end + 1;
        }
        return list;
    }
    return std::vector<std::uint8_t>(bytes, bytes + size);
}

// `whole` goes to the caller, or as much of it as fits when at least the fixed part does.
NTSTATUS give(const std::vector<std::uint8_t>& whole, std::size_t fixed, void* to, ULONG length, ULONG* needed) {
    *needed = static_cast<ULONG>(whole.size());
    if (length < fixed)
        return STATUS_BUFFER_TOO_SMALL;
    std::memcpy(to, whole.data(), std::min<std::size_t>(length, whole.size()));
    return length < whole.size() ? STATUS_BUFFER_OVERFLOW : STATUS_SUCCESS;
}

template <class Header>
std::vector<std::uint8_t> document(const Header& header, std::size_t fixed, std::span<const std::uint8_t> tail) {
    std::vector<std::uint8_t> whole(fixed + tail.size());
    std::memcpy(whole.data(), &header, fixed);
    std::copy(tail.begin(), tail.end(), whole.begin() + static_cast<std::ptrdiff_t>(fixed));
    return whole;
}

// What a UNICODE_STRING of the driver receives: without the terminating zero, which is behind it all the same.
NTSTATUS give_string(const Raw& raw, UNICODE_STRING& to) {
    const auto size = static_cast<USHORT>(std::min<std::size_t>(raw.bytes.size(), 0xFFFE));
    if (!to.Buffer) {
        to.Buffer = static_cast<PWSTR>(allocate(size, string_tag, nullptr));
        if (!to.Buffer)
            return STATUS_NO_MEMORY;
        to.MaximumLength = size;
    } else if (to.MaximumLength < size) {
        return STATUS_BUFFER_TOO_SMALL;
    }
    std::copy_n(raw.bytes.begin(), size, reinterpret_cast<std::uint8_t*>(to.Buffer));
    to.Length = static_cast<USHORT>(size >= sizeof(WCHAR) ? size - sizeof(WCHAR) : 0);
    return STATUS_SUCCESS;
}

NTSTATUS give_directly(const Raw& raw, void* to) {
    if (raw.type == REG_SZ || raw.type == REG_EXPAND_SZ || raw.type == REG_MULTI_SZ)
        return give_string(raw, *static_cast<UNICODE_STRING*>(to));
    const std::size_t size = raw.bytes.size();
    if (size <= sizeof(ULONG)) {
        std::ranges::copy(raw.bytes, static_cast<std::uint8_t*>(to));
        return STATUS_SUCCESS;
    }
    LONG room;
    std::memcpy(&room, to, sizeof room);
    if (room < 0) {
        if (size > 0u - static_cast<ULONG>(room))
            return STATUS_BUFFER_TOO_SMALL;
        std::memcpy(to, raw.bytes.data(), size);
        return STATUS_SUCCESS;
    }
    const ULONG header[] = {static_cast<ULONG>(size), raw.type};
    if (static_cast<ULONG>(room) < sizeof header + size)
        return STATUS_BUFFER_TOO_SMALL;
    std::memcpy(to, header, sizeof header);
    std::memcpy(static_cast<std::uint8_t*>(to) + sizeof header, raw.bytes.data(), size);
    return STATUS_SUCCESS;
}

NTSTATUS call(const RTL_QUERY_REGISTRY_TABLE& entry, std::u16string name, Raw raw, void* context) {
    return invoke(entry.QueryRoutine, reinterpret_cast<PWSTR>(name.data()), raw.type, raw.bytes.data(),
                  static_cast<ULONG>(raw.bytes.size()), context, entry.EntryContext);
}

NTSTATUS deliver(const RTL_QUERY_REGISTRY_TABLE& entry, const std::u16string& name, const Raw& found, void* context) {
    if (entry.Flags & RTL_QUERY_REGISTRY_DIRECT)
        return give_directly(found, entry.EntryContext);
    if (found.type != REG_MULTI_SZ || (entry.Flags & RTL_QUERY_REGISTRY_NOEXPAND))
        return call(entry, name, found, context);
    const RegistryValue list = value_of(found.type, found.bytes.data(), static_cast<ULONG>(found.bytes.size()));
    for (const std::u16string& text : std::get<std::vector<std::u16string>>(list))
        if (const NTSTATUS status = call(entry, name, raw(text), context); status != STATUS_SUCCESS)
            return status;
    return STATUS_SUCCESS;
}

// Strings may be given without their length.
Raw default_of(const RTL_QUERY_REGISTRY_TABLE& entry) {
    const auto* const bytes = static_cast<const std::uint8_t*>(entry.DefaultData);
    if (entry.DefaultLength == 0 && bytes && (entry.DefaultType == REG_SZ || entry.DefaultType == REG_EXPAND_SZ))
        return raw(std::u16string(static_cast<const char16_t*>(entry.DefaultData)));
    return {entry.DefaultType, {bytes, bytes + entry.DefaultLength}};
}

NTSTATUS query_value(RegistryKey& key, const RTL_QUERY_REGISTRY_TABLE& entry, const std::u16string& name,
                     void* context) {
    const auto value = key.value(name);
    if (!value && (entry.Flags & RTL_QUERY_REGISTRY_REQUIRED))
        return STATUS_OBJECT_NAME_NOT_FOUND;
    if (!value && entry.DefaultType == REG_NONE)
        return STATUS_SUCCESS;
    const NTSTATUS status = deliver(entry, name, value ? raw(*value) : default_of(entry), context);
    if (status == STATUS_SUCCESS && (entry.Flags & RTL_QUERY_REGISTRY_DELETE))
        key.remove_value(name);
    return status;
}

NTSTATUS query_all(RegistryKey& key, const RTL_QUERY_REGISTRY_TABLE& entry, void* context) {
    for (const std::u16string& name : key.value_names())
        if (const NTSTATUS status = query_value(key, entry, name, context); status != STATUS_SUCCESS)
            return status;
    return STATUS_SUCCESS;
}

// One entry; `key` is the one that this and later entries are about.
NTSTATUS query(RegistryKey& top, RegistryKey*& key, const RTL_QUERY_REGISTRY_TABLE& entry, void* context) {
    const std::u16string name = entry.Name ? reinterpret_cast<const char16_t*>(entry.Name) : u"";
    if (entry.Flags & (RTL_QUERY_REGISTRY_TOPKEY | RTL_QUERY_REGISTRY_SUBKEY))
        key = &top;
    if (entry.Flags & RTL_QUERY_REGISTRY_SUBKEY) {
        RegistryKey* const found = entry.Name ? top.find(name) : nullptr;
        if (!found)
            return entry.Name ? STATUS_OBJECT_NAME_NOT_FOUND : STATUS_INVALID_PARAMETER;
        key = found;
        return entry.QueryRoutine ? query_all(*key, entry, context) : STATUS_SUCCESS;
    }
    if (entry.Flags & RTL_QUERY_REGISTRY_NOVALUE)
        return call(entry, name, {REG_NONE, {}}, context);
    if (!entry.Name)
        return entry.Flags & RTL_QUERY_REGISTRY_DIRECT ? STATUS_INVALID_PARAMETER : query_all(*key, entry, context);
    return query_value(*key, entry, name, context);
}

} // namespace
} // namespace ndispool::nt

using namespace ndispool::nt;

extern "C" {

NTSTATUS ZwOpenKey(PHANDLE KeyHandle, ACCESS_MASK, POBJECT_ATTRIBUTES ObjectAttributes) {
    Place place;
    if (const NTSTATUS status = place_of(*ObjectAttributes, place); status != STATUS_SUCCESS)
        return status;
    Key key = place.find();
    if (!key)
        return STATUS_OBJECT_NAME_NOT_FOUND;
    *KeyHandle = make_handle(std::make_shared<KeyObject>(std::move(key)));
    return STATUS_SUCCESS;
}

NTSTATUS ZwCreateKey(PHANDLE KeyHandle, ACCESS_MASK, POBJECT_ATTRIBUTES ObjectAttributes, ULONG, PUNICODE_STRING, ULONG,
                     PULONG Disposition) {
    Place place;
    if (const NTSTATUS status = place_of(*ObjectAttributes, place); status != STATUS_SUCCESS)
        return status;
    if (Disposition)
        *Disposition = place.find() ? REG_OPENED_EXISTING_KEY : REG_CREATED_NEW_KEY;
    *KeyHandle = make_handle(std::make_shared<KeyObject>(place.make()));
    return STATUS_SUCCESS;
}

NTSTATUS ZwQueryValueKey(HANDLE KeyHandle, PUNICODE_STRING ValueName, KEY_VALUE_INFORMATION_CLASS Class, PVOID To,
                         ULONG Length, PULONG ResultLength) {
    const auto key = key_of(KeyHandle);
    if (!key)
        return STATUS_INVALID_HANDLE;
    const auto value = key->value(view(*ValueName));
    if (!value)
        return STATUS_OBJECT_NAME_NOT_FOUND;
    const auto [type, data] = raw(*value);
    const std::vector<std::uint8_t> name = bytes_of(view(*ValueName));
    if (Class == KeyValuePartialInformation) {
        constexpr std::size_t fixed = offsetof(KEY_VALUE_PARTIAL_INFORMATION, Data);
        const KEY_VALUE_PARTIAL_INFORMATION header{0, type, static_cast<ULONG>(data.size()), {}};
        return give(document(header, fixed, data), fixed, To, Length, ResultLength);
    }
    if (Class == KeyValueFullInformation) {
        constexpr std::size_t fixed = offsetof(KEY_VALUE_FULL_INFORMATION, Name);
        const KEY_VALUE_FULL_INFORMATION header{0,
                                                type,
                                                static_cast<ULONG>(fixed + name.size()),
                                                static_cast<ULONG>(data.size()),
                                                static_cast<ULONG>(name.size()),
                                                {}};
        std::vector<std::uint8_t> tail = name;
        tail.insert(tail.end(), data.begin(), data.end());
        return give(document(header, fixed, tail), fixed, To, Length, ResultLength);
    }
    if (Class != KeyValueBasicInformation)
        return STATUS_INVALID_PARAMETER;
    constexpr std::size_t fixed = offsetof(KEY_VALUE_BASIC_INFORMATION, Name);
    const KEY_VALUE_BASIC_INFORMATION header{0, type, static_cast<ULONG>(name.size()), {}};
    return give(document(header, fixed, name), fixed, To, Length, ResultLength);
}

NTSTATUS ZwSetValueKey(HANDLE KeyHandle, PUNICODE_STRING ValueName, ULONG, ULONG Type, PVOID Data, ULONG DataSize) {
    const auto key = key_of(KeyHandle);
    if (!key)
        return STATUS_INVALID_HANDLE;
    key->set_value(view(*ValueName), value_of(Type, Data, DataSize));
    return STATUS_SUCCESS;
}

NTSTATUS ZwEnumerateKey(HANDLE KeyHandle, ULONG Index, KEY_INFORMATION_CLASS Class, PVOID To, ULONG Length,
                        PULONG ResultLength) {
    const auto key = key_of(KeyHandle);
    if (!key)
        return STATUS_INVALID_HANDLE;
    if (Class != KeyBasicInformation)
        return STATUS_INVALID_PARAMETER;
    const RegistryKey* const subkey = key->subkey(Index);
    if (!subkey)
        return STATUS_NO_MORE_ENTRIES;
    constexpr std::size_t fixed = offsetof(KEY_BASIC_INFORMATION, Name);
    const std::vector<std::uint8_t> name = bytes_of(subkey->name());
    KEY_BASIC_INFORMATION header{};
    header.NameLength = static_cast<ULONG>(name.size());
    return give(document(header, fixed, name), fixed, To, Length, ResultLength);
}

NTSTATUS RtlWriteRegistryValue(ULONG RelativeTo, PCWSTR Path, PCWSTR ValueName, ULONG ValueType, PVOID ValueData,
                               ULONG ValueLength) {
    Place place;
    if (const NTSTATUS status = place_of(RelativeTo, Path, place); status != STATUS_SUCCESS)
        return status;
    place.make()->set_value(reinterpret_cast<const char16_t*>(ValueName), value_of(ValueType, ValueData, ValueLength));
    return STATUS_SUCCESS;
}

NTSTATUS RtlQueryRegistryValues(ULONG RelativeTo, PCWSTR Path, PRTL_QUERY_REGISTRY_TABLE QueryTable, PVOID Context,
                                PVOID) {
    Place place;
    if (const NTSTATUS status = place_of(RelativeTo, Path, place); status != STATUS_SUCCESS)
        return status;
    const Key top = place.find();
    if (!top)
        return STATUS_OBJECT_NAME_NOT_FOUND;
    RegistryKey* key = top.get();
    constexpr ULONG without_routine = RTL_QUERY_REGISTRY_SUBKEY | RTL_QUERY_REGISTRY_DIRECT;
    for (const auto* entry = QueryTable; entry->QueryRoutine || (entry->Flags & without_routine); ++entry)
        if (const NTSTATUS status = query(*top, key, *entry, Context); status != STATUS_SUCCESS)
            return status;
    return STATUS_SUCCESS;
}

} // extern "C"
