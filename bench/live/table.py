#!/usr/bin/env python3
"""Figures of bench/live/run as a table and as JSON: medians, spread, and ratios to the peers.

table.py FIGURES RESULT_FOLDER
"""
import json
import os
import platform
import statistics
import sys

# part: (unit, [(subject, peer, target or None)])
RATIOS = {
    "null": ("packets/s", [("ndispool", "testpmd", 0.5), ("stacking", "testpmd", 0.5)]),
    "packet": ("packets/s", [("ndispool", "testpmd", 1.0)]),
    "xdp": ("packets/s", [("ndispool", "testpmd", 1.5), ("ndispool", "packet", 1.5)]),
    "packet-cpu": ("packets/s of processor time", [("ndispool", "testpmd", None)]),
    "xdp-cpu": ("packets/s of processor time", [("ndispool", "packet", None), ("ndispool", "testpmd", None)]),
    "packet-sent": ("packets/s to the forwarder", []),
    "xdp-sent": ("packets/s to the forwarder", []),
    "iperf": ("Mbit/s", [("packet_tap", "bridge_to_here", None), ("packet_packet", "bridge_to_far", None),
                         ("xdp_xdp", "bridge_to_far", None)]),
}


def cpu():
    with open("/proc/cpuinfo", encoding="ascii") as lines:
        return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), "unknown")


def main(figures_file, folder):
    values = {}
    with open(figures_file, encoding="ascii") as figures:
        for line in figures:
            part, subject, value = line.split()
            values.setdefault((part, subject), []).append(int(value))
    machine = f"{cpu()}, {os.cpu_count()} processors, Linux {platform.release()}"
    document = {"schema": "ndispool-bench-live", "version": 1, "machine": machine, "figures": [], "ratios": []}
    lines = [machine, "", f"{'part':12}{'subject':16}{'median':>12}{'least':>12}{'greatest':>12}  unit"]
    for (part, subject), all_values in values.items():
        unit = RATIOS[part][0]
        median = statistics.median(all_values)
        document["figures"].append({"part": part, "subject": subject, "unit": unit, "median": median, "values": all_values})
        lines.append(f"{part:12}{subject:16}{median:12.0f}{min(all_values):12}{max(all_values):12}  {unit}")
    lines.append("")
    for part, (_, ratios) in RATIOS.items():
        for subject, peer, target in ratios:
            if (part, subject) in values and (part, peer) in values:
                below = statistics.median(values[part, peer])
                ratio = statistics.median(values[part, subject]) / below if below else 0
                document["ratios"].append({"part": part, "subject": subject, "peer": peer, "ratio": round(ratio, 3),
                                           "target": target})
                wanted = "" if target is None else f"  (at least {target} is wanted)"
                lines.append(f"{part:12}{subject} / {peer}: {ratio:.2f}{wanted}")
    text = "\n".join(lines) + "\n"
    with open(os.path.join(folder, "live.json"), "w", encoding="ascii") as out:
        json.dump(document, out, indent=2)
        out.write("\n")
    with open(os.path.join(folder, "live.txt"), "w", encoding="ascii") as out:
        out.write(text)
    print(text, end="")


main(*sys.argv[1:])
