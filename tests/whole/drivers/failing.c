/* A driver that does not want to be loaded, and one that registers nothing. */
#include <ndis.h>

NTSTATUS DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING path) {
    (void)driver, (void)path;
    return ENTRY_STATUS;
}
