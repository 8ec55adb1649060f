// Numbers by chance, which a seed repeats.
#include "ndis/kernel.h"

namespace {

// A step of a 64-bit mixer on the 32 bits a caller keeps: every seed leads to another one.
ULONG step(ULONG& seed) {
    seed += 0x9E3779B9;
    ULONGLONG mixed = seed;
    mixed = (mixed ^ mixed >> 16) * 0x85EBCA6B;
    mixed = (mixed ^ mixed >> 13) * 0xC2B2AE35;
    return static_cast<ULONG>(mixed ^ mixed >> 16);
}

} // namespace

extern "C" {

ULONG RtlRandom(PULONG Seed) {
    return step(*Seed) % MAXLONG;
}

ULONG RtlRandomEx(PULONG Seed) {
    return step(*Seed) & MAXLONG;
}

} // extern "C"
