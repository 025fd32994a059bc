#!/usr/bin/env python3
"""Times whole training iterations of Agon, PyTorch eager, torch.compile and jax.jit, interleaved in one run.

The sides stay ready as processes of their own; in every round each of them runs some iterations, one side after the
other. Before the rounds each side is tried at each number of threads (PyTorch in both layouts too, JAX with either
generator of random numbers), and its fastest variant takes part. Exit code 1: the sides do not have equally many
parameters, or Agon failed."""
import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(ROOT, "bench", "workloads"))
import report
from sides import Agon, Child, Peak, Unavailable, last_line, write_npy
from table import WORKLOADS

LAYOUTS = {"contiguous": "", "channels_last": ", cl"}


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", nargs="?", default="build", help="the build directory, with bin/agonc")
    parser.add_argument("--only", metavar="NAME", nargs="+", choices=WORKLOADS, default=list(WORKLOADS))
    parser.add_argument("--sides", metavar="SIDE", nargs="+", choices=["agon", *report.PEERS],
                        default=["agon", *report.PEERS])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=1.0, help="of each side in each round, about (default 1)")
    parser.add_argument("--threads", type=int, nargs="+", help="numbers of threads to try (default: 1 and all cores)")
    parser.add_argument("--patience", type=float, default=1200, help="seconds to wait for a side's first iteration")
    parser.add_argument("--quick", action="store_true", help="2 short rounds, all cores, one layout: does it work?")
    parser.add_argument("--write", action="store_true", help="put the tables into bench/results.md, docs/bench.svg")
    parser.add_argument("--json", metavar="FILE", help="all numbers, the single rounds too")
    parser.add_argument("--count", action="store_true", help="print the FLOPs that PyTorch counts, and end")
    options = parser.parse_args()
    cores = len(os.sched_getaffinity(0))
    options.threads = options.threads or ([cores] if options.quick else sorted({1, cores}))
    if options.quick:
        options.rounds, options.seconds = 2, 0.3
    if options.write and (options.only != list(WORKLOADS) or len(options.sides) < 4 or options.quick):
        parser.error("--write needs every workload, every side and no --quick")
    options.python = find_python(options.build)
    return options


def find_python(build):
    """AGON_PYTHON, the environment that scripts/python.sh makes, or this Python. The sides run in a directory of their
    own, so a path is made absolute; a symbolic link into an environment stays one."""
    own = os.path.join(build, "python", "bin", "python")
    python = os.environ.get("AGON_PYTHON") or (own if os.path.exists(own) else sys.executable)
    return os.path.abspath(python) if os.sep in python else python


def build_agon(options, workload, scratch):
    """(binary, seconds, parameters, FLOPs that it does in an iteration, of all kinds)"""
    binary = os.path.join(scratch, "model")
    command = [os.path.join(options.build, "bin", "agonc"), os.path.join(ROOT, workload.model), "-D",
               f"batch={workload.batch}", "-o", binary]
    begin = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True)
    seconds = time.perf_counter() - begin
    if done.returncode != 0:
        raise Unavailable(f"fails: agonc: {last_line(done.stderr)}")
    info = json.loads(subprocess.run([binary, "info", "--json"], check=True, capture_output=True, text=True).stdout)
    parameters = sum(p["count"] for n in info["networks"] for p in n["parameters"] if not p.get("state"))
    return binary, seconds, parameters


def variants(options, workload, side):
    """The arguments and labels of a Python side's variants."""
    batch = str(workload.batch)
    for threads in options.threads:
        if side == "jax":
            # The faster generator is not the same everywhere; where compiling takes long only one is tried.
            for generator in ["rbg"] if workload.convolutional or options.quick else ["rbg", "threefry2x32"]:
                yield ["jax_side.py", workload.game, batch, str(threads), generator], str(threads)
        else:
            layouts = list(LAYOUTS) if workload.convolutional else ["contiguous"]
            for layout in layouts[-1:] if options.quick else layouts:
                yield (["torch_side.py", workload.game, batch, str(threads), side, layout],
                       f"{threads}{LAYOUTS[layout]}")


