#include "ndis/registry.h"

#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <vector>

#include "ndis/text.h"
#include "ndispool/nt/registry.h"
#include "ndispool/nt/text.h"

namespace ndispool::nt {
namespace {

PCWSTR wide(const char16_t* text) {
    return reinterpret_cast<PCWSTR>(text);
}

UNICODE_STRING text(const char16_t* characters) {
    UNICODE_STRING made;
    RtlInitUnicodeString(&made, wide(characters));
    return made;
}

HANDLE open_key(const char16_t* path, HANDLE root = nullptr) {
    UNICODE_STRING name = text(path);
    OBJECT_ATTRIBUTES attributes;
    InitializeObjectAttributes(&attributes, &name, OBJ_CASE_INSENSITIVE, root, nullptr);
    HANDLE key = nullptr;
    return ZwOpenKey(&key, KEY_READ, &attributes) == STATUS_SUCCESS ? key : nullptr;
}

struct ZwRegistryTest : testing::Test {
    HANDLE key = nullptr;

    ZwRegistryTest() {
        UNICODE_STRING name = text(u"\\Registry\\Machine\\Software\\Test");
        OBJECT_ATTRIBUTES attributes;
        InitializeObjectAttributes(&attributes, &name, OBJ_CASE_INSENSITIVE, nullptr, nullptr);
        ULONG disposition = 0;
        EXPECT_EQ(ZwCreateKey(&key, KEY_ALL_ACCESS, &attributes, 0, nullptr, REG_OPTION_NON_VOLATILE, &disposition),
                  STATUS_SUCCESS);
    }
    ~ZwRegistryTest() override {
        ZwClose(key);
        renew_registry();
    }

