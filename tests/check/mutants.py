#!/usr/bin/env python3
"""Plants one mistake at a time into a driver that ships with ndispool, and looks whether `ndispool check` finds it, with the right
rule and a place in the right function.

    mutants.py NDISPOOL SOURCE_FOLDER [PATTERN] [--show]

PATTERN chooses mutants by name; --show prints what the check says. Each mutant is built with `cc` and run once, without a sweep
unless it says otherwise.
"""
import concurrent.futures
import glob
import json
import os
import re
import subprocess
import sys
import tempfile


class Mutant:
    def __init__(self, name, file, old, new, rules, function, options="--faults none", number=1):
        self.name, self.file, self.old, self.new = name, file, old, new
        self.rules = {rules} if isinstance(rules, str) else set(rules)
        self.function, self.options, self.number = function, options, number
        self.driver = file.split("/")[0]


M = Mutant
MUTANTS = [
    # passthru, packets on their way down
    M("send-wrapper-kept", "passthru/send.c", "    NdisDprFreePacket(Packet);\n    return original;",
      "    return original;", ("hang", "packet-leak", "pool-leak"), "PtFreePool"),
    M("send-wrapper-freed-twice", "passthru/send.c", "    NdisDprFreePacket(Packet);\n    return original;",
      "    NdisDprFreePacket(Packet);\n    NdisDprFreePacket(Packet);\n    return original;", "double-free", "PtUnwrapSend"),
    M("send-completed-twice", "passthru/send.c", "    NdisMSendComplete(adapter->MiniportHandle, original, Status);",
      "    NdisMSendComplete(adapter->MiniportHandle, original, Status);\n"
      "    NdisMSendComplete(adapter->MiniportHandle, original, Status);", "complete-twice", "PtSendComplete"),
    M("send-not-completed", "passthru/send.c", "    NdisMSendComplete(adapter->MiniportHandle, original, Status);",
      "    if (++dropped % 50)\n        NdisMSendComplete(adapter->MiniportHandle, original, Status);", "complete-missing",
      "PtHalt"),
    M("send-original-freed", "passthru/send.c", "    NdisDprFreePacket(Packet);\n    return original;",
      "    NdisDprFreePacket(Packet);\n    NdisDprFreePacket(original);\n    return original;", "foreign-free",
      "PtUnwrapSend"),
    M("send-read-after-free", "passthru/send.c",
      "    original = PT_SEND_WRAPPER(Packet)->Original;\n    NdisIMCopySendCompletePerPacketInfo(original, Packet);\n"
      "    NdisDprFreePacket(Packet);",
      "    NdisDprFreePacket(Packet);\n    original = PT_SEND_WRAPPER(Packet)->Original;\n"
      "    NdisIMCopySendCompletePerPacketInfo(original, Packet);", ("crash", "use-after-free"), "PtUnwrapSend"),
    M("send-freed-at-once", "passthru/send.c",
      "            NdisSendPackets(Adapter->BindingHandle, burst, ready);",
      "            NdisSendPackets(Adapter->BindingHandle, burst, ready);\n"
      "        NdisFreePacket(burst[0]);", ("free-in-flight", "double-free"), "PtSendDirectly"),
    M("send-used-twice", "passthru/send.c",
      "            NdisSendPackets(Adapter->BindingHandle, burst, ready);",
      "            NdisSendPackets(Adapter->BindingHandle, burst, ready), "
      "NdisSendPackets(Adapter->BindingHandle, burst, 1);", ("send-twice", "use-after-free"), "PtSendDirectly"),
    M("complete-under-lock", "passthru/send.c",
      "    NdisMSendComplete(adapter->MiniportHandle, original, Status);\n    NdisAcquireSpinLock(&adapter->Lock);",
      "    NdisAcquireSpinLock(&adapter->Lock);\n    NdisMSendComplete(adapter->MiniportHandle, original, Status);",
      "lock-held", "PtSendComplete"),
    M("send-lock-left", "passthru/send.c", "        admission = Adapter->Draining || !IsListEmpty(&Adapter->WaitingSends) "
      "? PtToQueue : PtDirectly;\n    }\n    NdisReleaseSpinLock(&Adapter->Lock);",
      "        admission = Adapter->Draining || !IsListEmpty(&Adapter->WaitingSends) ? PtToQueue : PtDirectly;\n"
      "        if (++dropped == 7)\n            return admission;\n    }\n    NdisReleaseSpinLock(&Adapter->Lock);",
      "lock-leak", "PtAdmitSends"),
    M("send-status-ignored", "passthru/send.c", "    if (status != NDIS_STATUS_SUCCESS)\n        return NULL;\n"
      "    PT_SEND_WRAPPER", "    PT_SEND_WRAPPER", ("ignored-resources", "crash"), "PtWrapSend",
      "--faults PtWrapSend"),
    # passthru, packets on their way up
    M("receive-wrapper-kept", "passthru/receive.c", "        NdisFreePacket(Packet);\n    }\n    NdisReturnPackets",
      "    }\n    NdisReturnPackets", ("hang", "packet-leak", "pool-leak"), "PtFreePool"),
    M("receive-not-returned", "passthru/receive.c", "    NdisReturnPackets(&original, 1);",
      "    if (++dropped % 20)\n        NdisReturnPackets(&original, 1);", "return-missing", "PtUnbind"),
    M("receive-returned-twice", "passthru/receive.c", "    NdisReturnPackets(&original, 1);",
      "    NdisReturnPackets(&original, 1);\n    NdisReturnPackets(&original, 1);", "return-too-many", "PtReturnPacket"),
    M("receive-kept-and-said-0", "passthru/receive.c", "    received->Packets[received->Count++] = upward;\n    return 1;",
      "    received->Packets[received->Count++] = upward;\n    return ++dropped % 9 ? 1 : 0;", "return-too-many",
      "PtGiveBack"),
    M("receive-said-2", "passthru/receive.c", "    received->Packets[received->Count++] = upward;\n    return 1;",
      "    received->Packets[received->Count++] = upward;\n    return ++dropped % 9 ? 1 : 2;", "return-missing",
      "PtReceivePacket"),
    M("receive-freed-after-indicate", "passthru/receive.c",
      "        NdisMIndicateReceivePacket(upper, packets, count);\n",
      "        NdisMIndicateReceivePacket(upper, packets, count);\n        NdisDprFreePacket(packets[0]);\n",
      ("free-in-flight", "oob-after-indicate"), "PtIndicateReceived"),
    M("receive-status-read-after", "passthru/receive.c",
      "        NdisMIndicateReceivePacket(upper, packets, count);\n",
      "        NdisMIndicateReceivePacket(upper, packets, count);\n"
      "        if (NDIS_GET_PACKET_STATUS(packets[0]) != NDIS_STATUS_PENDING)\n"
      "            NdisDprFreePacket(packets[0]);\n", ("oob-after-indicate", "free-in-flight"), "PtIndicateReceived"),
    M("receive-bad-status", "passthru/receive.c", "    NDIS_SET_PACKET_STATUS(wrapper, PacketStatus);",
      "    NDIS_SET_PACKET_STATUS(wrapper, NDIS_STATUS_PENDING);", "indicate-status", "PtReceivePacket"),
    M("receive-small-reserved", "passthru/adapter.c", "                             PROTOCOL_RESERVED_SIZE_IN_PACKET);",
      "                             sizeof(PVOID));", "reserved-too-small", "PtReceivePacket"),
    # passthru, life
    M("adapter-forgotten", "passthru/adapter.c", "    NdisFreeMemory(Adapter, 0, 0);\n}", "}", "memory-leak", "PtAllocateAdapter"),
    M("adapter-short", "passthru/adapter.c", "sizeof(*adapter) + UpperName->Length + sizeof(WCHAR), PT_TAG)",
      "sizeof(*adapter), PT_TAG)", "memory-overrun", "PtAllocateAdapter"),
    M("adapter-used-after", "passthru/adapter.c", "    NdisFreeMemory(Adapter, 0, 0);\n}",
      "    NdisFreeMemory(Adapter, 0, 0);\n    Adapter->LowerOpen = FALSE;\n}", "use-after-free", "PtRelease"),
    M("configuration-open", "passthru/adapter.c", "    NdisCloseConfiguration(configuration);", "", "memory-leak",
      "PtCreateAdapter"),
    M("pool-not-freed", "passthru/adapter.c", "    PtFreePool(Adapter->SendPool);\n", "", "pool-not-freed",
      "PtAllocatePools"),
    M("pool-freed-twice", "passthru/adapter.c", "    PtFreePool(Adapter->SendPool);\n",
      "    PtFreePool(Adapter->ReceivePool);\n", ("use-after-free", "double-free"), "PtFreePool"),
    M("binding-not-closed", "passthru/adapter.c", "    Adapter->LowerOpen = TRUE;\n", "", ("unbind-order",), "PtUnbind"),
    M("request-completed-twice", "passthru/control.c", "        NdisMQueryInformationComplete(adapter->MiniportHandle, Status);",
      "        NdisMQueryInformationComplete(adapter->MiniportHandle, Status), "
      "NdisMQueryInformationComplete(adapter->MiniportHandle, Status);", "complete-twice", "PtRequestComplete"),
    # ndisprot
    M("prot-buffer-kept", "ndisprot/traffic.c", "    NdisFreeBuffer(frame.Buffer);\n    NdisFreeMemory",
      "    NdisFreeMemory", "buffer-leak", "ProtAllocateFrame"),
    M("prot-chain-freed", "ndisprot/traffic.c",
      "    NdisUnchainBufferAtFront(Packet, &buffer);\n    NdisAdjustBufferLength(frame.Buffer, frame.Length);\n"
      "    NdisFreeBuffer(frame.Buffer);\n", "    (void)buffer;\n", "chain-leak", "ProtFreeFrame"),
    M("prot-memory-kept", "ndisprot/traffic.c", "    NdisFreeMemory(frame.Bytes, 0, 0);\n    NdisFreePacket(Packet);",
      "    NdisFreePacket(Packet);", "memory-leak", "ProtAllocateFrame"),
    M("prot-memory-length", "ndisprot/traffic.c", "    NdisFreeMemory(frame.Bytes, 0, 0);\n    NdisFreePacket(Packet);",
      "    NdisFreeMemory(frame.Bytes, frame.Length + 1, 0);\n    NdisFreePacket(Packet);", "memory-mismatch", "ProtFreeFrame"),
    M("prot-used-after", "ndisprot/traffic.c", "    NdisFreePacket(Packet);\n}",
      "    NdisFreePacket(Packet);\n    PROT_FRAME(Packet)->Bytes = NULL;\n}", "use-after-free", "ProtFreeFrame"),
    M("prot-small-reserved", "ndisprot/binding.c",
      "    NdisAllocatePacketPool(&status, &Binding->SendPool, SendPackets, sizeof(FRAME));",
      "    NdisAllocatePacketPool(&status, &Binding->SendPool, SendPackets, sizeof(FRAME) - 8);", "reserved-overrun",
      "ProtAllocateFrame"),
    M("prot-returned-early", "ndisprot/traffic.c",
      "    if (NDIS_GET_PACKET_STATUS(Packet) != NDIS_STATUS_RESOURCES)\n        return ProtArrive(binding, Packet, length);",
      "    if (NDIS_GET_PACKET_STATUS(Packet) != NDIS_STATUS_RESOURCES) {\n        NdisReturnPackets(&Packet, 1);\n"
      "        return 1;\n    }", "return-early", "ProtReceivePacket"),
    M("prot-not-returned", "ndisprot/traffic.c", "    else\n        NdisReturnPackets(&packet, 1);",
      "    else if (++dropped % 10)\n        NdisReturnPackets(&packet, 1);", "return-missing", "ProtUnbind"),
    M("prot-frame-too-long", "ndisprot/traffic.c", "    NdisCopyLookaheadData(bytes + PROT_HEADER, LookAheadBuffer, lookahead, binding->MacOptions);",
      "    NdisCopyLookaheadData(bytes + PROT_HEADER, LookAheadBuffer, lookahead, binding->MacOptions);\n"
      "    bytes[PROT_HEADER + PacketSize] = 0;", "memory-overrun", "ProtAllocateFrame"),
    M("prot-reads-too-far", "ndisprot/traffic.c", "    bytes = PROT_FRAME(packet)->Bytes;\n",
      "    bytes = PROT_FRAME(packet)->Bytes;\n    dropped += ((volatile UCHAR*)bytes)[PROT_HEADER + PacketSize];\n", "memory-overrun",
      "ProtReceive"),
    M("prot-writes-before", "ndisprot/traffic.c", "    bytes = PROT_FRAME(packet)->Bytes;\n",
      "    bytes = PROT_FRAME(packet)->Bytes;\n    bytes[-1] = 0;\n", "memory-overrun", "ProtAllocateFrame"),
    M("prot-sleeps-in-handler", "ndisprot/traffic.c", "    ProtFreeFrame(Packet);\n    NdisDprAcquireSpinLock(&binding->Lock);\n    --binding",
      "    ProtFreeFrame(Packet);\n    NdisMSleep(10);\n    NdisDprAcquireSpinLock(&binding->Lock);\n    --binding", "wait-at-dispatch",
      "ProtSendComplete"),
    M("prot-lock-left", "ndisprot/binding.c", "    Binding->Closing = TRUE;\n    NdisReleaseSpinLock(&Binding->Lock);",
      "    Binding->Closing = TRUE;", ("lock-leak", "irql", "lock-held", "lock-order"), "ProtDrain"),
    M("prot-closed-early", "ndisprot/binding.c", "    ProtClose(binding);\n    DbgPrint", "    DbgPrint",
      ("pool-leak", "unbind-order"), "ProtUnbind"),
    M("prot-sent-and-freed", "ndisprot/traffic.c", "    NdisSendPackets(Binding->BindingHandle, &Reply, 1); /* always ends in ProtSendComplete */",
      "    NdisSendPackets(Binding->BindingHandle, &Reply, 1);\n    NdisReinitializePacket(Reply);",
      ("free-in-flight", "use-after-free"), "ProtSend"),
    M("prot-request-on-stack", "ndisprot/binding.c", "        NdisWaitEvent(&request.Done, 0);\n        status = request.Status;",
      "        status = NDIS_STATUS_SUCCESS;", ("crash", "use-after-free", "send-twice", "complete-missing"), "ProtRequest"),
    M("prot-event-uninitialized", "ndisprot/binding.c", "    NdisInitializeEvent(&request.Done);\n", "", "event-misuse", "ProtRequest"),
    M("prot-lock-freed-used", "ndisprot/binding.c", "    NdisFreeSpinLock(&Binding->Lock);\n    NdisFreeMemory(Binding, 0, 0);",
      "    NdisFreeMemory(Binding, 0, 0);\n    NdisAcquireSpinLock(&Binding->Lock);", "use-after-free", "ProtFreeBinding"),
    # netvmini
    M("mini-send-completed-twice", "netvmini/hub.c", "        NdisMSendComplete(port->MiniportHandle, PacketArray[i], status);",
      "        NdisMSendComplete(port->MiniportHandle, PacketArray[i], status), "
      "NdisMSendComplete(port->MiniportHandle, PacketArray[i], status);", "complete-twice", "NvSendPackets"),
    M("mini-send-forgotten", "netvmini/hub.c", "        NdisMSendComplete(port->MiniportHandle, PacketArray[i], status);",
      "        if (status == NDIS_STATUS_SUCCESS && ++dropped % 20)\n"
      "            NdisMSendComplete(port->MiniportHandle, PacketArray[i], status);", "complete-missing", "NvSendPackets"),
    M("mini-recycled-while-lent", "netvmini/receive.c", "    for (i = lent; i < count; ++i)\n        NvRecycle(Port, packets[i], 0);",
      "    for (i = 0; i < count; ++i)\n        NvRecycle(Port, packets[i], i < lent);",
      ("oob-after-indicate", "free-in-flight", "indicate-status"), "NvIndicateBurst"),
    M("mini-timer-left", "netvmini/receive.c", "    NdisMCancelTimer(&Port->Timer, &cancelled);\n    if (cancelled) {",
      "    NdisMSetTimer(&Port->Timer, 5000);\n    cancelled = TRUE;\n    if (cancelled) {",
      ("timer-at-unload", ), "NvStopReceiver"),
    M("mini-slots-forgotten", "netvmini/receive.c", "    NdisFreeMemory(Port->Slots, 0, 0);\n}\n\nstatic NDIS_STATUS NvMakeSlot",
      "}\n\nstatic NDIS_STATUS NvMakeSlot", "memory-leak", "NvAllocateSlots"),
    M("mini-lock-order", "netvmini/hub.c", "VOID NvDetach(PORT* Port) {\n    LOCK_STATE state;\n",
      "VOID NvDetach(PORT* Port) {\n    LOCK_STATE state;\n    NdisAcquireSpinLock(&Port->Lock);\n"
      "    NdisAcquireReadWriteLock(&NvHubLock, FALSE, &state);\n    NdisReleaseReadWriteLock(&NvHubLock, &state);\n"
      "    NdisReleaseSpinLock(&Port->Lock);\n", "lock-order", "NvDetach"),
    M("mini-indicates-under-lock", "netvmini/receive.c", "    NdisMIndicateReceivePacket(Port->MiniportHandle, packets, count);",
      "    NdisDprAcquireSpinLock(&Port->Lock);\n    NdisMIndicateReceivePacket(Port->MiniportHandle, packets, 0);\n"
      "    NdisDprReleaseSpinLock(&Port->Lock);\n    NdisMIndicateReceivePacket(Port->MiniportHandle, packets, count);",
      "lock-held", "NvIndicateBurst"),
    M("mini-half-made", "netvmini/receive.c", "free_packet_pool:\n    NdisFreePacketPool(Port->PacketPool);\n", "free_packet_pool:\n",
      "pool-not-freed", "NvAllocateSlots", "--faults NvAllocateSlots"),
    M("mini-port-forgotten", "netvmini/driver.c", "    if (status != NDIS_STATUS_SUCCESS) {\n        NvFreePort(port);\n        return status;\n    }\n    NvAttach",
      "    if (status != NDIS_STATUS_SUCCESS)\n        return status;\n    NvAttach", "memory-leak", "NvCreatePort",
      "--faults NvAllocateSlots"),
]


