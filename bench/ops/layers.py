#!/usr/bin/env python3
"""Times single operations of the models, Agon against PyTorch: the convolutions with their input and filter gradients,
batch norm, Adam; and convolutions of shapes that nobody tuned for.

Agon. Each operation is a program of its own, which computes it in its only turn and writes the result into a state:

    r <- samples(convolve(x, W))                              forward
    r <- samples(grad(sum(dy * convolve(x, W)), x))           input gradient
    r <- grad(batch_mean(sum(dy * convolve(x, W))), W)        filter gradient

x, dy and r lie channels last, as features do inside of a model that Agon compiled, filters as parameters do: no layout
is converted but the filter's. What counts is the time of the whole turn (`bench` of the binary: the median over its
iterations), with every transform and copy that the operation takes and less than a microsecond for an empty objective.
The filter gradient includes a factor of 1 / batch. Batch norm is the library's layer with its running averages; its
gradients, and Adam's, need an objective, whose sums are subtracted (the regions of that line of the program).

PyTorch. conv2d or conv_transpose2d, aten.convolution_backward for one gradient, native_batch_norm, the fused Adam's
step(); no gradients recorded; the faster of contiguous and channels last, all operands in that format; the median over
its calls. PyTorch allocates each result, but from memory that its process keeps (torch_ops.py); Agon's has its
place. Both sides find their operands where the previous iteration left them.

In each round Agon runs (a process of its own), then PyTorch (a process that stays). That the results agree is the
business of test/e2e/convolutions.py and test/e2e/against_torch.py. Exit code 1: an operation failed."""
import argparse
import json
import math
import os
import re
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path[:0] = [os.path.join(ROOT, "bench"), os.path.join(ROOT, "bench", "workloads")]
import report
import run
from sides import Child, Peak, Unavailable, last_line

BEGIN, END = "<!-- bench/ops/layers.py --write: begin -->", "<!-- bench/ops/layers.py --write: end -->"
UNTUNED = "none"


@dataclass(frozen=True)
class Convolution:
    """`users`: the models it is from. A square image of `size` pixels a side, padding included where it reflects."""
    users: str
    inputs: int
    outputs: int
    size: int
    kernel: int
    stride: int = 1
    pad: int = 0
    batch: int = 64
    transposed: bool = False
    output_pad: int = 0
    dilation: int = 1
    kind = "convolution"
    ops = {"forward": "forward", "input": "input gradient", "filter": "filter gradient"}

    @property
    def positions(self):
        reach = self.dilation * (self.kernel - 1)
        if self.transposed:
            return (self.size - 1) * self.stride - 2 * self.pad + reach + self.output_pad + 1
        return (self.size + 2 * self.pad - reach - 1) // self.stride + 1

    @property
    def name(self):
        strided = f"/{self.stride}" if self.stride > 1 else ""
        dilated = f" dilation {self.dilation}" if self.dilation > 1 else ""
        return (f"{'deconv' if self.transposed else 'conv'} {self.inputs}-{self.outputs} {self.kernel}x{self.kernel}"
                f"{strided}{dilated}, {self.size}x{self.size}, batch {self.batch}")

    @property
    def flops(self):
        """Done the plain way, products with the padding included, as PyTorch's formulas count them."""
        area = (self.size if self.transposed else self.positions) ** 2
        return 2 * self.batch * self.inputs * self.outputs * self.kernel ** 2 * area

    def shapes(self):
        filters = [self.inputs, self.outputs] if self.transposed else [self.outputs, self.inputs]
        return ([self.batch, self.inputs, self.size, self.size], filters + [self.kernel] * 2,
                [self.batch, self.outputs, self.positions, self.positions])

    def job(self):
        x, w, y = self.shapes()
        return {"x": x, "w": w, "y": y, "stride": self.stride, "pad": self.pad, "dilation": self.dilation,
                "output_pad": self.output_pad, "transposed": self.transposed}

    def program(self, op):
        x, w, y = self.shapes()
        options = f"stride = {self.stride}, pad = {self.pad}, dilation = {self.dilation}"
        if self.transposed:
            options += f", output_pad = {self.output_pad}"
        call = f"{'deconvolve' if self.transposed else 'convolve'}({FIRST.format('xs')}, W, {options})"
        weighted = f"sum({FIRST.format('per_sample(dy)')} * {call})"
        shape, value = {"forward": (last(y), f"samples({LAST.format(call)})"),
                        "input": (last(x), f"samples(grad({weighted}, xs))"),
                        "filter": (w, f"grad(batch_mean({weighted}), W)")}[op]
        dy = "" if op == "forward" else f"  state dy: {last(y)} ~ normal(0, 1)\n"
        return program(self.batch, f"  state x: {last(x)} ~ normal(0, 1)\n  state W: {w} ~ normal(0, 1)\n{dy}"
                       f"  state r: {shape} = 0\n  param one: [] = 1\n  let xs = per_sample(x)\n  r <- {value}\n"
                       "  return one\n")


