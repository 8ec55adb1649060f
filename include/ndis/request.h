/* NDIS_REQUEST: how a protocol asks an adapter for an object's value or sets it.
 * Documentation: NDIS_REQUEST, NdisRequest (NDIS 5.1).
 */
#ifndef NDIS_REQUEST_H
#define NDIS_REQUEST_H

#include "oid.h"

typedef enum _NDIS_REQUEST_TYPE {
    NdisRequestQueryInformation,
    NdisRequestSetInformation,
    NdisRequestQueryStatistics,
    NdisRequestOpen,
    NdisRequestClose,
    NdisRequestSend,
    NdisRequestTransferData,
    NdisRequestReset,
    NdisRequestGeneric1,
    NdisRequestGeneric2,
    NdisRequestGeneric3,
    NdisRequestGeneric4
} NDIS_REQUEST_TYPE,
    *PNDIS_REQUEST_TYPE;

typedef struct _NDIS_REQUEST {
    UCHAR MacReserved[4 * sizeof(PVOID)]; /* NDIS's while it owns the request */
    NDIS_REQUEST_TYPE RequestType;
    union _DATA {
        struct {
            NDIS_OID Oid;
            PVOID InformationBuffer;
            UINT InformationBufferLength;
            UINT BytesWritten;
            UINT BytesNeeded;
        } QUERY_INFORMATION;
        struct {
            NDIS_OID Oid;
            PVOID InformationBuffer;
            UINT InformationBufferLength;
            UINT BytesRead;
            UINT BytesNeeded;
        } SET_INFORMATION;
    } DATA;
    UCHAR NdisReserved[9 * sizeof(PVOID)];
    __extension__ union {
        UCHAR CallMgrReserved[2 * sizeof(PVOID)];
        UCHAR ProtocolReserved[2 * sizeof(PVOID)];
    };
    UCHAR MiniportReserved[2 * sizeof(PVOID)];
} NDIS_REQUEST, *PNDIS_REQUEST;

NDIS_STATIC_ASSERT(offsetof(NDIS_REQUEST, RequestType) == 32, "Win64 NDIS_REQUEST");
NDIS_STATIC_ASSERT(offsetof(NDIS_REQUEST, DATA.QUERY_INFORMATION.Oid) == 40, "Win64 NDIS_REQUEST");
NDIS_STATIC_ASSERT(offsetof(NDIS_REQUEST, DATA.QUERY_INFORMATION.BytesWritten) == 60, "Win64 NDIS_REQUEST");
NDIS_STATIC_ASSERT(offsetof(NDIS_REQUEST, DATA.SET_INFORMATION.BytesNeeded) == 64, "Win64 NDIS_REQUEST");
NDIS_STATIC_ASSERT(offsetof(NDIS_REQUEST, MiniportReserved) == 160 && sizeof(NDIS_REQUEST) == 176,
                   "Win64 NDIS_REQUEST");

#endif
