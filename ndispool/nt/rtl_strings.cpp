// Counted strings as the kernel treats them. Nothing here locks; a string is its caller's.
#include "ndis/text.h"

#include <algorithm>
#include <cstring>

#include "ndis/status.h"
#include "ndispool/nt/caller.h"
#include "ndispool/nt/memory.h"
#include "ndispool/nt/text.h"

using namespace ndispool::nt;

namespace {

constexpr ULONG string_tag = 0x67727453;      // "Strg"
constexpr std::size_t longest_bytes = 0xFFFC; // an even Length whose MaximumLength still fits

std::string_view view(const STRING& text) {
    return text.Buffer == nullptr ? std::string_view{} : std::string_view{text.Buffer, text.Length};
}

char16_t from_ansi(char character) {
    return static_cast<unsigned char>(character);
}

char to_ansi(char16_t character) {
    return static_cast<char>(character < 0x100 ? character : u'?');
}

// A destination of `bytes` with its terminator: allocated, or the caller's if it is large enough.
template <class String>
NTSTATUS prepare(String& destination, std::size_t bytes, bool allocate_it, const void* allocator) {
    if (!allocate_it)
        return bytes <= destination.MaximumLength ? STATUS_SUCCESS : STATUS_BUFFER_OVERFLOW;
    void* const buffer = allocate(bytes, string_tag, allocator);
    if (buffer == nullptr)
        return STATUS_NO_MEMORY;
    destination.Buffer = static_cast<decltype(destination.Buffer)>(buffer);
    destination.MaximumLength = static_cast<USHORT>(bytes);
    return STATUS_SUCCESS;
}

template <class String> void free_string(String& string) {
    free_memory(string.Buffer);
    string = {};
}

int compare_ansi(const STRING& first, const STRING& second, bool case_insensitive) {
    std::u16string wide[2];
    std::ranges::transform(view(first), std::back_inserter(wide[0]), from_ansi);
    std::ranges::transform(view(second), std::back_inserter(wide[1]), from_ansi);
    return compare(wide[0], wide[1], case_insensitive);
}

NTSTATUS append(UNICODE_STRING& destination, std::u16string_view text) {
    const std::size_t bytes = text.size() * sizeof(WCHAR);
    if (destination.Length + bytes > destination.MaximumLength)
        return STATUS_BUFFER_TOO_SMALL;
    if (!text.empty())
        std::memmove(destination.Buffer + destination.Length / sizeof(WCHAR), text.data(), bytes);
    destination.Length = static_cast<USHORT>(destination.Length + bytes);
    if (destination.Length + sizeof(WCHAR) <= destination.MaximumLength)
        destination.Buffer[destination.Length / sizeof(WCHAR)] = 0;
    return STATUS_SUCCESS;
}

std::u16string_view zero_terminated(PCWSTR text) {
    return text == nullptr ? std::u16string_view{} : std::u16string_view{reinterpret_cast<const char16_t*>(text)};
}

} // namespace