    void set(const char16_t* name, ULONG type, const void* data, std::size_t size) {
        UNICODE_STRING value = text(name);
        EXPECT_EQ(ZwSetValueKey(key, &value, 0, type, const_cast<PVOID>(data), static_cast<ULONG>(size)),
                  STATUS_SUCCESS);
    }
};

TEST_F(ZwRegistryTest, gives_back_what_was_set_in_every_type) {
    const ULONG number = 42;
    const char16_t string[] = u"text", list[] = u"one\0two\0";
    const UCHAR bytes[] = {1, 2, 3};
    set(u"Number", REG_DWORD, &number, sizeof number);
    set(u"String", REG_SZ, string, sizeof string);
    set(u"List", REG_MULTI_SZ, list, sizeof list);
    set(u"Bytes", REG_BINARY, bytes, sizeof bytes);
    const struct {
        const char16_t* name;
        ULONG type;
        std::string data;
    } all[] = {{u"number", REG_DWORD, {reinterpret_cast<const char*>(&number), sizeof number}},
               {u"string", REG_SZ, {reinterpret_cast<const char*>(string), sizeof string}},
               {u"list", REG_MULTI_SZ, {reinterpret_cast<const char*>(list), sizeof list}},
               {u"bytes", REG_BINARY, {reinterpret_cast<const char*>(bytes), sizeof bytes}}};
    for (const auto& one : all) {
        alignas(8) UCHAR buffer[200];
        auto& found = *reinterpret_cast<KEY_VALUE_PARTIAL_INFORMATION*>(buffer);
        UNICODE_STRING name = text(one.name);
        ULONG needed = 0;
        ASSERT_EQ(ZwQueryValueKey(key, &name, KeyValuePartialInformation, buffer, sizeof buffer, &needed),
                  STATUS_SUCCESS);
        EXPECT_EQ(found.Type, one.type);
        EXPECT_EQ(std::string(reinterpret_cast<char*>(found.Data), found.DataLength), one.data);
        EXPECT_EQ(needed, offsetof(KEY_VALUE_PARTIAL_INFORMATION, Data) + one.data.size());

        auto& full = *reinterpret_cast<KEY_VALUE_FULL_INFORMATION*>(buffer);
        ASSERT_EQ(ZwQueryValueKey(key, &name, KeyValueFullInformation, buffer, sizeof buffer, &needed), STATUS_SUCCESS);
        EXPECT_EQ(std::string(reinterpret_cast<char*>(buffer) + full.DataOffset, full.DataLength), one.data);
    }
}

TEST_F(ZwRegistryTest, says_how_much_room_a_value_needs) {
    const ULONG number = 42;
    set(u"Number", REG_DWORD, &number, sizeof number);
    UNICODE_STRING name = text(u"Number"), missing = text(u"Missing");
    alignas(8) UCHAR buffer[16];
    ULONG needed = 0;
    EXPECT_EQ(ZwQueryValueKey(key, &name, KeyValuePartialInformation, buffer, 11, &needed), STATUS_BUFFER_TOO_SMALL);
    EXPECT_EQ(needed, 16u);
    EXPECT_EQ(ZwQueryValueKey(key, &name, KeyValuePartialInformation, buffer, 12, &needed), STATUS_BUFFER_OVERFLOW);
    EXPECT_EQ(ZwQueryValueKey(key, &name, KeyValuePartialInformation, buffer, 16, &needed), STATUS_SUCCESS);
    EXPECT_EQ(ZwQueryValueKey(key, &missing, KeyValuePartialInformation, buffer, 16, &needed),
              STATUS_OBJECT_NAME_NOT_FOUND);
}

TEST_F(ZwRegistryTest, opens_what_is_there_and_numbers_subkeys) {
    registry()->make(u"Machine\\Software\\Test\\Beta");
    registry()->make(u"Machine\\Software\\Test\\Alpha");
    EXPECT_EQ(open_key(u"\\Registry\\Machine\\Software\\Nobody"), nullptr);
    EXPECT_EQ(open_key(u"no absolute path"), nullptr);
    HANDLE const beta = open_key(u"beta", key);
    EXPECT_NE(beta, nullptr);
    EXPECT_EQ(ZwClose(beta), STATUS_SUCCESS);
    alignas(8) UCHAR buffer[64];
    auto& found = *reinterpret_cast<KEY_BASIC_INFORMATION*>(buffer);
    ULONG needed = 0;
    ASSERT_EQ(ZwEnumerateKey(key, 0, KeyBasicInformation, buffer, sizeof buffer, &needed), STATUS_SUCCESS);
    EXPECT_EQ(std::u16string(reinterpret_cast<char16_t*>(found.Name), found.NameLength / 2), u"Alpha");
    EXPECT_EQ(ZwEnumerateKey(key, 2, KeyBasicInformation, buffer, sizeof buffer, &needed), STATUS_NO_MORE_ENTRIES);
}

TEST_F(ZwRegistryTest, writes_by_path_and_makes_missing_keys) {
    ULONG number = 7;
    EXPECT_EQ(RtlWriteRegistryValue(RTL_REGISTRY_SERVICES, wide(u"Driver\\Parameters"), wide(u"Number"), REG_DWORD,
                                    &number, sizeof number),
              STATUS_SUCCESS);
    const RegistryKey* const made =
        registry()->find(u"Machine\\System\\CurrentControlSet\\Services\\driver\\Parameters");
    ASSERT_NE(made, nullptr);
    EXPECT_EQ(made->value(u"number"), RegistryValue(std::uint32_t{7}));
    EXPECT_EQ(RtlWriteRegistryValue(99, wide(u"X"), wide(u"Y"), REG_DWORD, &number, sizeof number),
              STATUS_INVALID_PARAMETER);
}

TEST_F(ZwRegistryTest, a_renewed_registry_is_empty_and_open_keys_go_on) {
    const ULONG number = 42;
    set(u"Number", REG_DWORD, &number, sizeof number);
    renew_registry();
    EXPECT_EQ(open_key(u"\\Registry\\Machine\\Software\\Test"), nullptr);
    UNICODE_STRING name = text(u"Number");
    alignas(8) UCHAR buffer[16];
    ULONG needed = 0;
    EXPECT_EQ(ZwQueryValueKey(key, &name, KeyValuePartialInformation, buffer, 16, &needed), STATUS_SUCCESS);
}

TEST_F(ZwRegistryTest, a_handle_that_is_none_is_refused) {
    UNICODE_STRING name = text(u"Number");
    ULONG needed = 0;
    EXPECT_EQ(ZwQueryValueKey(nullptr, &name, KeyValuePartialInformation, nullptr, 0, &needed), STATUS_INVALID_HANDLE);
    EXPECT_EQ(ZwEnumerateKey(nullptr, 0, KeyBasicInformation, nullptr, 0, &needed), STATUS_INVALID_HANDLE);
    EXPECT_EQ(ZwSetValueKey(nullptr, &name, 0, REG_DWORD, &needed, sizeof needed), STATUS_INVALID_HANDLE);
    EXPECT_EQ(open_key(u"Key", reinterpret_cast<HANDLE>(4)), nullptr);
}

struct QueryRegistryValues : ZwRegistryTest {
    struct Seen {
        std::u16string names;
        std::vector<std::u16string> texts;
    } seen;

    static NTSTATUS NTAPI note(PWSTR name, ULONG type, PVOID data, ULONG size, PVOID context, PVOID) {
        Seen& noted = *static_cast<Seen*>(context);
        noted.names += reinterpret_cast<const char16_t*>(name);
        noted.names += u' ';
        if (type == REG_SZ)
            noted.texts.emplace_back(static_cast<const char16_t*>(data), size / 2 - 1);
        return STATUS_SUCCESS;
    }