def build(mutant, sources, folder):
    sources_of_driver = sorted(glob.glob(f"{sources}/drivers/{mutant.driver}/*.[ch]"))
    copies = []
    for path in sources_of_driver:
        with open(path) as file:
            text = file.read()
        if path.endswith(mutant.file):
            if text.count(mutant.old) != mutant.number:
                raise ValueError(f"{mutant.file} has {text.count(mutant.old)} places for this mistake; mend {mutant.name} in mutants.py")
            text = text.replace(mutant.old, mutant.new)
            text = re.sub(r'(#include "\w+\.h"\n)', r"\1static unsigned dropped;\n", text, count=1)
        copy = os.path.join(folder, os.path.basename(path))
        with open(copy, "w") as file:
            file.write(text)
        if copy.endswith(".c"):
            copies.append(copy)
    driver = os.path.join(folder, mutant.driver + ".so")
    subprocess.run(["cc", "-shared", "-std=c11", "-g", "-w", "-fPIC", "-fshort-wchar", "-fvisibility=hidden", "-fno-omit-frame-pointer",
                    f"-I{sources}/include", "-o", driver, *copies], check=True)
    return driver


def check(mutant, ndispool, sources, folder):
    """What is wrong with what the check says, or nothing; and what it says."""
    driver = build(mutant, sources, folder)
    report = os.path.join(folder, "report.json")
    command = [ndispool, "check", driver, "--clock", "virtual", "--time-limit", "3", "--jobs", "1", *mutant.options.split(), "--json", report]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, stdin=subprocess.DEVNULL)
    text = subprocess.run([ndispool, "report", report], capture_output=True, text=True).stdout
    try:
        with open(report) as file:
            findings = json.load(file)["findings"]
    except (OSError, ValueError):
        return f"no report; exit code {done.returncode}: {done.stderr}", done.stderr
    said = ""
    for finding in findings:
        said += f"    {finding['rule']}  {finding.get('where', '')}  {finding['message']}\n"
        for site in finding["sites"]:
            said += f"        {site['what']}: " + " < ".join(f"{f['function']}:{f['line']}" for f in site["frames"]) + "\n"
    good = [f for f in findings if f["rule"] in mutant.rules
            and any(frame["function"] == mutant.function for site in f["sites"] for frame in site["frames"])]
    if done.returncode != 1 or not good:
        return f"not found (exit code {done.returncode})", said
    return "", said


def main():
    words = [word for word in sys.argv[1:] if not word.startswith("--")]
    ndispool, sources = os.path.abspath(words[0]), os.path.abspath(words[1])
    pattern = re.compile(words[2] if len(words) > 2 else "")
    show = "--show" in sys.argv

    def one(mutant):
        with tempfile.TemporaryDirectory() as folder:
            return check(mutant, ndispool, sources, folder)

    chosen = [mutant for mutant in MUTANTS if pattern.search(mutant.name)]
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for mutant, (wrong, said) in zip(chosen, pool.map(one, chosen)):
            if wrong or show:
                print(f"{mutant.name}: {wrong or 'found'}\n{said}", end="")
            failed += bool(wrong)
    print(f"{len(chosen) - failed} of {len(chosen)} mistakes found")
    return failed != 0


if __name__ == "__main__":
    sys.exit(main())
