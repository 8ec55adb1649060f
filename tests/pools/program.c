/* A program with three pools, which it keeps as they are until its standard input ends: one of 4 packets, all out and one more
 * refused; one of 8 with 2 out; one that was freed. With the argument "publish" it lets itself be watched. */
#include <ndispool/packets.h>

#include <ndis.h>
#include <stdio.h>
#include <string.h>

__attribute__((visibility("default"), noinline)) NDIS_HANDLE make_a_pool(UINT packets) {
    NDIS_STATUS status;
    NDIS_HANDLE pool;
    NdisAllocatePacketPool(&status, &pool, packets, 16);
    return pool;
}

static void take(NDIS_HANDLE pool, unsigned count) {
    while (count-- > 0) {
        NDIS_STATUS status;
        PNDIS_PACKET packet;
        NdisAllocatePacket(&status, &packet, pool);
    }
}

int main(int count, char** arguments) {
    if (count > 1 && strcmp(arguments[1], "publish") == 0 && !ndispool_publish_pools("a test program"))
        return 1;
    take(make_a_pool(4), 5);
    take(make_a_pool(8), 2);
    NdisFreePacketPool(make_a_pool(16));
    puts("ready");
    fflush(stdout);
    while (getchar() != EOF)
        ;
    return 0;
}