@dataclass(frozen=True)
class BatchNorm:
    channels: int
    size: int
    batch: int = 64
    users = "dcgan64"
    kind = "batchnorm"
    ops = {"forward": "forward", "both": "forward and gradients"}
    flops = None

    @property
    def name(self):
        return f"batch norm {self.channels}, {self.size}x{self.size}, batch {self.batch}"

    def job(self):
        return {"x": [self.batch, self.channels, self.size, self.size]}

    def program(self, op):
        shape = last(self.job()["x"])
        body = (f"  state x: {shape} ~ normal(0, 1)\n  state y: {shape} = 0\n  let xs = per_sample(x)\n"
                f"  let h = {FIRST.format('xs')} |> batchnorm\n  y <- samples({LAST.format('h')})\n")
        if op == "forward":
            return program(self.batch, f"{body}  param one: [] = 1\n  return one\n")
        return program(self.batch, f"{body}  state dy: {shape} ~ normal(0, 1)\n  state r: {shape} = 0\n"
                       f"  let loss = batch_mean(sum(h * {FIRST.format('per_sample(dy)')})) {OBJECTIVE}\n"
                       f"  r <- samples(grad(loss, xs))\n  return loss {OBJECTIVE}\n")


@dataclass(frozen=True)
class Adam:
    shapes: tuple
    users: str
    name: str
    kind = "adam"
    ops = {"step": "step"}
    flops = None

    def job(self):
        return {"shapes": self.shapes}

    def program(self, op):
        lines, terms = "", []
        for i, shape in enumerate(self.shapes):
            lines += f"  param w{i}: {list(shape)} ~ normal(0, 0.02)\n  state g{i}: {list(shape)} ~ normal(0, 0.02)\n"
            terms.append(f"sum(w{i} * g{i})")
        return program(1, f"{lines}  return {' + '.join(terms)} {OBJECTIVE}\n", "adam(lr = 2e-4, beta1 = 0.5)")


FIRST, LAST = "transpose({}, 2, 0, 1)", "transpose({}, 1, 2, 0)"  # of one sample: channels first, channels last
OBJECTIVE = "// objective"


def last(shape):
    n, c, h, w = shape
    return [n, h, w, c]


def program(batch, body, optimizer="sgd(lr = 0)"):
    return (f"const batch = {batch}\nnetwork N() -> [] {{\n{body}}}\n"
            f"game operation {{ player P(N) minimizes E[N()] with {optimizer} }}\n")


def conv(users, *arguments, **named):
    return Convolution(users, *arguments, **named)


def deconv(users, *arguments, **named):
    return Convolution(users, *arguments, transposed=True, **named)


