/* What the answer to a frame is: ARP, ICMP echo, and an echo of our own (Ethernet type 88B5, the first one that IEEE
 * 802 leaves to local experiments). Frames are bytes in network order and need not be aligned.
 */
#include "ndisprot.h"

#define ETHERTYPE_IPV4 0x0800
#define ETHERTYPE_ARP 0x0806
#define ETHERTYPE_ECHO 0x88B5

/* An ARP packet of an IPv4 address on Ethernet: offsets behind the Ethernet header (RFC 826). */
#define ARP_OPERATION 6
#define ARP_SENDER_ADDRESS 8
#define ARP_SENDER_IP 14
#define ARP_TARGET_ADDRESS 18
#define ARP_TARGET_IP 24
#define ARP_LENGTH 28

/* IPv4 (RFC 791) and ICMP (RFC 792). */
#define IP_TOTAL_LENGTH 2
#define IP_FRAGMENT 6
#define IP_TIME_TO_LIVE 8
#define IP_PROTOCOL 9
#define IP_CHECKSUM 10
#define IP_SOURCE 12
#define IP_DESTINATION 16
#define IP_MINIMUM_LENGTH 20
#define IP_PROTOCOL_ICMP 1
#define IP_MORE_OR_OFFSET 0x3FFF /* any bit set: a fragment */
#define ICMP_TYPE 0
#define ICMP_CODE 1
#define ICMP_CHECKSUM 2
#define ICMP_MINIMUM_LENGTH 8
#define ICMP_ECHO_REQUEST 8
#define ICMP_ECHO_REPLY 0

static UINT ProtGet16(const UCHAR* Bytes) {
    return (UINT)Bytes[0] << 8 | Bytes[1];
}

static VOID ProtPut16(PUCHAR Bytes, UINT Value) {
    Bytes[0] = (UCHAR)(Value >> 8);
    Bytes[1] = (UCHAR)Value;
}

/* The Internet checksum (RFC 1071): 0 over bytes that contain their own. Length is at most 65535. */
static UINT ProtChecksum(const UCHAR* Bytes, UINT Length) {
    ULONG sum = 0;
    UINT i;

    for (i = 0; i + 1 < Length; i += 2)
        sum += ProtGet16(Bytes + i);
    if (i < Length)
        sum += (ULONG)Bytes[i] << 8;
    while (sum >> 16)
        sum = (sum & 0xFFFF) + (sum >> 16);
    return ~sum & 0xFFFF;
}

BOOLEAN ProtParseIpAddress(PNDIS_STRING Text, PUCHAR IpAddress) {
    UINT characters = Text->Length / sizeof(WCHAR);
    UINT part = 0, value = 0, digits = 0, i;

    for (i = 0; i <= characters; ++i) {
        WCHAR character = i < characters ? Text->Buffer[i] : '.';
        if (character == '.') {
            if (digits == 0 || part == 4)
                return FALSE;
            IpAddress[part++] = (UCHAR)value;
            value = digits = 0;
        } else {
            if (character < '0' || character > '9')
                return FALSE;
            value = value * 10 + (UINT)(character - '0');
            if (value > 255 || ++digits > 3)
                return FALSE;
        }
    }
    return part == 4;
}

/* Frames that a group sent, or we, are not answered: two drivers like this one would never stop. */
BOOLEAN ProtMayConcern(const UCHAR* Header, const UCHAR* Address) {
    const UCHAR* source = Header + ETH_LENGTH_OF_ADDRESS;
    UINT type = ProtGet16(Header + 2 * ETH_LENGTH_OF_ADDRESS);

    if (!ETH_IS_BROADCAST(Header) && !NdisEqualMemory(Header, Address, ETH_LENGTH_OF_ADDRESS))
        return FALSE;
    if (ETH_IS_MULTICAST(source) || NdisEqualMemory(source, Address, ETH_LENGTH_OF_ADDRESS))
        return FALSE;
    return type == ETHERTYPE_ARP || type == ETHERTYPE_IPV4 || type == ETHERTYPE_ECHO;
}

static VOID ProtSendBack(PUCHAR Frame, const UCHAR* Address) {
    ETH_COPY_NETWORK_ADDRESS(Frame, Frame + ETH_LENGTH_OF_ADDRESS);
    ETH_COPY_NETWORK_ADDRESS(Frame + ETH_LENGTH_OF_ADDRESS, Address);
}

