#!/usr/bin/env python3
"""What a check promises about its runs: the same seed gives the same results, each form of --faults tries what it names, shards are
the whole, the command that a failing run prints repeats the failure, whatever NDIS leaves open happens, and a finding keeps its
identity when other lines of the driver change.

    sweeps.py NDISPOOL SOURCE_FOLDER FRAGILE BROKEN

FRAGILE and BROKEN are drivers of tests/check and tests/verify. With NDISPOOL_CAPTURE the shipped drivers are swept over that
capture too.
"""
import concurrent.futures
import json
import os
import re
import shlex
import subprocess
import sys
import tempfile

NDISPOOL, SOURCES, FRAGILE, BROKEN = sys.argv[1:5]
SHIPPED = ("passthru", "ndisprot", "netvmini")
failed = []


def expect(truth, what):
    if not truth:
        failed.append(what)
        print(f"sweeps: {what}", file=sys.stderr)


def check(*words, code=None):
    """The report of a check."""
    done = subprocess.run([NDISPOOL, "check", *words, "--json"], capture_output=True, text=True, timeout=240, stdin=subprocess.DEVNULL)
    if done.returncode not in ((0, 1) if code is None else (code,)):
        expect(False, f"check {' '.join(words)} ended with {done.returncode}: {done.stderr} {done.stdout[:500]}")
    return json.loads(done.stdout)


def lasting(value):
    """Without what the time of day and the place in memory decide."""
    if isinstance(value, dict):
        changing = ("seconds", "check_seconds", "packets_per_second", "address", "time_100ns")
        return {name: lasting(inner) for name, inner in value.items() if name not in changing}
    return [lasting(inner) for inner in value] if isinstance(value, list) else value


def runs(report):
    return [case["name"] for case in report["cases"]]


def outcomes(report):
    findings = sorted((f["case"] if f["case"] is not None else -1, f["rule"], f["fingerprint"]) for f in report["findings"])
    return [(case["name"], case["outcome"], case["answer"]) for case in report["cases"]], findings


def every_freedom(driver, seed):
    used = check(driver, "--faults", "none", "--processors", "2", "--seed", str(seed), code=0)["freedom"]
    expect(len(used) == {"passthru": 15, "ndisprot": 11, "netvmini": 6}[driver], f"{driver} counts {sorted(used)}")
    for name, count in used.items():
        expect(count >= 1, f"{driver}, seed {seed}: {name} is {count} in {used}")


def same_seed():
    first, again = (check(FRAGILE, "--time-limit", "6", "--jobs", "6", "--seed", "5", code=1) for _ in range(2))
    expect(lasting(first) == lasting(again), "a check of the fragile driver with the same seed differs")
    for driver in SHIPPED:
        one, two = (outcomes(check(driver, "--seed", "9", "--clock", "virtual", code=0)) for _ in range(2))
        expect(one == two, f"a sweep of {driver} with the same seed differs: {one} {two}")


def forms_of_faults():
    whole = check("ndisprot", code=0)
    total = whole["failable_calls"]
    expect(2 * whole["failable_stacks"] >= len(runs(whole)) >= whole["failable_stacks"], "not one or two runs for each stack")
    some = runs(check("ndisprot", "--faults", "3..7", code=0))
    expect([int(re.match(r"call (\d+)", name)[1]) for name in some] == [3, 4, 5, 6, 7], f"3..7 gives {some}")
    expect(len(runs(check("ndisprot", "--faults", "4", code=0))) == 1, "4 is not one run")
    few = ["ndisprot", "--below", "null:64", "--count", "20"]
    every = check(*few, "--faults", "all", code=0)
    expect(len(runs(every)) == every["failable_calls"] < total, "all is not every call")
    site = runs(check("ndisprot", "--faults", "ProtAllocateFrame", code=0))
    expect(site and set(site) < set(runs(whole)), f"ProtAllocateFrame gives {site}")
    expect(subprocess.run([NDISPOOL, "check", "ndisprot", "--faults", "NoSuchFunction"], capture_output=True).returncode == 2,
           "a site that is not there is not refused")
    shards = [runs(check("ndisprot", "--shard", f"{i}/3", code=0)) for i in (1, 2, 3)]
    expect(sorted(sum(shards, [])) == sorted(runs(whole)), "the shards are not the whole")
    seeds = [runs(check("ndisprot", "--seed", seed, code=0)) for seed in ("1", "2")]
    for names in seeds:
        single = [name for name in names if " + " not in name]
        expect(len(names) == 2 * len(single) and all(name.count(" + ") <= 3 for name in names), f"--seed gives {names}")
    expect(seeds[0] != seeds[1], "another seed tries the same combinations")


