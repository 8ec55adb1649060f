// A library that uses_library.c finds through its run path only.
int helper_answer(void) {
    return 42;
}