    NTSTATUS query(RTL_QUERY_REGISTRY_TABLE entry) {
        RTL_QUERY_REGISTRY_TABLE table[2] = {entry, {}};
        return RtlQueryRegistryValues(RTL_REGISTRY_HANDLE, static_cast<PCWSTR>(key), table, &seen, nullptr);
    }
    static PWSTR name(const char16_t* name) { return const_cast<PWSTR>(wide(name)); }
};

TEST_F(QueryRegistryValues, calls_the_routine_for_one_value_for_each_string_or_for_all) {
    const char16_t string[] = u"text", list[] = u"one\0two\0";
    set(u"String", REG_SZ, string, sizeof string);
    set(u"List", REG_MULTI_SZ, list, sizeof list);
    EXPECT_EQ(query({note, 0, name(u"string"), nullptr, REG_NONE, nullptr, 0}), STATUS_SUCCESS);
    EXPECT_EQ(query({note, 0, name(u"list"), nullptr, REG_NONE, nullptr, 0}), STATUS_SUCCESS);
    EXPECT_EQ(seen.names, u"string list list ");
    EXPECT_EQ(seen.texts, (std::vector<std::u16string>{u"text", u"one", u"two"}));
    seen = {};
    EXPECT_EQ(query({note, RTL_QUERY_REGISTRY_NOEXPAND, nullptr, nullptr, REG_NONE, nullptr, 0}), STATUS_SUCCESS);
    EXPECT_EQ(seen.names, u"List String ");
}

TEST_F(QueryRegistryValues, stores_directly_and_uses_defaults) {
    const ULONG set_number = 42;
    const char16_t string[] = u"text";
    set(u"Number", REG_DWORD, &set_number, sizeof set_number);
    set(u"String", REG_SZ, string, sizeof string);
    ULONG number = 0, fallback = 7;
    UNICODE_STRING made{};
    WCHAR small[2];
    UNICODE_STRING too_small{0, sizeof small, small};
    const ULONG direct = RTL_QUERY_REGISTRY_DIRECT;
    EXPECT_EQ(query({nullptr, direct, name(u"Number"), &number, REG_NONE, nullptr, 0}), STATUS_SUCCESS);
    EXPECT_EQ(number, 42u);
    EXPECT_EQ(query({nullptr, direct, name(u"Nothing"), &number, REG_DWORD, &fallback, sizeof fallback}),
              STATUS_SUCCESS);
    EXPECT_EQ(number, 7u);
    EXPECT_EQ(query({nullptr, direct | RTL_QUERY_REGISTRY_REQUIRED, name(u"Nothing"), &number, REG_NONE, nullptr, 0}),
              STATUS_OBJECT_NAME_NOT_FOUND);
    EXPECT_EQ(query({nullptr, direct, name(u"String"), &made, REG_NONE, nullptr, 0}), STATUS_SUCCESS);
    EXPECT_EQ(view(made), u"text");
    RtlFreeUnicodeString(&made);
    EXPECT_EQ(query({nullptr, direct, name(u"String"), &too_small, REG_NONE, nullptr, 0}), STATUS_BUFFER_TOO_SMALL);
}

TEST_F(QueryRegistryValues, stores_bytes_where_their_room_says_how) {
    const UCHAR bytes[] = {1, 2, 3, 4, 5, 6};
    set(u"Bytes", REG_BINARY, bytes, sizeof bytes);
    union {
        LONG room;
        ULONG header[2];
        UCHAR all[16];
    } to;
    const ULONG direct = RTL_QUERY_REGISTRY_DIRECT;
    to.room = -6;
    EXPECT_EQ(query({nullptr, direct, name(u"Bytes"), &to, REG_NONE, nullptr, 0}), STATUS_SUCCESS);
    EXPECT_EQ(std::memcmp(to.all, bytes, 6), 0);
    to.room = 14;
    EXPECT_EQ(query({nullptr, direct, name(u"Bytes"), &to, REG_NONE, nullptr, 0}), STATUS_SUCCESS);
    EXPECT_EQ(to.header[0], 6u);
    EXPECT_EQ(to.header[1], static_cast<ULONG>(REG_BINARY));
    EXPECT_EQ(std::memcmp(to.all + 8, bytes, 6), 0);
    for (const LONG room : {-5, 13}) {
        to.room = room;
        EXPECT_EQ(query({nullptr, direct, name(u"Bytes"), &to, REG_NONE, nullptr, 0}), STATUS_BUFFER_TOO_SMALL);
    }
}

} // namespace
} // namespace ndispool::nt
