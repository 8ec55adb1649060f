// A shared object that is no driver. It must not even be run.
extern int constructor_ran(void);

__attribute__((constructor)) static void begin(void) {
    constructor_ran();
}

int SomethingElse(void) {
    return 1;
}
