/* The driver's header alone must be a complete C11 translation unit without a warning. */
#include <ndis.h>

NDIS_STATIC_ASSERT(sizeof(NDIS_PACKET) == 104 && sizeof(NDIS_BUFFER) == 48, "layouts of Win64");
