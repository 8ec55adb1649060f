/* Configuration parameters (the registry, seen through NDIS). PASSIVE_LEVEL, one call at a time on a handle.
 * Documentation: NdisOpenConfiguration, NdisReadConfiguration and their neighbours (NDIS 5.1).
 */
#ifndef NDIS_CONFIGURATION_H
#define NDIS_CONFIGURATION_H

#include "base.h"

typedef enum _NDIS_PARAMETER_TYPE {
    NdisParameterInteger,
    NdisParameterHexInteger,
    NdisParameterString,
    NdisParameterMultiString,
    NdisParameterBinary
} NDIS_PARAMETER_TYPE,
    *PNDIS_PARAMETER_TYPE;

typedef struct _BINARY_DATA {
    USHORT Length;
    PVOID Buffer;
} BINARY_DATA;

typedef struct _NDIS_CONFIGURATION_PARAMETER {
    NDIS_PARAMETER_TYPE ParameterType;
    union {
        ULONG IntegerData;
        NDIS_STRING StringData; /* a multi-string: zero-terminated strings, the last followed by an empty one */
        BINARY_DATA BinaryData;
    } ParameterData;
} NDIS_CONFIGURATION_PARAMETER, *PNDIS_CONFIGURATION_PARAMETER;
NDIS_STATIC_ASSERT(sizeof(NDIS_CONFIGURATION_PARAMETER) == 24, "Win64 NDIS_CONFIGURATION_PARAMETER");

typedef enum _NDIS_PROCESSOR_TYPE {
    NdisProcessorX86,
    NdisProcessorMips,
    NdisProcessorAlpha,
    NdisProcessorPpc,
    NdisProcessorAmd64
} NDIS_PROCESSOR_TYPE,
    *PNDIS_PROCESSOR_TYPE;

typedef enum _NDIS_ENVIRONMENT_TYPE { NdisEnvironmentWindows, NdisEnvironmentWindowsNt } NDIS_ENVIRONMENT_TYPE;

NDIS_BEGIN_DECLS

/* In MiniportInitialize, with its WrapperConfigurationContext. SUCCESS, RESOURCES, FAILURE. */
NDISAPI VOID NTAPI NdisOpenConfiguration(OUT PNDIS_STATUS Status, OUT PNDIS_HANDLE ConfigurationHandle,
                                         IN NDIS_HANDLE WrapperConfigurationContext);
/* In ProtocolBindAdapter, with its SystemSpecific1. SUCCESS, RESOURCES, FAILURE. */
NDISAPI VOID NTAPI NdisOpenProtocolConfiguration(OUT PNDIS_STATUS Status, OUT PNDIS_HANDLE ConfigurationHandle,
                                                 IN PNDIS_STRING ProtocolSection);
NDISAPI VOID NTAPI NdisOpenConfigurationKeyByName(OUT PNDIS_STATUS Status, IN NDIS_HANDLE ConfigurationHandle,
                                                  IN PNDIS_STRING SubKeyName, OUT PNDIS_HANDLE SubKeyHandle);
/* FAILURE behind the last one. KeyName points into the new handle. */
NDISAPI VOID NTAPI NdisOpenConfigurationKeyByIndex(OUT PNDIS_STATUS Status, IN NDIS_HANDLE ConfigurationHandle,
                                                   IN ULONG Index, OUT PNDIS_STRING KeyName,
                                                   OUT PNDIS_HANDLE KeyHandle);
/* SUCCESS, RESOURCES, FAILURE (absent). The value lives until the handle is closed. A numeric string is converted when an integer
 * is asked for (HexInteger: base 16). Keywords Environment, ProcessorType and NdisVersion are always there. */
NDISAPI VOID NTAPI NdisReadConfiguration(OUT PNDIS_STATUS Status, OUT PNDIS_CONFIGURATION_PARAMETER* ParameterValue,
                                         IN NDIS_HANDLE ConfigurationHandle, IN PNDIS_STRING Keyword,
                                         IN NDIS_PARAMETER_TYPE ParameterType);
NDISAPI VOID NTAPI NdisWriteConfiguration(OUT PNDIS_STATUS Status, IN NDIS_HANDLE ConfigurationHandle,
                                          IN PNDIS_STRING Keyword, IN PNDIS_CONFIGURATION_PARAMETER ParameterValue);
/* The value NetworkAddress: hex digits, optional hyphens. FAILURE: absent, empty or not a string. Valid until the close. */
NDISAPI VOID NTAPI NdisReadNetworkAddress(OUT PNDIS_STATUS Status, OUT PVOID* NetworkAddress,
                                          OUT PUINT NetworkAddressLength, IN NDIS_HANDLE ConfigurationHandle);
NDISAPI VOID NTAPI NdisCloseConfiguration(IN NDIS_HANDLE ConfigurationHandle);

NDIS_END_DECLS

#endif