class Entry:
    """One side in the rounds: its fastest variant, or why it has none."""

    def __init__(self, side):
        self.side, self.runner, self.reason, self.estimate = side, None, None, None
        self.compile = self.parameters = self.memory = None
        self.samples, self.by_threads = [], {}

    def offer(self, runner, options, compile_seconds, parameters):
        """Tries a variant; the slower of two is closed."""
        runner.run(1)
        estimate = runner.run(1)
        k = max(1, int(0.2 * options.seconds / estimate))
        if not options.quick:
            estimate = min(estimate, *[runner.run(k) for _ in range(2)])
        if self.runner is None or estimate < self.estimate:
            if self.runner is not None:
                self.runner.close()
            self.runner, self.estimate, self.compile, self.parameters = runner, estimate, compile_seconds, parameters
        else:
            runner.close()

    def result(self):
        if not self.samples:
            return {"reason": self.reason or "not measured"}
        fields = dict(seconds=statistics.median(self.samples), label=self.runner.label, memory=self.memory,
                      compile=self.compile, parameters=self.parameters, samples=self.samples)
        if self.by_threads:
            fields["by_threads"] = {t: statistics.median(s) for t, s in self.by_threads.items()}
        return fields


def measure(name, options, peak, versions, scratch):
    workload = WORKLOADS[name]
    entries = {side: Entry(side) for side in options.sides}
    agon = {}
    try:
        for side, entry in entries.items():
            progress(f"{workload.title}: {side}")
            try:
                if side == "agon":
                    binary, seconds, parameters = build_agon(options, workload, scratch)
                    data = []
                    for variable, shape in workload.data.items():
                        path = os.path.join(scratch, f"{variable}.npy")
                        write_npy(path, (max(256, 4 * workload.batch), *shape))
                        data += ["--data", f"{variable}={path}"]
                    for threads in options.threads:
                        agon[threads] = Agon(binary, data, threads, scratch)
                        entry.offer(agon[threads], options, seconds, parameters)
                else:
                    for arguments, label in variants(options, workload, side):
                        # Compiling takes minutes: convolutional networks only in the variant that eager likes best.
                        if side == "compile" and workload.convolutional and label not in preferred(entries, label):
                            continue
                        child = Child(options.python, arguments, label, scratch, options.patience)
                        versions.add(child.ready["version"])
                        entry.offer(child, options, child.ready["first"], child.ready["parameters"])
            except Unavailable as error:
                if entry.runner is None:
                    entry.reason = str(error)
        peaks = rounds(workload, options, entries, agon, peak)
        for entry in entries.values():
            if entry.runner is not None:
                entry.memory = entry.runner.peak_memory()
    finally:
        for entry in entries.values():
            if entry.runner is not None:
                entry.runner.close()
    result = {"name": name, "title": workload.title, "sides": {s: e.result() for s, e in entries.items()}}
    ours = result["sides"].get("agon", {})
    counts = {s: e["parameters"] for s, e in result["sides"].items() if "seconds" in e}
    if len(set(counts.values())) > 1:
        result["error"] = f"the sides have unequal numbers of parameters: {counts}"
    elif "reason" in ours:
        result["error"] = f"Agon {ours['reason']}"
    if "seconds" in ours and peaks[int(ours["label"])]:
        highest = statistics.median(peaks[int(ours["label"])])
        result["share"] = workload.flops / ours["seconds"] / highest
        result["peak"] = {t: statistics.median(p) for t, p in peaks.items()}
    return result


def preferred(entries, otherwise):
    """The label of eager's fastest variant; any where eager is not measured."""
    eager = entries.get("eager")
    return [eager.runner.label] if eager is not None and eager.runner is not None else [otherwise]


def rounds(workload, options, entries, agon, peak):
    peaks = {threads: [] for threads in options.threads}
    for number in range(options.rounds):
        progress(f"{workload.title}: round {number + 1} of {options.rounds}")
        for threads in options.threads:
            rate = peak.measure(threads)
            if rate:
                peaks[threads].append(rate)
        for side, entry in entries.items():
            if entry.runner is None:
                continue
            k = max(1, round(options.seconds / entry.estimate))
            if side != "agon":
                entry.samples.append(entry.runner.run(k))
                continue
            for threads, runner in agon.items():  # each number of threads: the scaling is wanted too
                entry.by_threads.setdefault(threads, []).append(runner.run(k))
    ours = entries.get("agon")
    if ours is not None and ours.by_threads:
        best = min(ours.by_threads, key=lambda threads: statistics.median(ours.by_threads[threads]))
        ours.runner, ours.samples = agon[best], ours.by_threads[best]
    return peaks


