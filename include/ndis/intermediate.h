/* What an intermediate driver calls beside the miniport and protocol functions.
 * Documentation: NDIS Intermediate Drivers (NDIS 5.1). PASSIVE_LEVEL unless a comment says otherwise.
 */
#ifndef NDIS_INTERMEDIATE_H
#define NDIS_INTERMEDIATE_H

#include "miniport.h"
#include "protocol.h"

typedef VOID(NTAPI* W_MINIPORT_CALLBACK)(IN NDIS_HANDLE MiniportAdapterContext, IN PVOID CallbackContext);

NDIS_BEGIN_DECLS

/* As NdisMRegisterMiniport, but no adapter is started for it: NdisIMInitializeDeviceInstanceEx does that.
 * Documentation: NdisIMRegisterLayeredMiniport. */
NDISAPI NDIS_STATUS NTAPI NdisIMRegisterLayeredMiniport(IN NDIS_HANDLE NdisWrapperHandle,
                                                        IN PNDIS_MINIPORT_CHARACTERISTICS MiniportCharacteristics,
                                                        IN UINT CharacteristicsLength, OUT PNDIS_HANDLE DriverHandle);
NDISAPI VOID NTAPI NdisIMDeregisterLayeredMiniport(IN NDIS_HANDLE DriverHandle);
/* This upper edge and this lower edge are one driver. */
NDISAPI VOID NTAPI NdisIMAssociateMiniport(IN NDIS_HANDLE DriverHandle, IN NDIS_HANDLE ProtocolHandle);

/* Starts the virtual miniport named DriverInstance. SUCCESS: initiated (MiniportInitialize ran, or will); NOT_ACCEPTED: already
 * initialised. From ProtocolBindAdapter, after the lower binding is open. Documentation: NdisIMInitializeDeviceInstanceEx. */
NDISAPI NDIS_STATUS NTAPI NdisIMInitializeDeviceInstanceEx(IN NDIS_HANDLE DriverHandle, IN PNDIS_STRING DriverInstance,
                                                           IN NDIS_HANDLE DeviceContext OPTIONAL);
NDISAPI NDIS_STATUS NTAPI NdisIMInitializeDeviceInstance(IN NDIS_HANDLE DriverHandle, IN PNDIS_STRING DriverInstance);
/* SUCCESS: MiniportInitialize will not be called for the instance. FAILURE: too late, or unknown. */
NDISAPI NDIS_STATUS NTAPI NdisIMCancelInitializeDeviceInstance(IN NDIS_HANDLE DriverHandle,
                                                               IN PNDIS_STRING DeviceInstance);
/* Unbinds every protocol above, calls MiniportHalt, returns SUCCESS; FAILURE: no such adapter. */
NDISAPI NDIS_STATUS NTAPI NdisIMDeInitializeDeviceInstance(IN NDIS_HANDLE NdisMiniportHandle);

/* The DeviceContext given to NdisIMInitializeDeviceInstanceEx. <= DISPATCH_LEVEL. */
NDISAPI NDIS_HANDLE NTAPI NdisIMGetDeviceContext(IN NDIS_HANDLE MiniportAdapterHandle);
/* The same pointer for a protocol bound to the virtual miniport; NULL when the adapter is not one. */
NDISAPI NDIS_HANDLE NTAPI NdisIMGetBindingContext(IN NDIS_HANDLE NdisBindingHandle);

/* Replays a PnP event to the protocols bound to the virtual miniport. Only QueryPower and QueryRemoveDevice can fail.
 * Documentation: NdisIMNotifyPnPEvent. */
NDISAPI NDIS_STATUS NTAPI NdisIMNotifyPnPEvent(IN NDIS_HANDLE MiniportHandle, IN PNET_PNP_EVENT NetPnPEvent);

/* NT 4.0 helpers for serialized intermediate miniports. */
NDISAPI BOOLEAN NTAPI NdisIMSwitchToMiniport(IN NDIS_HANDLE MiniportAdapterHandle, OUT PNDIS_HANDLE SwitchHandle);
NDISAPI VOID NTAPI NdisIMRevertBack(IN NDIS_HANDLE MiniportAdapterHandle, IN NDIS_HANDLE SwitchHandle);
NDISAPI NDIS_STATUS NTAPI NdisIMQueueMiniportCallback(IN NDIS_HANDLE MiniportAdapterHandle,
                                                      IN W_MINIPORT_CALLBACK CallbackRoutine, IN PVOID CallbackContext);

NDIS_END_DECLS

#endif
