/* A C program that uses packet pools through an installed <ndis.h>. Exit code 0: it found them as documented. */
#include <ndis.h>

#include <stdio.h>

int main(void) {
    NDIS_STATUS status;
    NDIS_HANDLE pool;
    PNDIS_PACKET packets[4], one_more;

    NdisAllocatePacketPool(&status, &pool, 4, 16);
    if (status != NDIS_STATUS_SUCCESS)
        return 1;
    for (int i = 0; i < 4; ++i) {
        NdisAllocatePacket(&status, &packets[i], pool);
        if (status != NDIS_STATUS_SUCCESS)
            return 1;
    }
    NdisAllocatePacket(&status, &one_more, pool);
    printf("pool of 4: in use %u, a fifth packet: %s\n", NdisPacketPoolUsage(pool),
           status == NDIS_STATUS_RESOURCES ? "NDIS_STATUS_RESOURCES" : "?");
    if (status != NDIS_STATUS_RESOURCES || NdisPacketPoolUsage(pool) != 4)
        return 1;
    for (int i = 0; i < 4; ++i)
        NdisFreePacket(packets[i]);
    if (NdisPacketPoolUsage(pool) != 0)
        return 1;
    NdisFreePacketPool(pool);
    return 0;
}
