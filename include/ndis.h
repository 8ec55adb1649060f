/* The NDIS 5.x driver interface, for drivers and programs built on Linux.
 *
 * C11 and C++17; names, values and 64-bit layouts are those of Windows. Include nothing else of ours in a driver. Compile one
 * with `cc -shared -fPIC $(pkg-config --cflags ndispool-driver) driver.c -o driver.so`.
 */
#ifndef NDISPOOL_NDIS_H
#define NDISPOOL_NDIS_H

#include "ndis/base.h"
#include "ndis/buffer.h"
#include "ndis/configuration.h"
#include "ndis/crt.h"
#include "ndis/device.h"
#include "ndis/file.h"
#include "ndis/intermediate.h"
#include "ndis/kernel.h"
#include "ndis/mdl.h"
#include "ndis/memory.h"
#include "ndis/miniport.h"
#include "ndis/object.h"
#include "ndis/oid.h"
#include "ndis/packet.h"
#include "ndis/protocol.h"
#include "ndis/registry.h"
#include "ndis/request.h"
#include "ndis/security.h"
#include "ndis/status.h"
#include "ndis/strsafe.h"
#include "ndis/sync.h"
#include "ndis/system.h"
#include "ndis/text.h"
#include "ndis/thread.h"

#endif
