# RUN: %python %s %t
"""convolve and deconvolve against their definition, as nested loops.

A convolution is linear in its input x and in its filter W, so that the objective
<P, convolve(x, W)> has the derivatives convolve(x, W) with respect to P, the
input gradient with respect to x and the filter gradient with respect to W. An
optimizer that keeps the gradient and leaves the parameters alone writes all
three into the checkpoint.

Arguments: the scratch directory, how many random configurations, their seed."""

import itertools
import math
import os
import random
import sys
from concurrent.futures import ProcessPoolExecutor

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "Inputs"))
sys.dont_write_bytecode = True
from support import compile_model, read_safetensors, run

OPTIMIZER = """optimizer keep() {
  state gradient = 0
  gradient <- g
  w <- w - 0 * g
}
"""


class Configuration:
    """One application. `batched` and `hyper`: whether the input, the filter have a batch axis."""

    def __init__(self, transposed, sizes, kernel, stride=1, pad=0, dilation=1, groups=1, output_pad=0, channels=(1, 1),
                 batched=True, hyper=False, lists=0):
        def spread(value):
            return list(value) if isinstance(value, list) else [value] * len(sizes)
        self.transposed, self.sizes, self.kernel = transposed, list(sizes), spread(kernel)
        self.stride, self.dilation, self.output_pad = spread(stride), spread(dilation), spread(output_pad)
        self.pad = [p if isinstance(p, tuple) else (p, p) for p in spread(pad)]
        self.groups, (self.inputs, self.outputs) = groups, channels
        self.batched, self.hyper, self.lists = batched, hyper, lists
        self.positions = []
        for s, k, t, (low, high), d, o in zip(self.sizes, self.kernel, self.stride, self.pad, self.dilation,
                                              self.output_pad):
            reach = d * (k - 1)
            self.positions.append((s - 1) * t - low - high + reach + o + 1 if transposed
                                  else (low + s + high - reach - 1) // t + 1)
        self.filter = ([self.inputs, self.outputs // groups] if transposed
                       else [self.outputs, self.inputs // groups]) + self.kernel

    def legal(self):
        if not self.transposed:
            return all(p > 0 for p in self.positions)
        # A transpose of which only the padding of the output is left does not depend on anything.
        return all(p > 0 and o < max(t, d) and any(0 <= q * t - low + k * d < p for q in range(s) for k in range(taps))
                   for p, o, s, taps, t, d, (low, _) in zip(self.positions, self.output_pad, self.sizes, self.kernel,
                                                            self.stride, self.dilation, self.pad))

    def work(self, batch):
        return batch * math.prod(self.filter) * math.prod(self.sizes if self.transposed else self.positions)

    def written(self, values, neutral, pairs=False):
        """An argument: nothing, a number, a list or a tuple, where they say the same."""
        if all(value == neutral for value in values) and self.lists % 2 == 0:
            return None
        if len(set(values)) == 1 and self.lists % 3 != 1 and not pairs:
            return str(values[0])
        inner = ", ".join(str(value) for value in values)
        return f"({inner})" if self.lists % 3 == 2 and len(values) > 1 else f"[{inner}]"

    def call(self):
        even = all(low == high for low, high in self.pad)
        arguments = {"stride": self.written(self.stride, 1), "dilation": self.written(self.dilation, 1),
                     "pad": self.written([low for low, _ in self.pad] if even else self.pad, 0, not even),
                     "groups": str(self.groups) if self.groups > 1 else None,
                     "output_pad": self.written(self.output_pad, 0) if self.transposed else None}
        named = "".join(f", {name} = {value}" for name, value in arguments.items() if value is not None)
        x = "per_sample(x)" if self.batched else "x"
        w = "per_sample(W)" if self.hyper else "W"
        return f"{'deconvolve' if self.transposed else 'convolve'}({x}, {w}{named})"

    def network(self, name):
        def rows(shape, batched):
            return f"[batch, ..{shape}]" if batched else shape
        many = self.batched or self.hyper
        return (f"network {name}() -> [] {{\n"
                f"  param x: {rows([self.inputs] + self.sizes, self.batched)} ~ normal(0, 1)\n"
                f"  param W: {rows(self.filter, self.hyper)} ~ normal(0, 1)\n"
                f"  param P: {rows([self.outputs] + self.positions, many)} ~ normal(0, 1)\n"
                f"  return {'batch * ' if many else ''}sum({'per_sample(P)' if many else 'P'} * {self.call()})\n}}\n")


def definition(c, batch, x, w, p):
    """y, the gradients of <p, y> with respect to x and w, and the number of products in each.

    convolve:   y[o, q] = sum over i, k of w[o, i, k] x[i, q * stride - low + k * dilation]
    deconvolve: y[o, q * stride - low + k * dilation] = sum over i, q, k of w[i, o, k] x[i, q]"""
    narrow, wide = (c.sizes, c.positions) if c.transposed else (c.positions, c.sizes)
    pairs = []  # (flat place in the narrow map, in the wide map, in the kernel) for every product
    axes = [[(q, at, k) for q in range(n) for k in range(taps)
             for at in [q * stride - low + k * dilation] if 0 <= at < m]
            for n, m, taps, stride, (low, _), dilation in zip(narrow, wide, c.kernel, c.stride, c.pad, c.dilation)]
    for combination in itertools.product(*axes):
        a = b = tap = 0
        for (q, at, k), n, m, taps in zip(combination, narrow, wide, c.kernel):
            a, b, tap = a * n + q, b * m + at, tap * taps + k
        pairs.append((a, b, tap))
    y, gx, gw = [0.0] * len(p), [0.0] * len(x), [0.0] * len(w)
    area_x, area_y, taps = math.prod(c.sizes), math.prod(c.positions), math.prod(c.kernel)
    part_in, part_out = c.inputs // c.groups, c.outputs // c.groups
    if c.transposed:
        pairs = [(b, a, tap) for a, b, tap in pairs]
    count = 0
    samples = batch if c.batched or c.hyper else 1
    for n, group, i, o in itertools.product(range(samples), range(c.groups), range(part_in), range(part_out)):
        first, second = group * part_in + i, group * part_out + o
        x0 = ((n if c.batched else 0) * c.inputs + first) * area_x
        y0 = (n * c.outputs + second) * area_y
        w0 = (n if c.hyper else 0) * math.prod(c.filter)
        w0 += (first * part_out + o if c.transposed else second * part_in + i) * taps
        for q, at, tap in pairs:
            q, at, tap = q + y0, at + x0, tap + w0
            weight, value, cotangent = w[tap], x[at], p[q]
            y[q] += weight * value
            gx[at] += weight * cotangent
            gw[tap] += value * cotangent
        count += len(pairs)
    return y, gx, gw, count


def write_program(path, batch, configurations):
    """A game of all configurations, whose checkpoint has the three results of each."""
    with open(path, "w") as file:
        file.write(f"const batch = {batch}\n" + OPTIMIZER)
        for number, configuration in enumerate(configurations):
            file.write(configuration.network(f"N{number}"))
        names = [f"N{number}" for number in range(len(configurations))]
        file.write(f"game check {{\n  player P({', '.join(names)}) minimizes "
                   + " + ".join(f"E[{name}()]" for name in names) + " with keep()\n}\n")


def check(job):
    """Compiles a program of many configurations; returns what is wrong."""
    label, batch, real, options, configurations, scratch = job
    path = os.path.join(scratch, label + ".agon")
    write_program(path, batch, configurations)
    binary = compile_model(path, path[:-5], f"--float={real}", *options)
    out = path[:-5] + "-run"
    run([binary, "train", "--steps", "1", "--seed", "1", "--out", out, "--force", "--quiet", "--threads", "1"])
    tensors = read_safetensors(os.path.join(out, "checkpoint.safetensors"))
    tolerance = 1e-13 if real == "f64" else 2e-6
    wrong, worst = [], 0.0
    for number, configuration in enumerate(configurations):
        x, w, p = (tensors[f"N{number}.{name}"] for name in ("x", "W", "P"))
        *expected, count = definition(configuration, batch, x, w, p)
        for name, values in zip(("P", "x", "W"), expected):
            found = tensors[f"optimizer.P.keep.gradient.N{number}.{name}"]
            # Every product has expectation 0 and variance 1, so that sqrt(count) is the size of each result.
            distance = math.dist(found, values) / math.sqrt(max(count, 1))
            worst = max(worst, distance)
            if not distance <= tolerance:
                wrong.append(f"{path}: N{number}: {configuration.call()} of "
                             f"{[configuration.inputs] + configuration.sizes}, filter {configuration.filter}: "
                             f"d/d{name} is off by {distance:.1e}")
    return label, len(configurations), worst, wrong


def grid(sizes, kernel, strides=(1, 2, 3), pads=(0, 1, (2, 1), (0, 2))):
    """Every combination of a small grid."""
    number = 0
    for stride, pad, dilation, groups in itertools.product(strides, pads, (1, 2), (1, 2)):
        for transposed, output_pad in ((False, 0), (True, 0), (True, 1)):
            number += 1
            c = Configuration(transposed, sizes, kernel, stride, [pad] * len(sizes), dilation, groups, output_pad,
                              (2, 4) if number % 2 else (4, 2), lists=number)
            if c.legal():
                yield c


def drawn(source, count, rank=None, most=6000):
    """Random configurations; every argument differs from axis to axis."""
    while count:
        n = rank or source.choice([1, 2, 2, 3])
        groups = source.choice([1, 1, 2, 3])
        transposed = source.random() < 0.5
        stride = [source.randint(1, 4) for _ in range(n)]
        dilation = [source.randint(1, 3) for _ in range(n)]
        pads = [(source.randint(0, 3), source.randint(0, 3)) for _ in range(n)]
        c = Configuration(
            transposed, [source.randint(1, 9) for _ in range(n)], [source.randint(1, 4) for _ in range(n)], stride,
            pads if source.random() < 0.6 else [low for low, _ in pads], dilation, groups,
            [source.randint(0, max(s, d) - 1) for s, d in zip(stride, dilation)] if transposed else 0,
            (groups * source.choice([1, 2, 3, 5]), groups * source.choice([1, 2, 3, 5])),
            batched=source.random() < 0.8, hyper=source.random() < 0.25, lists=source.randrange(6))
        if c.legal() and c.work(2) <= most:
            count -= 1
            yield c


def channels():
    """Channels that fill no vector, kernels and strides of GANs."""
    for transposed in (False, True):
        for inputs, outputs in ((1, 17), (17, 1), (3, 33), (33, 3), (5, 17), (17, 5), (33, 17)):
            yield Configuration(transposed, [4, 3], [3, 4], 2, 1, channels=(inputs, outputs))
        yield Configuration(transposed, [5], 5, channels=(33, 33))
        yield Configuration(transposed, [5, 5], 1, channels=(17, 33))
        yield Configuration(transposed, [3, 6], 3, 1, 1, groups=17, channels=(17, 17))
        yield Configuration(transposed, [3, 6], 3, 1, 1, groups=3, channels=(15, 51))
        yield Configuration(transposed, [2, 3, 2], [2, 3, 1], 1, [(1, 0), 1, 0], channels=(5, 3))


def hypernetworks():
    """A filter for each sample; one input for all samples or one for each."""
    for transposed, batched, groups in itertools.product((False, True), (False, True), (1, 3)):
        yield Configuration(transposed, [5, 4], [3, 2], [2, 1], [(1, 0), (1, 1)], [1, 2], groups,
                            [1, 0] if transposed else 0, (3, 6), batched=batched, hyper=True)
        yield Configuration(transposed, [6], 3, groups=groups, channels=(6, 3), batched=batched, hyper=True)


def split(items, size):
    items = list(items)
    return [items[first:first + size] for first in range(0, len(items), size)]


def jobs(scratch, seed, count):
    source = random.Random(seed)
    flags = open("/proc/cpuinfo").read() if os.path.exists("/proc/cpuinfo") else ""
    native = ["-O3", "--march=native"]
    v3 = ["-O3", "--march=x86-64-v3"] if " avx2" in flags and " fma" in flags else native
    plain = ["-O0"]

    def batches(label, batch, real, options, items, size=24):
        return [(f"{label}_{number}", batch, real, options, part, scratch)
                for number, part in enumerate(split(items, size))]

    yield from batches("line", 2, "f64", native, grid([5], 3))
    yield from batches("plane", 1, "f64", v3, grid([4, 5], [3, 2], (1, 2), (1, (0, 2))))
    yield from batches("drawn", 2, "f64", native, drawn(source, count))
    yield from batches("volume", 1, "f32", v3, drawn(source, 12, rank=3))
    yield from batches("drawn32", 3, "f32", v3, drawn(source, 12, most=3000))
    yield from batches("channels1", 1, "f32", native, channels())
    yield from batches("channels7", 7, "f64", v3, [c for c in channels() if c.work(7) < 60000])
    yield from batches("hyper1", 1, "f64", native, hypernetworks())
    yield from batches("hyper7", 7, "f32", v3, hypernetworks())
    yield from batches("plain", 2, "f64", plain, list(drawn(source, 12)) + list(hypernetworks())[::3])
    yield from batches("plain32", 1, "f32", plain, list(channels())[::4])


if __name__ == "__main__":
    scratch = sys.argv[1]
    os.makedirs(scratch, exist_ok=True)
    count = int(sys.argv[2] if len(sys.argv) > 2 else os.environ.get("AGON_CASES", "48"))
    seed = int(sys.argv[3] if len(sys.argv) > 3 else os.environ.get("AGON_SEED", "20"))
    print("seed", seed)
    failures, total = [], 0
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        for label, number, worst, wrong in pool.map(check, jobs(scratch, seed, count)):
            print(f"{label}: {number} configurations, error at most {worst:.1e}")
            failures += wrong
            total += number
    if failures:
        sys.exit("\n".join(failures))
    print(total, "configurations agree with the definition")
