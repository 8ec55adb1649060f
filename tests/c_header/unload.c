/* A program may close the library while a thread still has something of a pool: that goes back when the thread ends.
 *
 *   unload LIBRARY */
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>

#include <ndis.h>

static void* library;
static int failed = 1;

static void* use_and_close(void* unused) {
    VOID(NTAPI * make)(PNDIS_STATUS, PNDIS_HANDLE, UINT, UINT, UINT);
    VOID(NTAPI * allocate)(PNDIS_STATUS, PNDIS_PACKET*, NDIS_HANDLE);
    VOID(NTAPI * release)(PNDIS_PACKET);
    NDIS_STATUS status;
    NDIS_HANDLE pool = NULL;
    PNDIS_PACKET packet = NULL;
    *(void**)&make = dlsym(library, "NdisAllocatePacketPoolEx");
    *(void**)&allocate = dlsym(library, "NdisAllocatePacket");
    *(void**)&release = dlsym(library, "NdisFreePacket");
    make(&status, &pool, 16, 0, 16);
    allocate(&status, &packet, pool);
    failed = status != NDIS_STATUS_SUCCESS;
    if (!failed)
        release(packet);
    dlclose(library);
    return unused;
}

int main(int count, char** arguments) {
    pthread_t thread;
    library = count == 2 ? dlopen(arguments[1], RTLD_NOW) : NULL;
    if (library == NULL || pthread_create(&thread, NULL, use_and_close, NULL) != 0)
        return 2;
    pthread_join(thread, NULL);
    return failed;
}
