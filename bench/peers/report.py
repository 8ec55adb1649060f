#!/usr/bin/env python3
"""What bench/peers/run measured, as a chart and in words.

report.py RESULT_FOLDER               peers.svg from peers.json
report.py RESULT_FOLDER DOCS_FOLDER   the chart also as performance.svg, and the figures between the marks of performance.md;
                                      the counts of instructions there come from tests/fast_path/fast_path.txt
"""
import json
import os
import platform
import re
import sys
from xml.sax.saxutils import escape

HERE = os.path.dirname(os.path.realpath(__file__))
US = ("ndispool", "NdisAllocatePacket")


def load(folder, name):
    with open(os.path.join(folder, name), encoding="utf-8") as file:
        return json.load(file)


def machine():
    with open("/proc/cpuinfo", encoding="utf-8") as lines:
        cpu = next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), "an unknown processor")
    return f"{cpu}, {os.cpu_count()} processors, Linux {platform.release()}"


def shown(value):
    return f"{value:.2f}" if value < 10 else f"{value:.1f}" if value < 100 else f"{value:.0f}"


# ---- The chart ----

WIDTH, LABELS, BARS, ROW, LONGEST = 860, 210, 430, 17, 4  # pixels; and at how many times the peer's a bar is cut


def colour(name):
    if name in US:
        return "#1f6fb2"
    if name.startswith("DPDK"):
        return "#e07b1f"
    return "#c9ced6" if name.startswith("floor") else "#8d97a5"


def chart(works):
    parts, y = [], 46
    for work in works:
        base = next(entry["median_ns"] for entry in work["entries"] if entry["contender"] == work["against"])
        longest = min(LONGEST * base, max(entry["median_ns"] for entry in work["entries"]))
        parts.append(f'<text x="12" y="{y}" class="work">{escape(work["work"])}</text>')
        y += 8
        for entry in work["entries"]:
            value = entry["median_ns"]
            length = BARS * min(value, longest) / longest
            cut = "  (cut)" if value > longest else ""
            refused = entry.get("falsely_refused", 0)
            note = f", {100 * refused:.1f} % falsely refused" if refused else ""
            parts.append(f'<text x="{LABELS - 8}" y="{y + 12}" text-anchor="end">{escape(entry["contender"])}</text>'
                         f'<rect x="{LABELS}" y="{y + 2}" width="{length:.1f}" height="{ROW - 4}" fill="{colour(entry["contender"])}"/>'
                         f'<text x="{LABELS + length + 6:.1f}" y="{y + 12}">{shown(value)} ns{cut}{note}</text>')
            if entry["contender"] == work["against"]:
                x = LABELS + BARS * base * work["target_ratio"] / longest
                parts.append(f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{y - ROW}" y2="{y + 2}" stroke="#b3261e" stroke-width="2"/>')
            y += ROW
        y += 26
    style = "text{font:12px sans-serif;fill:#222}.work{font-weight:bold}"
    head = "Nanoseconds for one descriptor allocated, written to and freed; the red mark is the target for ndispool. Less is better."
    return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{y}" viewBox="0 0 {WIDTH} {y}">'
            f'<style>{style}</style><rect width="{WIDTH}" height="{y}" fill="#fff"/>'
            f'<text x="12" y="20">{escape(head)}</text>\n' + "\n".join(parts) + "\n</svg>\n")


# ---- The page ----

def targets(works):
    lines = ["| work | DPDK | ndispool | ratio | wanted, at most | |", "|---|---|---|---|---|---|"]
    for work in works:
        ours, peer = work["entries"][0], next(entry for entry in work["entries"] if entry["contender"] == work["against"])
        verdict = "reached" if ours["ratio"] <= work["target_ratio"] else "**missed**"
        if "falsely_refused" in ours:
            verdict += f'; falsely refused: {100 * ours["falsely_refused"]:.1f} %, DPDK {100 * peer["falsely_refused"]:.1f} %'
        lines.append(f'| {work["work"]} | {shown(peer["median_ns"])} ns | {shown(ours["median_ns"])} ns '
                     f'| {ours["ratio"]:.2f} | {work["target_ratio"]:.1f} | {verdict} |')
    return "\n".join(lines)


def everybody(works):
    lines = ["| work | contender | median | middle half of the rounds | ratio |", "|---|---|---|---|---|"]
    for work in works:
        for entry in work["entries"]:
            refused = f', {100 * entry["falsely_refused"]:.1f} % falsely refused' if "falsely_refused" in entry else ""
            lines.append(f'| {work["work"]} | {entry["contender"]} | {shown(entry["median_ns"])} ns '
                         f'| {shown(entry["low_ns"])} to {shown(entry["high_ns"])} | {entry["ratio"]:.2f}{refused} |')
    return "\n".join(lines)


def growth(rows, of_what):
    works = list(rows[0]["works"])
    lines = [f"| {of_what} | " + " | ".join(works) + " |", "|---" * (len(works) + 1) + "|"]
    for row in rows:
        cells = [f'{shown(row["works"][work]["median_ns"])} ns' for work in works]
        lines.append(f'| {row["count"]:,} | ' + " | ".join(cells) + " |")
    return "\n".join(lines)


def fast_paths():
    lines = ["| operation | instructions | loads | stores | locked instructions |", "|---|---|---|---|---|"]
    with open(os.path.join(HERE, "../../tests/fast_path/fast_path.txt"), encoding="ascii") as file:
        for line in file:
            if match := re.fullmatch(r"(\S.*?)((?: +\d+){4})", line.rstrip()):
                lines.append(f"| {match[1]} | " + " | ".join(match[2].split()) + " |")
    return "\n".join(lines)


def fill(page, mark, text):
    begin, end = f"<!-- measured: {mark} -->", "<!-- end -->"
    pattern = re.compile(re.escape(begin) + ".*?" + re.escape(end), re.DOTALL)
    if not pattern.search(page):
        sys.exit(f"report.py: performance.md has no mark {begin}; put it where the figures are to stand, followed by {end}")
    return pattern.sub(lambda _: f"{begin}\n{text}\n{end}", page)


def main(results, docs=None):
    peers = load(results, "peers.json")
    picture = chart(peers["works"])
    with open(os.path.join(results, "peers.svg"), "w", encoding="utf-8") as file:
        file.write(picture)
    if docs is None:
        return
    grown = load(results, "growth.json")
    with open(os.path.join(docs, "performance.svg"), "w", encoding="utf-8") as file:
        file.write(picture)
    name = os.path.join(docs, "performance.md")
    with open(name, encoding="utf-8") as file:
        page = file.read()
    page = fill(page, "machine", f'{machine()}; {peers["rounds"]} rounds.')
    page = fill(page, "targets", targets(peers["works"]))
    page = fill(page, "everybody", everybody(peers["works"]))
    page = fill(page, "threads", growth(grown["threads"], "threads"))
    page = fill(page, "pools", growth(grown["pools"], "pools"))
    page = fill(page, "fast paths", fast_paths())
    with open(name, "w", encoding="utf-8") as file:
        file.write(page)


main(*sys.argv[1:])