extern "C" {

void RtlInitUnicodeString(PUNICODE_STRING DestinationString, PCWSTR SourceString) {
    const std::size_t bytes = std::min(zero_terminated(SourceString).size() * sizeof(WCHAR), longest_bytes);
    const std::size_t terminator = SourceString == nullptr ? 0 : sizeof(WCHAR);
    *DestinationString = {static_cast<USHORT>(bytes), static_cast<USHORT>(bytes + terminator),
                          const_cast<PWSTR>(SourceString)};
}

void RtlInitAnsiString(PANSI_STRING DestinationString, PCSZ SourceString) {
    const std::size_t bytes = SourceString == nullptr ? 0 : std::min(std::strlen(SourceString), longest_bytes);
    const std::size_t terminator = SourceString == nullptr ? 0 : 1;
    *DestinationString = {static_cast<USHORT>(bytes), static_cast<USHORT>(bytes + terminator),
                          const_cast<PCHAR>(SourceString)};
}

NTSTATUS RtlAnsiStringToUnicodeString(PUNICODE_STRING DestinationString, PCANSI_STRING SourceString,
                                      BOOLEAN AllocateDestinationString) {
    const std::string_view source = view(*SourceString);
    const std::size_t bytes = source.size() * sizeof(WCHAR);
    if (bytes > longest_bytes)
        return STATUS_INVALID_PARAMETER_2;
    const NTSTATUS status = prepare(*DestinationString, bytes + sizeof(WCHAR), AllocateDestinationString,
                                    caller(__builtin_return_address(0)));
    if (status != STATUS_SUCCESS)
        return status;
    *std::ranges::transform(source, DestinationString->Buffer, from_ansi).out = 0;
    DestinationString->Length = static_cast<USHORT>(bytes);
    return STATUS_SUCCESS;
}

NTSTATUS RtlUnicodeStringToAnsiString(PANSI_STRING DestinationString, PCUNICODE_STRING SourceString,
                                      BOOLEAN AllocateDestinationString) {
    const std::u16string_view source = view(*SourceString);
    const NTSTATUS status =
        prepare(*DestinationString, source.size() + 1, AllocateDestinationString, caller(__builtin_return_address(0)));
    if (status != STATUS_SUCCESS)
        return status;
    *std::ranges::transform(source, DestinationString->Buffer, to_ansi).out = 0;
    DestinationString->Length = static_cast<USHORT>(source.size());
    return STATUS_SUCCESS;
}

void RtlFreeUnicodeString(PUNICODE_STRING UnicodeString) {
    free_string(*UnicodeString);
}

void RtlFreeAnsiString(PANSI_STRING AnsiString) {
    free_string(*AnsiString);
}

NTSTATUS RtlAppendUnicodeStringToString(PUNICODE_STRING Destination, PCUNICODE_STRING Source) {
    return append(*Destination, view(*Source));
}

NTSTATUS RtlAppendUnicodeToString(PUNICODE_STRING Destination, PCWSTR Source) {
    return append(*Destination, zero_terminated(Source));
}

void RtlCopyUnicodeString(PUNICODE_STRING DestinationString, PCUNICODE_STRING SourceString) {
    DestinationString->Length = 0;
    if (SourceString != nullptr)
        append(*DestinationString, view(*SourceString).substr(0, DestinationString->MaximumLength / sizeof(WCHAR)));
}

LONG RtlCompareUnicodeString(PCUNICODE_STRING String1, PCUNICODE_STRING String2, BOOLEAN CaseInSensitive) {
    return compare(view(*String1), view(*String2), CaseInSensitive);
}

BOOLEAN RtlEqualUnicodeString(PCUNICODE_STRING String1, PCUNICODE_STRING String2, BOOLEAN CaseInSensitive) {
    return compare(view(*String1), view(*String2), CaseInSensitive) == 0;
}

LONG RtlCompareString(PCANSI_STRING String1, PCANSI_STRING String2, BOOLEAN CaseInSensitive) {
    return compare_ansi(*String1, *String2, CaseInSensitive);
}

BOOLEAN RtlEqualString(PCANSI_STRING String1, PCANSI_STRING String2, BOOLEAN CaseInSensitive) {
    return compare_ansi(*String1, *String2, CaseInSensitive) == 0;
}

WCHAR RtlUpcaseUnicodeChar(WCHAR SourceCharacter) {
    return static_cast<WCHAR>(upcase(static_cast<char16_t>(SourceCharacter)));
}

NTSTATUS RtlUpcaseUnicodeString(PUNICODE_STRING DestinationString, PCUNICODE_STRING SourceString,
                                BOOLEAN AllocateDestinationString) {
    const std::u16string_view source = view(*SourceString);
    const NTSTATUS status = prepare(*DestinationString, source.size() * sizeof(WCHAR), AllocateDestinationString,
                                    caller(__builtin_return_address(0)));
    if (status != STATUS_SUCCESS)
        return status;
    std::ranges::transform(source, DestinationString->Buffer, upcase);
    DestinationString->Length = static_cast<USHORT>(source.size() * sizeof(WCHAR));
    return STATUS_SUCCESS;
}

} // extern "C"