# Users, channels in, out, size, kernel, stride, pad.
LAYERS = [
    deconv("dcgan64", 100, 512, 1, 4), deconv("dcgan64", 512, 256, 4, 4, 2, 1), deconv("dcgan64", 256, 128, 8, 4, 2, 1),
    deconv("dcgan64", 128, 64, 16, 4, 2, 1), deconv("dcgan64", 64, 3, 32, 4, 2, 1),
    conv("dcgan64", 3, 64, 64, 4, 2, 1), conv("dcgan64", 64, 128, 32, 4, 2, 1), conv("dcgan64", 128, 256, 16, 4, 2, 1),
    conv("dcgan64", 256, 512, 8, 4, 2, 1), conv("dcgan64", 512, 1, 4, 4),
    deconv("dcgan32", 100, 256, 1, 4), deconv("dcgan32", 256, 128, 4, 4, 2, 1), deconv("dcgan32", 128, 64, 8, 4, 2, 1),
    deconv("dcgan32", 64, 3, 16, 4, 2, 1), conv("dcgan32", 3, 64, 32, 4, 2, 1), conv("dcgan32", 64, 128, 16, 4, 2, 1),
    conv("dcgan32", 128, 256, 8, 4, 2, 1), conv("dcgan32", 256, 1, 4, 4),
    *[conv("sngan32", 256, 256, size, kernel, 1, kernel // 2) for size in (8, 16, 32) for kernel in (3, 1)],
    conv("sngan32", 256, 3, 32, 3, 1, 1),
    conv("sngan32, wgan_gp_resnet32", 3, 128, 32, 3, 1, 1), conv("sngan32, wgan_gp_resnet32", 3, 128, 16, 1),
    *[conv("sngan32, wgan_gp_resnet32", 128, 128, size, 3, 1, 1) for size in (8, 16, 32)],
    conv("sngan32, wgan_gp_resnet32", 128, 128, 16, 1),
    conv("wgan_gp_resnet32", 128, 128, 8, 1), conv("wgan_gp_resnet32", 128, 128, 32, 1),
    conv("wgan_gp_resnet32", 128, 3, 32, 3, 1, 1),
    *[conv("stylegan2_32", 128, 128, size, 3, 1, 1, 32) for size in (4, 8, 16)],
    conv("stylegan2_32", 64, 64, 32, 3, 1, 1, 32),
    deconv("stylegan2_32", 128, 128, 4, 3, 2, 0, 32), deconv("stylegan2_32", 128, 128, 8, 3, 2, 0, 32),
    deconv("stylegan2_32", 128, 64, 16, 3, 2, 0, 32),
    *[conv("stylegan2_32", 128, 3, size, 1, batch=32) for size in (4, 8, 16)],
    conv("stylegan2_32", 64, 3, 32, 1, batch=32), conv("stylegan2_32", 3, 64, 32, 1, batch=32),
    conv("stylegan2_32", 64, 128, 33, 3, 2, 0, 32), conv("stylegan2_32", 64, 128, 31, 1, 2, 0, 32),
    conv("stylegan2_32", 128, 128, 17, 3, 2, 0, 32), conv("stylegan2_32", 128, 128, 15, 1, 2, 0, 32),
    conv("stylegan2_32", 128, 128, 9, 3, 2, 0, 32), conv("stylegan2_32", 128, 128, 7, 1, 2, 0, 32),
    conv("stylegan2_32", 129, 128, 4, 3, 1, 1, 32),
    conv("cyclegan64", 3, 32, 70, 7, batch=1), conv("cyclegan64", 32, 64, 64, 3, 2, 1, 1),
    conv("cyclegan64", 64, 128, 32, 3, 2, 1, 1), conv("cyclegan64", 128, 128, 18, 3, batch=1),
    deconv("cyclegan64", 128, 64, 16, 3, 2, 1, 1, output_pad=1),
    deconv("cyclegan64", 64, 32, 32, 3, 2, 1, 1, output_pad=1), conv("cyclegan64", 32, 3, 70, 7, batch=1),
    conv("cyclegan64", 3, 32, 64, 4, 2, 1, 1), conv("cyclegan64", 32, 64, 32, 4, 2, 1, 1),
    conv("cyclegan64", 64, 128, 16, 4, 2, 1, 1), conv("cyclegan64", 128, 256, 8, 4, 1, 1, 1),
    conv("cyclegan64", 256, 1, 7, 4, 1, 1, 1),
    # Nobody tuned for these: odd channels, batches of 1 and 7, kernels of 5, strides of 3, dilation.
    conv(UNTUNED, 3, 17, 33, 3, 1, 1, 7), conv(UNTUNED, 17, 33, 28, 3, 1, 1, 7), conv(UNTUNED, 33, 65, 20, 5, 1, 2, 7),
    conv(UNTUNED, 65, 33, 31, 3, 3, 0, 7), conv(UNTUNED, 65, 65, 19, 1, batch=1), conv(UNTUNED, 48, 96, 32, 5, 2, 2, 7),
    conv(UNTUNED, 64, 64, 32, 3, 1, 2, 16, dilation=2), conv(UNTUNED, 33, 33, 24, 5, 1, 4, 7, dilation=2),
    conv(UNTUNED, 32, 32, 63, 3, 3, 1, 64), conv(UNTUNED, 64, 64, 56, 3, 1, 1, 1),
    conv(UNTUNED, 256, 256, 14, 3, 1, 1, 1), deconv(UNTUNED, 33, 17, 15, 5, 2, 2, 7, output_pad=1),
    deconv(UNTUNED, 65, 33, 11, 3, 3, 0, 1),
]


def dcgan64_parameters():
    shapes = []
    for layer in LAYERS:
        if layer.users == "dcgan64":
            shapes.append(tuple(layer.shapes()[1]))
            normalised = layer.outputs > 3 and not (layer.inputs == 3)
            shapes += [(layer.outputs,)] * (2 if normalised else 0)
    return tuple(shapes)


OTHERS = [*[BatchNorm(channels, size) for channels, size in ((512, 4), (256, 8), (128, 16), (64, 32))],
          Adam(dcgan64_parameters(), "dcgan64", "Adam, the parameters of DCGAN-64")]


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", nargs="?", default="build", help="the build directory, with bin/agonc")
    parser.add_argument("--threads", type=int, nargs="+", help="numbers of threads (default: 1 and all cores)")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=0.2, help="of each side in each round, about (default 0.2)")
    parser.add_argument("--only", metavar="RE",
                        help="operations whose \"models: name\" matches; \"none:\" are the untuned")
    parser.add_argument("--write", action="store_true", help="put the tables into bench/results.md")
    parser.add_argument("--json", metavar="FILE", help="all numbers, the single rounds too")
    options = parser.parse_args()
    options.threads = options.threads or sorted({1, len(os.sched_getaffinity(0))})
    options.python = run.find_python(options.build)
    if options.write and options.only:
        parser.error("--write needs every operation, no --only")
    return options


class AgonOperation:
    """One operation compiled by agonc; a run is a process of its own."""

    def __init__(self, options, layer, op, scratch):
        self.binary, source = os.path.join(scratch, "operation"), os.path.join(scratch, "operation.agon")
        text = layer.program(op)
        with open(source, "w") as file:
            file.write(text)
        self.objective = [f":{n}:" for n, line in enumerate(text.splitlines(), 1) if line.endswith(OBJECTIVE)]
        self.call([os.path.join(options.build, "bin", "agonc"), source, "-o", self.binary], "agonc: ")
        self.estimate = (layer.flops or 1e9) / 1e11  # before the first run

    def call(self, command, who=""):
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=300)
        except subprocess.TimeoutExpired:
            raise Unavailable(f"fails: {who}it takes more than 300 s")
        except OSError as error:
            raise Unavailable(f"fails: {who}{error.strerror}: {command[0]}")
        if done.returncode != 0:
            errors = [line for line in done.stderr.splitlines() if line.startswith("error")]
            message = errors[0] if errors else last_line(done.stderr) or f"exit code {done.returncode}"
            raise Unavailable(f"fails: {who}{message}")
        return done.stdout

    def run(self, threads, seconds):
        steps = max(5, min(100000, math.ceil(seconds / self.estimate)))
        command = [self.binary, "bench", "--json", "--steps", str(steps), "--threads", str(threads)]
        turn, = json.loads(self.call(command))["turns"]
        needless = sum(r["seconds"] for r in turn["regions"] if any(line in r["source"] for line in self.objective))
        self.estimate = max(turn["seconds"], 1e-7)
        if not 0 <= needless < turn["seconds"]:
            raise Unavailable("fails: the objective's regions take as long as the turn")
        return turn["seconds"] - needless


