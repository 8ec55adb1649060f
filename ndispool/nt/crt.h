// Microsoft sides of the variadic exports of ndis/crt.h, and 16-bit forms of what Linux's C library has in 32 bits.
//   Callers:   exports.cpp.
//   Holds:     the names are ours: in this program wcslen is Linux's.
#pragma once

#include "ndis/base.h"

namespace ndispool::nt {

__attribute__((ms_abi)) INT snprintf_microsoft(PSTR buffer, SIZE_T count, PCSTR format, ...);
__attribute__((ms_abi)) INT vsnprintf_microsoft(PSTR buffer, SIZE_T count, PCSTR format, __builtin_ms_va_list list);
__attribute__((ms_abi)) INT snwprintf_microsoft(PWSTR buffer, SIZE_T count, PCWSTR format, ...);
__attribute__((ms_abi)) INT vsnwprintf_microsoft(PWSTR buffer, SIZE_T count, PCWSTR format, __builtin_ms_va_list list);

SIZE_T wide_length(PCWSTR text);
PWSTR wide_copy(PWSTR to, PCWSTR from);
PWSTR wide_append(PWSTR to, PCWSTR from);
PWSTR wide_copy_some(PWSTR to, PCWSTR from, SIZE_T count);
PWSTR wide_append_some(PWSTR to, PCWSTR from, SIZE_T count);
INT wide_compare(PCWSTR first, PCWSTR second);
INT wide_compare_some(PCWSTR first, PCWSTR second, SIZE_T count);
PWSTR wide_find(PCWSTR text, WCHAR character);
PWSTR wide_find_last(PCWSTR text, WCHAR character);
PWSTR wide_search(PCWSTR text, PCWSTR part);

} // namespace ndispool::nt
