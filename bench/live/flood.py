#!/usr/bin/env python3
"""Sends small frames through an interface as fast as one processor can, until it is killed: a program in the kernel queues 64 at a
time. More than what is measured passes on, so that no figure is the sender's. Needs CAP_BPF and CAP_NET_ADMIN, Linux 5.3.

flood.py INTERFACE BYTES
"""
import ctypes
import os
import platform
import socket
import struct
import sys

BPF_CALL = {"x86_64": 321, "aarch64": 280}[platform.machine()]  # number of the system call
PROG_LOAD, PROG_TEST_RUN = 5, 10  # its commands
SCHED_CLS, CLONE_REDIRECT = 3, 13  # kind of program; number of the helper that queues a clone of the packet
BATCH = 64

libc = ctypes.CDLL(None, use_errno=True)


def bpf(command, attributes):
    result = libc.syscall(BPF_CALL, command, ctypes.create_string_buffer(attributes, 128), 128)
    if result < 0:
        sys.exit(f"flood.py: bpf(): {os.strerror(ctypes.get_errno())}")
    return result


def line(code, to=0, source=0, offset=0, value=0):
    return struct.pack("=BBhi", code, source << 4 | to, offset, value)


def main(interface, size):
    code = [
        line(0xBF, 6, 1),  # r6 = the packet
        line(0xB7, 7, value=0),  # r7 = 0
        line(0xBF, 1, 6),  # top: clone_redirect(r6, interface, 0)
        line(0xB7, 2, value=socket.if_nametoindex(interface)),
        line(0xB7, 3, value=0),
        line(0x85, value=CLONE_REDIRECT),
        line(0x07, 7, value=1),  # ++r7
        line(0xA5, 7, offset=-6, value=BATCH),  # if r7 < BATCH goto top
        line(0xB7, 0, value=0),
        line(0x95),  # return 0
    ]
    lines, license_ = (ctypes.create_string_buffer(bytes_) for bytes_ in (b"".join(code), b"Dual MIT/GPL"))
    program = bpf(PROG_LOAD, struct.pack("=IIQQ", SCHED_CLS, len(code), ctypes.addressof(lines), ctypes.addressof(license_)))
    # To and from addresses of nobody, of the type for local experiments.
    frame = ctypes.create_string_buffer(bytes.fromhex("026e64697301 026e64697302 88b5").ljust(size, b"\x55"), size)
    run = struct.pack("=IIIIQQI", program, 0, size, 0, ctypes.addressof(frame), 0, 1)
    while True:
        bpf(PROG_TEST_RUN, run)


main(sys.argv[1], int(sys.argv[2]))
