// Shows which function each kind of import slot reaches, and that its static data is fresh.
#include "probe.h"

extern int NdisTwice(int);
extern int NdisWeakAbsent(void) __attribute__((weak));

static int entered;

// The test program exports a function of this name too.
int interposed(int value) {
    return value + 1000;
}

struct __attribute__((packed)) Unaligned {
    char front;
    int (*call)(int);
};

int (*const read_only_table[])(int) = {NdisTwice, interposed};
struct Unaligned unaligned = {'x', NdisTwice};

__attribute__((noinline)) static int hidden_inside(int value) {
    return NdisTwice(value) + 1;
}

int DriverEntry(struct Probe* probe, void* unused) {
    (void)unused;
    probe->entered = ++entered;
    probe->through_call = hidden_inside(10) - 1;
    probe->through_table = read_only_table[0](10);
    probe->through_unaligned = unaligned.call(10);
    int (*volatile pointer)(int) = NdisTwice;
    probe->through_pointer = pointer(10);
    probe->own_by_call = interposed(1);
    probe->own_by_table = read_only_table[1](1);
    probe->weak_is_null = NdisWeakAbsent == 0;
    probe->hidden = (const char*)hidden_inside;
    probe->table = read_only_table;
    return 0;
}
