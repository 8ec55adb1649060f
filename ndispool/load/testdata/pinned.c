// Linked with -z nodelete: it cannot be unmapped.
int DriverEntry(void* object, void* path) {
    (void)object;
    (void)path;
    return 0;
}