/* Who has our address? We do. */
static UINT ProtReplyArp(PUCHAR Frame, UINT Length, const UCHAR* Address, const UCHAR* IpAddress) {
    static const UCHAR request[] = {0, 1, 0x08, 0, ETH_LENGTH_OF_ADDRESS, 4, 0, 1};
    PUCHAR arp = Frame + PROT_HEADER;

    if (Length < PROT_HEADER + ARP_LENGTH || !NdisEqualMemory(arp, request, sizeof(request)) ||
        !NdisEqualMemory(arp + ARP_TARGET_IP, IpAddress, 4))
        return 0;
    ProtPut16(arp + ARP_OPERATION, 2);
    NdisMoveMemory(arp + ARP_TARGET_ADDRESS, arp + ARP_SENDER_ADDRESS, ETH_LENGTH_OF_ADDRESS + 4);
    ETH_COPY_NETWORK_ADDRESS(arp + ARP_SENDER_ADDRESS, Address);
    NdisMoveMemory(arp + ARP_SENDER_IP, IpAddress, 4);
    ProtSendBack(Frame, Address);
    return Length;
}

/* The length of a well-formed, unfragmented IPv4 datagram for us, 0 for anything else. */
static UINT ProtCheckIp(const UCHAR* Ip, UINT Length, const UCHAR* IpAddress) {
    UINT header, total;

    if (Length < IP_MINIMUM_LENGTH || Ip[0] >> 4 != 4)
        return 0;
    header = (Ip[0] & 0x0FU) * 4;
    total = ProtGet16(Ip + IP_TOTAL_LENGTH);
    if (header < IP_MINIMUM_LENGTH || header > total || total > Length || ProtChecksum(Ip, header) != 0)
        return 0;
    if ((ProtGet16(Ip + IP_FRAGMENT) & IP_MORE_OR_OFFSET) != 0 || !NdisEqualMemory(Ip + IP_DESTINATION, IpAddress, 4))
        return 0;
    return total;
}

static BOOLEAN ProtIsEchoRequest(const UCHAR* Icmp, UINT Length) {
    return Length >= ICMP_MINIMUM_LENGTH && Icmp[ICMP_TYPE] == ICMP_ECHO_REQUEST && Icmp[ICMP_CODE] == 0 &&
           ProtChecksum(Icmp, Length) == 0;
}

/* The answer ends with the datagram; what padded the request is not sent back. */
static UINT ProtReplyIcmp(PUCHAR Frame, UINT Length, const UCHAR* Address, const UCHAR* IpAddress) {
    PUCHAR ip = Frame + PROT_HEADER, icmp;
    UINT total, header, length;

    if (!NdisEqualMemory(Frame, Address, ETH_LENGTH_OF_ADDRESS))
        return 0; /* RFC 1122: a broadcast echo request may be ignored */
    total = ProtCheckIp(ip, Length - PROT_HEADER, IpAddress);
    if (total == 0 || ip[IP_PROTOCOL] != IP_PROTOCOL_ICMP)
        return 0;
    header = (ip[0] & 0x0FU) * 4;
    icmp = ip + header;
    length = total - header;
    if (!ProtIsEchoRequest(icmp, length))
        return 0;

    icmp[ICMP_TYPE] = ICMP_ECHO_REPLY;
    ProtPut16(icmp + ICMP_CHECKSUM, 0);
    ProtPut16(icmp + ICMP_CHECKSUM, ProtChecksum(icmp, length));
    NdisMoveMemory(ip + IP_DESTINATION, ip + IP_SOURCE, 4);
    NdisMoveMemory(ip + IP_SOURCE, IpAddress, 4);
    ip[IP_TIME_TO_LIVE] = 64;
    ProtPut16(ip + IP_CHECKSUM, 0);
    ProtPut16(ip + IP_CHECKSUM, ProtChecksum(ip, header));
    ProtSendBack(Frame, Address);
    return PROT_HEADER + total;
}

UINT ProtMakeReply(PUCHAR Frame, UINT Length, const UCHAR* Address, const UCHAR* IpAddress) {
    switch (ProtGet16(Frame + 2 * ETH_LENGTH_OF_ADDRESS)) {
    case ETHERTYPE_ARP:
        return ProtReplyArp(Frame, Length, Address, IpAddress);
    case ETHERTYPE_IPV4:
        return ProtReplyIcmp(Frame, Length, Address, IpAddress);
    default:
        ProtSendBack(Frame, Address);
        return Length;
    }
}
