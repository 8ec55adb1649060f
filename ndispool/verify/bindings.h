// The driver's bindings and adapters, as its registration and open calls made them.
//   Callers:   the checked forms of registration and traffic functions; any thread.
#pragma once

#include "ndispool/verify/call.h"
#include "ndispool/verify/table.h"

#include <optional>

namespace ndispool::verify {

struct BindingEntry {
    NDIS_HANDLE context = nullptr;
    Site opened, closed;
};

// Reports the use of a handle that was closed before. False: it must not be used.
bool check_binding(Call& call, NDIS_HANDLE handle);
std::optional<BindingEntry> open_binding_with(NDIS_HANDLE context); // one that is not closed

struct AdapterEntry {
    bool deserialized = false;
    bool request_pending = false; // the miniport has one that it has not completed
    Site request;
};

Table<AdapterEntry>& adapters(); // by MiniportAdapterContext

inline NDIS_HANDLE context_of(NDIS_HANDLE adapter) {
    return static_cast<PNDIS_MINIPORT_BLOCK>(adapter)->MiniportAdapterContext;
}

void forget_bindings();

} // namespace ndispool::verify
