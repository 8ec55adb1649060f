# Sourced by check: makes driver files that cannot be run, in the current folder. Needs: include (the headers' folder).
compile() { # NAME, the source on standard input
    cc -shared -fPIC -fshort-wchar -fvisibility=hidden -I"$include" -x c - -o "$1"
}

compile no_entry.so <<'C'
int nothing_of_interest;
C
compile unresolved.so <<'C'
#include <ndis.h>
NDIS_STATUS NdisInventedFunction(void);
NTSTATUS DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING path) {
    (void)driver, (void)path;
    return NdisInventedFunction();
}
C
compile failing.so <<'C'
#include <ndis.h>
NTSTATUS DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING path) {
    (void)driver, (void)path;
    return STATUS_INSUFFICIENT_RESOURCES;
}
C
