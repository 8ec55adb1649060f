#include "ndispool/host/checker.h"

namespace ndispool::host {

namespace {
Checker* current = nullptr; // set before the driver is loaded, which publishes it to the driver's threads
}

void set_checker(Checker* checker) {
    current = checker;
}

Checker* checker() {
    return current;
}

} // namespace ndispool::host
