// NDIS strings: the kernel's string functions without their allocating forms.
#include <cstring>

#include "ndis/status.h"
#include "ndis/text.h"
#include "ndispool/nt/caller.h"
#include "ndispool/nt/memory.h"

using namespace ndispool;

extern "C" {

void NdisInitUnicodeString(PNDIS_STRING DestinationString, PCWSTR SourceString) {
    RtlInitUnicodeString(DestinationString, SourceString);
}

void NdisInitAnsiString(PANSI_STRING DestinationString, PCSZ SourceString) {
    RtlInitAnsiString(DestinationString, SourceString);
}

void NdisInitializeString(PNDIS_STRING DestinationString, PUCHAR SourceString) {
    constexpr ULONG tag = 0x7274534e; // "NStr"
    ANSI_STRING source;
    RtlInitAnsiString(&source, reinterpret_cast<PCSZ>(SourceString));
    const std::size_t bytes = (std::size_t{source.Length} + 1) * sizeof(WCHAR);
    *DestinationString = {};
    if (bytes > 0xFFFE)
        return;
    DestinationString->Buffer = static_cast<PWSTR>(nt::allocate(bytes, tag, nt::caller(__builtin_return_address(0))));
    if (DestinationString->Buffer == nullptr)
        return;
    DestinationString->MaximumLength = static_cast<USHORT>(bytes);
    RtlAnsiStringToUnicodeString(DestinationString, &source, FALSE);
}

BOOLEAN NdisEqualString(PNDIS_STRING String1, PNDIS_STRING String2, BOOLEAN CaseInsensitive) {
    return RtlEqualUnicodeString(String1, String2, CaseInsensitive);
}

LONG NdisCompareUnicodeString(PNDIS_STRING String1, PNDIS_STRING String2, BOOLEAN CaseInsensitive) {
    return RtlCompareUnicodeString(String1, String2, CaseInsensitive);
}

LONG NdisCompareAnsiString(PANSI_STRING String1, PANSI_STRING String2, BOOLEAN CaseInsensitive) {
    return RtlCompareString(String1, String2, CaseInsensitive);
}

NDIS_STATUS NdisUpcaseUnicodeString(PNDIS_STRING DestinationString, PNDIS_STRING SourceString) {
    return RtlUpcaseUnicodeString(DestinationString, SourceString, FALSE);
}

NDIS_STATUS NdisAnsiStringToUnicodeString(PNDIS_STRING DestinationString, PANSI_STRING SourceString) {
    return RtlAnsiStringToUnicodeString(DestinationString, SourceString, FALSE);
}

NDIS_STATUS NdisUnicodeStringToAnsiString(PANSI_STRING DestinationString, PNDIS_STRING SourceString) {
    return RtlUnicodeStringToAnsiString(DestinationString, SourceString, FALSE);
}

} // extern "C"