class Torch:
    """PyTorch at one number of threads; a process that died is started anew."""

    def __init__(self, options, threads, scratch):
        self.options, self.threads, self.scratch, self.child, self.version = options, threads, scratch, None, None

    def run(self, job):
        """Seconds in each memory format."""
        if self.child is None or self.child.process.poll() is not None:
            program = os.path.relpath(os.path.join(ROOT, "bench", "ops", "torch_ops.py"),
                                      os.path.join(ROOT, "bench", "workloads"))
            self.child = Child(self.options.python, [program, str(self.threads)], "torch", self.scratch, 120)
            self.version = self.child.ready["version"]
        try:
            found = self.child.ask(json.dumps(job))
        except BrokenPipeError:
            raise Unavailable("fails: PyTorch's process died")
        if "reason" in found:
            raise Unavailable(found["reason"])
        return found

    def close(self):
        if self.child is not None:
            self.child.close()


def measure(options, layer, op, torches, peak, scratch):
    """For each number of threads {agon, torch: seconds, peak: FLOP/s}, or a reason for a side."""
    results = {t: {"agon": [], "torch": {}, "peak": [], "reasons": {}} for t in options.threads}
    try:
        agon = AgonOperation(options, layer, op, scratch)
    except Unavailable as error:
        for result in results.values():
            result["reasons"]["agon"] = str(error)
    job = {"kind": layer.kind, "op": op, "seconds": options.seconds, **layer.job()}
    for _ in range(options.rounds):
        for threads, result in results.items():
            if rate := peak.measure(threads):
                result["peak"].append(rate)
            if "agon" not in result["reasons"]:
                try:
                    result["agon"].append(agon.run(threads, options.seconds))
                except (Unavailable, ValueError, KeyError) as error:
                    result["reasons"]["agon"] = str(error)
            if "torch" not in result["reasons"]:
                try:
                    for layout, seconds in torches[threads].run(job).items():
                        result["torch"].setdefault(layout, []).append(seconds)
                except (Unavailable, ValueError) as error:
                    result["reasons"]["torch"] = str(error)
    for result in results.values():
        summarise(layer, result)
    return results


