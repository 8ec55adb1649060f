/* The driver's header alone must be a complete C11 translation unit without a warning. */
#include <ndis.h>

NDIS_STATIC_ASSERT(sizeof(NDIS_PACKET) == 104 && sizeof(NDIS_BUFFER) == 48, "layouts of Win64");
C_ASSERT(sizeof(ULONG32) == 4 && sizeof(UINT64) == 8 && sizeof(INT8) == 1);
C_ASSERT(BUGCODE_NDIS_DRIVER == 0x7C && BUGCODE_ID_DRIVER == 0xD2);
extern const ANSI_STRING constant_text;
const ANSI_STRING constant_text = RTL_CONSTANT_STRING("text");