def repeats():
    report = check(FRAGILE, "--time-limit", "6", "--jobs", "6", code=1)
    bad = [(case, i) for i, case in enumerate(report["cases"]) if case["outcome"] != "passed"]
    expect(len(bad) == 3, f"{len(bad)} runs failed")
    for case, number in bad:
        program, command, *words = shlex.split(case["repeat"])
        expect((program, command) == ("ndispool", "check"), case["repeat"])
        again = check(*words, code=1)
        expect([c["outcome"] for c in again["cases"]] == [case["outcome"]], f"not repeated: {case['repeat']}")
        one, other = ({(f["rule"], f["fingerprint"]) for f in r["findings"] if f["case"] == n} for r, n in ((report, number), (again, 0)))
        expect(one == other, f"repeated with other findings: {case['repeat']}: {one} {other}")


def capture(driver):
    if "NDISPOOL_CAPTURE" not in os.environ:
        return
    side = "--above" if driver == "netvmini" else "--below"
    report = check(driver, side, "replay:" + os.environ["NDISPOOL_CAPTURE"], "--count", "2000", "--pace", "max", code=0)
    expect(report["packets"] >= 2000 and len(runs(report)) >= 10, f"{driver} over the capture: {report['packets']} {len(runs(report))}")


def results(driver, *words):
    with tempfile.NamedTemporaryFile(suffix=".sarif") as file:
        subprocess.run([NDISPOOL, "check", driver, *words, "--quiet", "--sarif", file.name], timeout=120, stdin=subprocess.DEVNULL)
        return json.load(open(file.name, encoding="utf-8"))["runs"][0]["results"]


def build(source, folder, name):
    driver = os.path.join(folder, name)
    subprocess.run(["cc", "-shared", "-std=gnu11", "-g", "-O1", "-w", "-fPIC", "-fshort-wchar", "-fno-omit-frame-pointer",
                    f"-I{SOURCES}/include", f"-I{SOURCES}/tests/check/drivers", "-o", driver, source], check=True)
    return driver


def identity():
    """Lines before, in between and behind, a function more and data that moves everything: the findings are the same ones."""
    with open(f"{SOURCES}/tests/check/drivers/fragile.c", encoding="utf-8") as file:
        text = file.read()
    with tempfile.TemporaryDirectory() as folder:
        seen = []
        for edit in ("", "more"):
            place = os.path.join(folder, "src" + edit)
            os.mkdir(place)
            changed = text
            if edit:
                changed = re.sub(r'(#include "protocol.h"\n)', r'/* New. */\n\1\n\nint Added(int x);\nint Added(int x) {\n'
                                 r'    return x * 7 % 5;\n}\nstatic char more[4096] = {1};\n\n', changed)
                changed = changed.replace("    NDIS_EVENT somebody", "\n    /* Another line. */\n    NDIS_EVENT somebody")
                expect(changed.count("\n") > text.count("\n") + 8, "the driver was not changed")
            source = os.path.join(place, "fragile.c")
            with open(source, "w", encoding="utf-8") as file:
                file.write(changed)
            found = results(build(source, place, "fragile.so"), "--time-limit", "6", "--jobs", "6")
            seen.append(([result["locations"] for result in found],
                         sorted((r["ruleId"], r["partialFingerprints"]["ndispoolCallSite/v1"]) for r in found)))
        expect(len(seen[0][1]) == 3 and seen[0][0] != seen[1][0], f"not three findings whose lines moved: {seen}")
        expect(seen[0][1] == seen[1][1], f"findings changed their identity with their lines: {seen}")


def flow():
    """The story of a packet, in order."""
    for mistake, wanted in (("send-twice", ["allocated", "passed on", "found"]), ("double-free", ["allocated", "freed", "found"])):
        found = results(BROKEN, "--below", "null:64", "--count", "50", "--param", f"Break={mistake}", "--faults", "none")
        flows = [[place["location"]["message"]["text"].split(",")[0] for place in result["codeFlows"][0]["threadFlows"][0]["locations"]]
                 for result in found if result["ruleId"] == mistake]
        expect(flows and all(steps == wanted for steps in flows), f"{mistake}: {flows}")


def main():
    work = [same_seed, forms_of_faults, repeats, identity, flow]
    with concurrent.futures.ThreadPoolExecutor(3) as pool:
        waiting = [pool.submit(part) for part in work]
        waiting += [pool.submit(every_freedom, driver, seed) for driver in SHIPPED for seed in (1, 2, 3, 4)]
        waiting += [pool.submit(capture, driver) for driver in SHIPPED]
        for one in waiting:
            one.result()
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main())