def summarise(layer, result):
    """The medians and what follows from them."""
    if "agon" not in result["reasons"]:
        result["agon_seconds"] = statistics.median(result["agon"])
    if "torch" not in result["reasons"]:
        result["torch_seconds"], result["layout"] = min((statistics.median(s), l) for l, s in result["torch"].items())
    if not result["reasons"]:
        result["ratio"] = result["torch_seconds"] / result["agon_seconds"]
    if layer.flops:
        for side in ("agon", "torch"):
            if f"{side}_seconds" in result:
                result[f"{side}_rate"] = layer.flops / result[f"{side}_seconds"]
        if result["peak"] and "agon_rate" in result:
            result["share"] = result["agon_rate"] / statistics.median(result["peak"])


def rate(result, side):
    if side in result["reasons"]:
        return result["reasons"][side].replace("|", "\\|")
    if f"{side}_rate" not in result:
        return report.milliseconds(result[f"{side}_seconds"]) + " ms"
    value = result[f"{side}_rate"] * 1e-9
    return f"{value:.0f}" if value >= 10 else f"{value:.1f}"


def cells(result):
    share = result.get("share")
    return [report.number(result.get("ratio")), f"{rate(result, 'agon')} / {rate(result, 'torch')}"
            + ("" if share is None else f", {100 * share:.0f} %")]


def summary(results, threads):
    rows = []
    for title, chosen in (("the models'", lambda l: l.users != UNTUNED), ("untuned", lambda l: l.users == UNTUNED)):
        row = [title]
        for op in Convolution.ops:
            ratios = [found[threads]["ratio"] for layer, kind, found in results if layer.kind == "convolution"
                      and kind == op and chosen(layer) and "ratio" in found[threads]]
            row.append(f"{statistics.geometric_mean(ratios):.2f} ({sum(r >= 1 for r in ratios)} of {len(ratios)})"
                       if ratios else "–")
        rows.append(row)
    return report.table(["convolutions", *Convolution.ops.values()], rows)


