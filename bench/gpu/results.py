#!/usr/bin/env python3
"""Makes bench/gpu/results.md of what test/gpu/run.sh has seen on a device.

  python3 bench/gpu/results.py [RESULTS.JSON] [--out PAGE]     without a file the page says that nothing was measured
"""
import argparse
import json
import os
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "bench", "workloads"))
import report
from table import WORKLOADS

HEAD = """# On a GPU

Written by `bench/gpu/results.py` from the JSON of `test/gpu/run.sh`.
"""


def rate(amount, seconds):
    """In tera a second, or nothing."""
    return amount / seconds * 1e-12 if seconds else None


def seconds_of(bench):
    """An iteration as training plays it, or nothing."""
    if not bench:
        return None
    return bench.get("seconds_replayed") or sum(t["seconds"] * t["calls_per_iteration"] for t in bench["turns"])


def cell(seconds, more=""):
    return f"{report.milliseconds(seconds)}{more}" if seconds else "not measured"


def ratio(theirs, ours):
    return report.number(theirs / ours if theirs and ours else None)


def judged(found):
    rows = [[name, game["verdict"], "–" if game["distance"] is None else f"{game['distance']:.1e}"]
            for name, game in found["games"].items()]
    return ["## The same numbers", "",
            "Two iterations on the device and on the processor, from one state: the same bytes twice, and the largest",
            "distance of a tensor of the checkpoint in its norm, which may be 1e-4.", "",
            report.table(["game", "verdict", "distance"], rows), ""] if rows else []


def iterations(found):
    rows = []
    for name, by_precision in found["workloads"].items():
        if name not in WORKLOADS:
            continue
        workload = WORKLOADS[name]
        for precision, bench in by_precision.items():
            ours, sides = seconds_of(bench), found["peers"].get("games", {}).get(name, {}).get(precision, {})
            theirs, cells = [], []
            for side in ("eager", "compile"):
                of = sides.get(side, {})
                theirs.append(of.get("seconds"))
                layout = ", cl" if of.get("layout") == "channels_last" else ""
                cells.append(of.get("reason") or cell(theirs[-1], layout))
            rows.append([workload.title, precision, cell(ours), *cells, *(ratio(each, ours) for each in theirs),
                         report.number(rate(workload.flops, ours))])
    return ["## Whole iterations", "",
            "Milliseconds of one iteration of the whole game, as training plays it; cl: channels last, where that was",
            "PyTorch's faster layout. torch.compile plays from CUDA graphs. A ratio above 1 is a win for Agon. TFLOP/s",
            "are Agon's, of contractions and convolutions done the plain way.", "",
            report.table(["workload", "precision", "Agon ms", "PyTorch eager ms", "torch.compile ms", "eager / Agon",
                          "torch.compile / Agon", "TFLOP/s"], rows), ""] if rows else []


def products(found):
    rows = []
    for precision, bench in found["workloads"].get("matmul", {}).items():
        theirs = found["peers"].get("products", {}).get(precision, {})
        for region in (region for turn in (bench or {}).get("turns", []) for region in turn["regions"]):
            if "contraction" in region["name"]:
                size = round((region["flops"] / 2) ** (1 / 3))
                ours, other = region["seconds"], theirs.get(str(size))
                their_rate = rate(region["flops"], other)
                rows.append([str(size), precision, f"{rate(region['flops'], ours):.3g}",
                             f"{their_rate:.3g}" if their_rate else "not measured", ratio(other, ours)])
    return ["## Square products", "",
            "TFLOP/s. Agon's operands lie in memory as f32 in every precision, cuBLAS's in bf16 for bf16. Agon's time",
            "is a region's between two events, cuBLAS's a part of a graph of many calls. A ratio of times above 1 is a",
            "win for Agon.",
            "", report.table(["n", "precision", "Agon", "cuBLAS", "cuBLAS / Agon (times)"], rows), ""] if rows else []


def page(found):
    peers = found["peers"]
    lines = [HEAD, f"- device: {found['device'] or 'not measured: none was at hand'}",
             f"- PyTorch: {peers.get('versions') or 'not measured (' + peers.get('reason', 'no device') + ')'}"]
    if copy := peers.get("copy"):
        lines.append(f"- a copy by PyTorch: {copy['bytes'] / copy['seconds'] * 1e-9:.0f} GB/s, read and written")
    if not found["device"]:
        lines += ["", "Nothing is measured yet: neither whether the games come to the same numbers on a device as on",
                  "the processor, nor their times, nor those of products of matrices, nor what PyTorch eager,",
                  "torch.compile and cuBLAS take. What can be said without a device: `bench/gpu/registers.md`, and the",
                  "tests on the emulated device (`test/gpu`)."]
    return "\n".join([*lines, "", *judged(found), *iterations(found), *products(found)]).rstrip() + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("results", nargs="?")
    parser.add_argument("--out", default=os.path.join(ROOT, "bench", "gpu", "results.md"))
    options = parser.parse_args()
    found = {"device": "", "games": {}, "workloads": {}, "peers": {}}
    if options.results:
        with open(options.results) as file:
            found = json.load(file)
    with open(options.out, "w") as file:
        file.write(page(found))


if __name__ == "__main__":
    main()
