// Every function that drivers import is written once and offered both ways: as itself (System V, for native drivers)
// and through a door that Microsoft x64 code can call. The door is made from the function's own type.
//   Use:       `const Export list[] = {NDISPOOL_EXPORT(NdisFreePacket), ...};`
//   Holds:     a door converts, calls, converts; it decides nothing. In the function, caller() names the driver's call.
//   Not here:  binding an image's imports (load), which list wins when two have a name (host).
#pragma once

#include <cstdint>
#include <cstring>

#include "ndispool/nt/caller.h"

namespace ndispool::nt {

struct Export {
    const char* name;
    void* native;
    void* microsoft;
};

template <auto Function> struct MicrosoftDoor;

template <class R, class... P, R (*Function)(P...)> struct MicrosoftDoor<Function> {
    __attribute__((ms_abi, noinline)) static R enter(P... arguments) {
        const CallerScope scope(__builtin_return_address(0));
        return Function(arguments...);
    }
};

// The arguments behind the named ones of a Microsoft variadic function: 8 bytes each, the unused upper bytes undefined.
class VariadicArguments {
  public:
    explicit VariadicArguments(__builtin_ms_va_list list) : next_(list) {}
    std::uint64_t next() {
        std::uint64_t value;
        std::memcpy(&value, next_, sizeof value);
        next_ += sizeof value;
        return value;
    }

  private:
    const char* next_;
};

// An entry for a function whose Microsoft side is written by hand (a variadic one).
template <class Native, class Microsoft> Export offer(const char* name, Native* native, Microsoft* microsoft) {
    return {name, reinterpret_cast<void*>(native), reinterpret_cast<void*>(microsoft)};
}

template <auto Function> Export offer(const char* name) {
    return offer(name, Function, &MicrosoftDoor<Function>::enter);
}

} // namespace ndispool::nt

#define NDISPOOL_EXPORT(function) ::ndispool::nt::offer<&(function)>(#function)
#define NDISPOOL_EXPORT_AS(name, native, microsoft) ::ndispool::nt::offer(name, &(native), &(microsoft))
