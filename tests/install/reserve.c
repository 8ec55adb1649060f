/* A C program that sets packets aside through an installed <ndispool/packets.h>. Exit code 0: it found them as documented. */
#include <ndispool/packets.h>

#include <stdio.h>

int main(void) {
    NDIS_STATUS status;
    NDIS_HANDLE pool;
    PNDIS_PACKET packet, refused;
    ndispool_reservation burst, too_large;

    NdisAllocatePacketPool(&status, &pool, 4, 16);
    if (status != NDIS_STATUS_SUCCESS || !ndispool_reserve_packets(pool, 3, &burst) ||
        ndispool_reserve_packets(pool, 2, &too_large))
        return 1;
    NdisAllocatePacket(&status, &packet, pool);
    NdisAllocatePacket(&status, &refused, pool);
    if (packet == NULL || refused != NULL)
        return 1;
    NdisFreePacket(packet);
    packet = ndispool_allocate_reserved_packet(&burst);
    printf("pool of 4: in use %u, still reserved %u\n", NdisPacketPoolUsage(pool), ndispool_reserved_packets(&burst));
    if (packet == NULL || NdisPacketPoolUsage(pool) != 3 || ndispool_wait_until_empty(pool, 1))
        return 1;
    NdisFreePacket(packet);
    ndispool_release_packets(&burst);
    if (!ndispool_wait_until_empty(pool, NDISPOOL_FOREVER))
        return 1;
    NdisFreePacketPool(pool);
    return 0;
}
