/* Packets for programs, beyond what NDIS has: packets set aside for later, waiting until a pool is empty, pools shown to
 * other programs.
 *
 * These are ours, not NDIS functions; no driver may use them, as Windows does not have them. C11 and C++17. A handle that is
 * not that of a packet pool is reported on standard error and gives the answer "no".
 */
#ifndef NDISPOOL_PACKETS_H
#define NDISPOOL_PACKETS_H

#include "../ndis/packet.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Packets that were taken out of a pool to be allocated later. One thread at a time; it may be moved with memcpy. All zero: it
 * holds none. The members are not for you. */
typedef struct ndispool_reservation {
    void* inside[4];
} ndispool_reservation;

/* Takes `count` packets out of the pool at once, or none (FALSE: fewer are free). They count as in use from now on, and later
 * allocations from the reservation cannot fail. What `reservation` held before is not looked at. */
NDISAPI BOOLEAN NTAPI ndispool_reserve_packets(NDIS_HANDLE pool, UINT count, ndispool_reservation* reservation);

/* How many are left in it. */
NDISAPI UINT NTAPI ndispool_reserved_packets(const ndispool_reservation* reservation);

/* A packet as NdisAllocatePacket gives it, and freed like any other. NULL only if none is left. */
NDISAPI PNDIS_PACKET NTAPI ndispool_allocate_reserved_packet(ndispool_reservation* reservation);

/* What is left in it is free again, and it holds none. A pool that was freed meanwhile goes with the last packet of it. */
NDISAPI VOID NTAPI ndispool_release_packets(ndispool_reservation* reservation);

/* Sleeps until no packet of the pool is out or reserved at some instant, or so many milliseconds have passed. TRUE: it was
 * empty. The pool must not be freed meanwhile. */
#define NDISPOOL_FOREVER 0xFFFFFFFFu
NDISAPI BOOLEAN NTAPI ndispool_wait_until_empty(NDIS_HANDLE pool, UINT milliseconds);

/* From now on `ndispool pools` and `ndispool top` of the same user show this process's packet pools, until it ends. A thread of
 * the library's answers them; pools cost nothing more for it. `program`: what the process is called there; NULL: as its file is.
 * FALSE: no socket or thread could be had. The environment variable NDISPOOL_PUBLISH=1 does the same for a program that does not
 * call this. A child that was forked does not publish. */
NDISAPI BOOLEAN NTAPI ndispool_publish_pools(const char* program);

#ifdef __cplusplus
}
#endif

#endif