def markdown(options, results, facts):
    parts = ["\n".join(f"- {name}: {value}" for name, value in facts.items()),
             "PyTorch's time over Agon's, medians over the rounds: above 1 is a win for Agon. Then GFLOP/s of Agon\n"
             "and PyTorch, FLOPs counted the plain way, and Agon's share of the FMA peak (by a fast method above\n"
             "100 %). Single operations; what Agon fuses into them in a model is not in it."]
    for threads in options.threads:
        parts.append(f"### {threads} thread{'s' * (threads > 1)}")
        if any(layer.kind == "convolution" for layer, _, _ in results):
            parts += ["Geometric means of the ratios, and how many are at least 1:", summary(results, threads)]
            rows, last_users = {}, None
            for layer, op, found in results:
                if layer.kind == "convolution":
                    rows.setdefault(layer, {})[op] = cells(found[threads])
            lines = []
            for layer, ops in rows.items():
                users = "" if layer.users == last_users else "untuned" if layer.users == UNTUNED else layer.users
                last_users = layer.users
                lines.append([users, layer.name, *[c for op in Convolution.ops for c in ops[op]]])
            header = ["of", "layer"]
            for op in Convolution.ops.values():
                header += [op, "GFLOP/s, share"]
            parts.append(report.table(header, lines))
        lines = [[layer.name, layer.ops[op], *cells(found[threads])] for layer, op, found in results
                 if layer.kind != "convolution"]
        if lines:
            parts.append(report.table(["others", "operation", "PyTorch / Agon", "Agon / PyTorch"], lines))
    return "\n\n".join(parts)


def write_results(path, text):
    """Between the markers; a file without them gets the section after "Single contractions"."""
    with open(path) as file:
        whole = file.read()
    if BEGIN not in whole:
        section = f"## Single layers\n\nWritten by `ops/layers.py --write`.\n\n{BEGIN}\n{END}\n"
        place = re.search(r"^## Single contractions\n(?:(?!^## ).*\n?)*", whole, re.MULTILINE)
        at = place.end() if place else len(whole)
        whole = f"{whole[:at].rstrip()}\n\n{section}" + (f"\n{whole[at:]}" if whole[at:].strip() else "")
    before, rest = whole.split(BEGIN)
    with open(path, "w") as file:
        file.write(f"{before}{BEGIN}\n{text}\n{END}{rest.split(END)[1]}")


def main():
    options = arguments()
    pattern = re.compile(options.only or "")
    chosen = [layer for layer in [*LAYERS, *OTHERS] if pattern.search(f"{layer.users}: {layer.name}")]
    if not chosen:
        sys.exit("no operation matches")
    load, results = os.getloadavg()[0], []
    if load > 0.5:
        print(f"the load average is {load:.1f}: others are on this machine", file=sys.stderr)
    with tempfile.TemporaryDirectory(prefix="agon-layers-") as scratch:
        peak, torches = Peak(scratch), {t: Torch(options, t, scratch) for t in options.threads}
        try:
            for layer in chosen:
                for op in layer.ops:
                    run.progress(f"{layer.name}: {layer.ops[op]}")
                    found = measure(options, layer, op, torches, peak, scratch)
                    results.append((layer, op, found))
                    run.progress("")
                    print(f"{layer.users}: {layer.name}: {layer.ops[op]}: " + "; ".join(
                        f"{t}: " + " ".join(cells(result)) for t, result in found.items()), flush=True)
        finally:
            for torch in torches.values():
                torch.close()
    peaks = {t: [rate for _, _, found in results for rate in found[t]["peak"]] for t in options.threads}
    peaks = {t: statistics.median(rates) for t, rates in peaks.items() if rates}
    versions = {t.version for t in torches.values() if t.version}
    facts = run.facts(options, versions, peaks, load)
    for threads, rate in peaks.items():
        if rate < 0.8 * threads / min(peaks) * peaks[min(peaks)]:
            facts[f"warning, {threads} threads"] = ("the peak does not grow with the threads: others use the cores, or "
                                                    "they share units; numbers with so many threads are worth little")
    text = markdown(options, results, facts)
    print("\n" + text)
    if options.json:
        with open(options.json, "w") as file:
            json.dump([{"users": layer.users, "name": layer.name, "op": op, "flops": layer.flops, "threads": found}
                       for layer, op, found in results], file, indent=1)
    if options.write:
        write_results(os.path.join(ROOT, "bench", "results.md"), text)
    return 1 if any(result["reasons"] for _, _, found in results for result in found.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