def count(options, scratch):
    for name in options.only:
        workload = WORKLOADS[name]
        log = os.path.join(scratch, "count.log")
        with open(log, "w") as errors:
            done = subprocess.run([options.python, os.path.join(ROOT, "bench", "workloads", "torch_side.py"),
                                   workload.game, str(workload.batch), str(options.threads[-1]), "eager", "contiguous",
                                   "--flops"], stdout=subprocess.PIPE, stderr=errors, text=True)
        if done.returncode != 0:
            with open(log) as file:
                raise SystemExit(f"{name}: {last_line(file.read())}")
        flops = int(done.stdout)
        print(f"{name} {flops}" + ("" if flops == workload.flops else f", table.py has {workload.flops}"), flush=True)


def facts(options, versions, peaks, load):
    model, features = platform.machine(), []
    with open("/proc/cpuinfo") as file:
        for line in file:
            if line.startswith("model name"):
                model = line.split(":", 1)[1].strip()
            elif line.startswith("flags"):
                features = [f for f in ("avx2", "avx512f") if f in line.split()]
    agonc = subprocess.run([os.path.join(options.build, "bin", "agonc"), "--version"], capture_output=True, text=True)
    system = f"{platform.system()} {platform.release().split('-')[0]}"
    lines = {"processor": f"{len(os.sched_getaffinity(0))} cores of {model} ({', '.join(features)}), {system}",
             "versions": ", ".join([agonc.stdout.splitlines()[0] if agonc.stdout else "agonc", *sorted(versions),
                                    f"Python {platform.python_version()}"]),
             "threads tried": ", ".join(map(str, options.threads)),
             "rounds": f"{options.rounds}, interleaved, about {options.seconds:g} s of each side in each"}
    lines["load before"] = f"{load:.2f} (above 0.5 the numbers are worth little)" if load > 0.5 else f"{load:.2f}"
    if peaks:
        lines["measured FMA peak"] = ", ".join(f"{rate * 1e-9:.0f} GFLOP/s with {threads} thread{'s' * (threads > 1)}"
                                               for threads, rate in peaks.items())
    return lines


def progress(text):
    if sys.stderr.isatty():
        print(f"\r{text}\x1b[K", end="", file=sys.stderr, flush=True)


def main():
    options = arguments()
    with tempfile.TemporaryDirectory(prefix="agon-bench-") as scratch:
        if options.count:
            return count(options, scratch)
        load = os.getloadavg()[0]
        if load > 0.5:
            print(f"the load average is {load:.1f}: others are on this machine", file=sys.stderr)
        peak, versions, results, failed = Peak(scratch), set(), [], False
        for name in options.only:
            folder = os.path.join(scratch, name)
            os.makedirs(folder)
            result = measure(name, options, peak, versions, folder)
            results.append(result)
            progress("")
            line = ", ".join(f"{side} {report.cell(result, side)}" for side in options.sides)
            ratios = ", ".join(f"{side} {report.number(report.ratio_of(result, side))}" for side in report.PEERS
                               if side in options.sides)
            print(f"{result['title']}: {line}; ratios {ratios}", flush=True)
            if "error" in result:
                failed = True
                print(f"{result['title']}: error: {result['error']}", flush=True)
        peaks = next((r["peak"] for r in results if "peak" in r), None)
        text = report.markdown(results, facts(options, versions, peaks, load))
        print("\n" + text)
        if options.json:
            with open(options.json, "w") as file:
                json.dump(results, file, indent=1)
        if options.write:
            report.write_results(os.path.join(ROOT, "bench", "results.md"), text)
            report.write_chart(os.path.join(ROOT, "docs", "bench.svg"), results)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
