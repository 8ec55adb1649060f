// Stands for a driver compiled with a sanitizer that the program is never compiled with.
extern void __hwasan_init(void);

int DriverEntry(void* object, void* path) {
    (void)object;
    (void)path;
    __hwasan_init();
    return 0;
}
