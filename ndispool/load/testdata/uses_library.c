extern int helper_answer(void);

int DriverEntry(void* object, void* path) {
    (void)object;
    (void)path;
    return helper_answer();
}
