# RUN: %python %s %t
"""What layers of the library compute, against their definitions written as
loops. Every case is a network that returns its inputs and, after them, the
value of an expression; `sample` draws the inputs."""

import itertools
import json
import math
import os
import re
import struct
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "Inputs"))
from tensors import Array, build
from support import compile_model, read_safetensors, run
from weights import CASES as WEIGHTS

scratch = sys.argv[1]
os.makedirs(scratch, exist_ok=True)
BATCH = 4


def sigmoid(v):
    return 1 / (1 + math.exp(-v))


def softmax(row):
    top = max(row)
    parts = [math.exp(v - top) for v in row]
    return [p / sum(parts) for p in parts]


def matmul(a, b):
    """Of lists of rows."""
    return [[sum(x * y for x, y in zip(row, column)) for column in zip(*b)] for row in a]


def rows(a):
    return [a[i].values for i in range(a.shape[0])]


def convolution(x, w, stride=(1, 1), low=(0, 0), high=None, dilation=(1, 1), groups=1, bias=None):
    high = high or low
    size = [(x.shape[i + 1] + low[i] + high[i] - dilation[i] * (w.shape[i + 2] - 1) - 1) // stride[i] + 1
            for i in (0, 1)]
    each, out = w.shape[1], w.shape[0] // groups
    return build([w.shape[0], *size], lambda o, p, q: (bias[o] if bias else 0) + sum(
        w[o, c, i, j] * x[o // out * each + c, p * stride[0] + i * dilation[0] - low[0],
                          q * stride[1] + j * dilation[1] - low[1]]
        for c in range(each) for i in range(w.shape[2]) for j in range(w.shape[3])))


def transposed(x, w, stride, pad, extra, bias):
    size = [(x.shape[i + 1] - 1) * stride - 2 * pad + w.shape[i + 2] + extra for i in (0, 1)]
    y = build([w.shape[1], *size], lambda o, p, q: bias[o])
    for c, a, b, o, i, j in itertools.product(*map(range, x.shape), *map(range, w.shape[1:])):
        p, q = a * stride + i - pad, b * stride + j - pad
        if 0 <= p < size[0] and 0 <= q < size[1]:
            y.values[(o * size[0] + p) * size[1] + q] += x[c, a, b] * w[c, o, i, j]
    return y


def pool(x, kernel, stride, pad, function, outside):
    size = [(x.shape[i + 1] + 2 * pad[i] - kernel[i]) // stride[i] + 1 for i in (0, 1)]

    def window(c, p, q):
        return function([x[c, a, b] if 0 <= a < x.shape[1] and 0 <= b < x.shape[2] else outside
                         for a in range(p * stride[0] - pad[0], p * stride[0] - pad[0] + kernel[0])
                         for b in range(q * stride[1] - pad[1], q * stride[1] - pad[1] + kernel[1])])
    return build([x.shape[0], *size], window)


def bilinear(x, size):
    def at(c, p, q):
        total = 0
        weights = []
        for i, n, m in ((p, x.shape[1], size[0]), (q, x.shape[2], size[1])):
            s = min(max((i + 0.5) * n / m - 0.5, 0), n - 1)
            lo = min(int(s), n - 1)
            weights.append([(lo, 1 - s + lo), (min(lo + 1, n - 1), s - lo)])
        for (a, u), (b, v) in itertools.product(*weights):
            total += u * v * x[c, a, b]
        return total
    return build([x.shape[0], *size], at)


def upfirdn(x, taps, gain, up, down, low, high):
    """StyleGAN2's upfirdn2d: zeros after each pixel, margins, true convolution, every down-th pixel."""
    k = [t / sum(taps) * gain for t in taps]
    n = [x.shape[i + 1] * up + low + high - len(k) + 1 for i in (0, 1)]

    def wide(c, p, q):
        p, q = p - low, q - low
        return x[c, p // up, q // up] if p % up == 0 and q % up == 0 else 0.0
    return build([x.shape[0], *[(m + down - 1) // down for m in n]], lambda c, p, q: sum(
        k[-1 - i] * k[-1 - j] * wide(c, p * down + i, q * down + j) for i in range(len(k)) for j in range(len(k))))


def modulated(x, w, p, up=False, down=False):
    """With a weight of the sample's own, as in the paper."""
    W, A, b = p["modulated_conv_0.W"], p["modulated_conv_0.equal_dense_0.W"], p["modulated_conv_0.equal_dense_0.b"]
    style = [sum(w[i] * A[i, c] for i in range(w.shape[0])) / math.sqrt(w.shape[0]) + b[c] for c in range(W.shape[1])]
    scale = 1 / math.sqrt(math.prod(W.shape[1:]))
    own = build(W.shape, lambda o, c, i, j: scale * W[o, c, i, j] * style[c])
    length = [math.sqrt(sum(v * v for v in own[o].values) + 1e-8) for o in range(W.shape[0])]
    own = build(W.shape, lambda o, c, i, j: own[o, c, i, j] / length[o])
    taps = [1, 3, 3, 1]
    if up:
        wide = build([x.shape[0], 2 * x.shape[1] - 1, 2 * x.shape[2] - 1],
                     lambda c, a, b: 0.0 if a % 2 or b % 2 else x[c, a // 2, b // 2])
        return upfirdn(convolution(wide, own, low=(2, 2)), taps, 2, 1, 1, 1, 1)
    if down:
        return convolution(upfirdn(x, taps, 1, 1, 1, 2, 2), own, stride=(2, 2))
    return convolution(x, own, low=(1, 1))


def attention(x, p):
    flat = rows(Array([x.shape[0], x.shape[1] * x.shape[2]], x.values))

    def project(name):
        return matmul([p[name][o].values for o in range(p[name].shape[0])], flat)

    def pooled(name):
        y = project(name)
        y = Array([len(y), *x.shape[1:]], [v for row in y for v in row])
        y = pool(y, (2, 2), (2, 2), (0, 0), max, 0)
        return rows(Array([y.shape[0], y.shape[1] * y.shape[2]], y.values))
    q, k, v = project("self_attention_0.query"), pooled("self_attention_0.key"), pooled("self_attention_0.value")
    weights = [softmax(row) for row in matmul(list(zip(*q)), k)]
    o = matmul(rows(p["self_attention_0.out"]), matmul(v, list(zip(*weights))))
    gamma = p["self_attention_0.gamma"].values[0]
    return [gamma * a + b for row, line in zip(o, flat) for a, b in zip(row, line)]


def lstm(x, p, back=False):
    W, U, b = p["lstm_0.W"], p["lstm_0.U"], p["lstm_0.b"]
    n = U.shape[0]
    h, c, out = [0.0] * n, [0.0] * n, {}
    for t in (reversed(range(x.shape[0])) if back else range(x.shape[0])):
        g = [b[k] + sum(x[t, i] * W[i, k] for i in range(x.shape[1])) + sum(h[i] * U[i, k] for i in range(n))
             for k in range(4 * n)]
        c = [sigmoid(g[n + k]) * c[k] + sigmoid(g[k]) * math.tanh(g[2 * n + k]) for k in range(n)]
        h = [sigmoid(g[3 * n + k]) * math.tanh(c[k]) for k in range(n)]
        out[t] = h
    return [v for t in range(x.shape[0]) for v in out[t]]


def gru(x, p):
    W, U, b, d = (p["gru_0." + name] for name in ("W", "U", "b", "b_h"))
    n = U.shape[0]
    h, out = [0.0] * n, []
    for t in range(x.shape[0]):
        a = [b[k] + sum(x[t, i] * W[i, k] for i in range(x.shape[1])) for k in range(3 * n)]
        e = [d[k] + sum(h[i] * U[i, k] for i in range(n)) for k in range(3 * n)]
        r, z = ([sigmoid(a[s + k] + e[s + k]) for k in range(n)] for s in (0, n))
        new = [math.tanh(a[2 * n + k] + r[k] * e[2 * n + k]) for k in range(n)]
        h = [(1 - z[k]) * new[k] + z[k] * h[k] for k in range(n)]
        out += h
    return out


def stddev(group):
    def reference(p, samples):
        groups = BATCH // group
        result = []
        for i, x in enumerate(samples):
            members = [samples[j]["x"].values for j in range(BATCH) if j % groups == i % groups]
            deviations = []
            for values in zip(*members):
                m = sum(values) / group
                deviations.append(math.sqrt(sum((v - m) ** 2 for v in values) / group + 1e-8))
            own = sum(deviations) / len(deviations)
            result.append(x["x"].values + [own] * math.prod(x["x"].shape[1:]))
        return result
    return reference


def discrimination(p, samples):
    T = p["minibatch_discrimination_0.T"]
    M = [[sum(s["x"][i] * T[i, k] for i in range(T.shape[0])) for k in range(T.shape[1])] for s in samples]
    return [s["x"].values + [sum(math.exp(-sum(abs(m[2 * k + d] - other[2 * k + d]) for d in range(2))) for other in M)
                             for k in range(3)] for s, m in zip(samples, M)]


def mean_discrepancy(p, samples):
    def k(a, b):
        d = sum((u - v) ** 2 for u, v in zip(a.values, b.values))
        return sum(math.exp(-d / (2 * w * w)) for w in (1, 2, 4, 8, 16))
    a, b = [s["a"] for s in samples], [s["b"] for s in samples]

    def over(a, b):
        return sum(k(u, v) for u in a for v in b) / BATCH ** 2
    return [[over(a, a) + over(b, b) - 2 * over(a, b)]] * BATCH


def affine(x, angle):
    h, w = x.shape[1:]

    def mirror(i, n):
        while not 0 <= i <= n - 1:
            i = -i if i < 0 else 2 * (n - 1) - i
        return i

    def at(c, p, q):
        r, s = p - (h - 1) / 2, q - (w - 1) / 2
        y = mirror(math.cos(angle) * r - math.sin(angle) * s + (h - 1) / 2 + 1.5, h)
        z = mirror(math.sin(angle) * r + math.cos(angle) * s + (w - 1) / 2, w)
        a, b = int(y), int(z)
        return sum((1 - abs(y - i)) * (1 - abs(z - j)) * x[c, i, j] for i in (a, a + 1) for j in (b, b + 1)
                   if abs(y - i) < 1 and abs(z - j) < 1)
    return build(x.shape, at)


def reflected(i, n):
    return -i if i < 0 else 2 * (n - 1) - i if i >= n else i


class OneOf(list):
    """The values that a random function may take."""


def translations(x, most):
    return OneOf(build(x.shape, lambda c, i, j: x[c, i + a, j + b]).values
                 for a in range(-most[0], most[0] + 1) for b in range(-most[1], most[1] + 1))


def cutouts(x, size):
    def outside(i, at, k):
        return not at - k // 2 <= i < at - k // 2 + k
    return OneOf(build(x.shape, lambda c, i, j: x[c, i, j] * (outside(i, a, size[0]) or outside(j, b, size[1]))).values
                 for a in range(x.shape[1] + 1 - size[0] % 2) for b in range(x.shape[2] + 1 - size[1] % 2))


def crops(x, size, margin):
    return OneOf(build([x.shape[0], *size], lambda c, i, j: x[c, i + a, j + b]).values
                 for a in range(-margin, x.shape[1] + margin - size[0] + 1)
                 for b in range(-margin, x.shape[2] + margin - size[1] + 1))


def each(function):
    """A reference for one sample at a time."""
    return lambda p, samples: [getattr(y, "values", y) for y in (function(p, **sample) for sample in samples)]


IMAGE = {"x": [4, 5, 7]}
# (name, inputs, expression, reference)
CASES = [
    ("conv", IMAGE, "x |> conv(6, (3, 2), stride = (2, 1), pad = [(1, 0), (2, 1)], dilation = (1, 2), groups = 2)",
     each(lambda p, x: convolution(x, p["conv_0.W"], (2, 1), (1, 2), (0, 1), (1, 2), 2, p["conv_0.b"]))),
    ("deconv", IMAGE, "x |> deconv(3, 4, stride = 2, pad = 1, output_pad = 1)",
     each(lambda p, x: transposed(x, p["deconv_0.W"], 2, 1, 1, p["deconv_0.b"]))),
    ("maxpool", IMAGE, "x |> maxpool(3, stride = 2, pad = 1)",
     each(lambda p, x: pool(x, (3, 3), (2, 2), (1, 1), max, -math.inf))),
    ("maxpool_tiles", IMAGE, "x |> maxpool((2, 3))", each(lambda p, x: pool(x, (2, 3), (2, 3), (0, 0), max, 0))),
    ("avgpool", IMAGE, "x |> avgpool((3, 2), stride = (2, 1), pad = (1, 0))",
     each(lambda p, x: pool(x, (3, 2), (2, 1), (1, 0), lambda v: sum(v) / 6, 0))),
    ("global_avgpool", IMAGE, "x |> global_avgpool", each(lambda p, x: [sum(x[c].values) / 35 for c in range(4)])),
    ("upsample", IMAGE, "x |> upsample(3)",
     each(lambda p, x: build([4, 15, 21], lambda c, i, j: x[c, i // 3, j // 3]))),
    ("upsample_bilinear", IMAGE, "x |> upsample(3, mode = bilinear)", each(lambda p, x: bilinear(x, (15, 21)))),
    ("resize_bilinear", IMAGE, "x |> resize((8, 3), mode = bilinear)", each(lambda p, x: bilinear(x, (8, 3)))),
    ("resize", IMAGE, "x |> resize((8, 3))",
     each(lambda p, x: build([4, 8, 3], lambda c, i, j: x[c, i * 5 // 8, j * 7 // 3]))),
    ("pixelshuffle", {"x": [8, 3, 2]}, "x |> pixelshuffle(2)",
     each(lambda p, x: build([2, 6, 4], lambda c, i, j: x[c * 4 + i % 2 * 2 + j % 2, i // 2, j // 2]))),
    ("pixelunshuffle", {"x": [2, 6, 4]}, "x |> pixelunshuffle(2)",
     each(lambda p, x: build([8, 3, 2], lambda c, i, j: x[c // 4, i * 2 + c % 4 // 2, j * 2 + c % 2]))),
    ("reflection_pad", IMAGE, "x |> reflection_pad([(1, 2), (3, 0)])",
     each(lambda p, x: build([4, 8, 10], lambda c, i, j: x[c, reflected(i - 1, 5), reflected(j - 3, 7)]))),
    ("replication_pad", IMAGE, "x |> replication_pad([(1, 2), (3, 0)])",
     each(lambda p, x: build([4, 8, 10], lambda c, i, j: x[c, min(max(i - 1, 0), 4), max(j - 3, 0)]))),
    ("fir_filter", IMAGE, "x |> fir_filter([1, 2, 4])", each(lambda p, x: upfirdn(x, [1, 2, 4], 1, 1, 1, 1, 1))),
    ("fir_upsample", IMAGE, "x |> fir_upsample", each(lambda p, x: upfirdn(x, [1, 3, 3, 1], 2, 2, 1, 2, 1))),
    ("fir_upsample_3", IMAGE, "x |> fir_upsample(3, taps = [1, 2, 5, 3, 1])",
     each(lambda p, x: upfirdn(x, [1, 2, 5, 3, 1], 3, 3, 1, 3, 1))),
    ("fir_downsample", {"x": [4, 6, 8]}, "x |> fir_downsample",
     each(lambda p, x: upfirdn(x, [1, 3, 3, 1], 1, 1, 2, 1, 1))),
    ("self_attention", {"x": [8, 4, 5]}, "x |> self_attention", each(lambda p, x: attention(x, p))),
    ("lstm", {"x": [3, 2]}, "x |> lstm(3)", each(lambda p, x: lstm(x, p))),
    ("lstm_backward", {"x": [3, 2]}, "x |> lstm(3, backward = true)", each(lambda p, x: lstm(x, p, True))),
    ("gru", {"x": [3, 2]}, "x |> gru(3)", each(lambda p, x: gru(x, p))),
    ("modulated", {"x": [3, 4, 5], "w": [6]}, "modulated_conv(x, w, 2)", each(lambda p, x, w: modulated(x, w, p))),
    ("modulated_up", {"x": [3, 4, 5], "w": [6]}, "modulated_conv(x, w, 2, up = true)",
     each(lambda p, x, w: modulated(x, w, p, up=True))),
    ("modulated_down", {"x": [3, 4, 6], "w": [6]}, "modulated_conv(x, w, 2, down = true)",
     each(lambda p, x, w: modulated(x, w, p, down=True))),
    ("minibatch_stddev", {"x": [2, 3, 2]}, "minibatch_stddev(x, group = 2)", stddev(2)),
    ("minibatch_stddev_all", {"x": [2, 3, 2]}, "x |> minibatch_stddev", stddev(4)),
    ("minibatch_discrimination", {"x": [5]}, "x |> minibatch_discrimination(3, 2)", discrimination),
    ("mmd", {"a": [2], "b": [2]}, "mmd(a, b)", mean_discrepancy),
    ("affine_sample", {"x": [2, 5, 6], "u": []}, "affine_sample(x, [cos(u), -sin(u), sin(u), cos(u)], [1.5, 0])",
     each(lambda p, x, u: affine(x, u.values[0]))),
    ("random_flip", IMAGE, "random_flip(x)",
     each(lambda p, x: OneOf([x.values, build(x.shape, lambda c, i, j: x[c, i, 6 - j]).values]))),
    ("random_translation", IMAGE, "random_translation(x, ratio = 0.4)", each(lambda p, x: translations(x, (2, 3)))),
    ("random_cutout", IMAGE, "random_cutout(x)", each(lambda p, x: cutouts(x, (3, 4)))),
    ("random_crop", IMAGE, "random_crop(x, (4, 6), width = 1)", each(lambda p, x: crops(x, (4, 6), 1))),
    ("ada_without", {"x": [3, 5, 7]}, "ada_augment(x, 0)", each(lambda p, x: x)),
    ("sort", {"x": [2, 6]}, "sort(x)", each(lambda p, x: [v for i in (0, 1) for v in sorted(x[i].values)])),
    ("topk", {"x": [2, 6]}, "topk(floor(3 * x), 3)",
     each(lambda p, x: [v for i in (0, 1) for v in sorted(map(lambda v: math.floor(3 * v), x[i].values))[:2:-1]])),
    ("topk_index", {"x": [6]}, "topk_index(floor(2 * x), 3)",
     each(lambda p, x: sorted(range(6), key=lambda i: (-math.floor(2 * x[i]), i))[:3])),
    ("round", {"x": [9]}, "round(floor(4 * x) / 2)",
     each(lambda p, x: [round(math.floor(4 * v) / 2) for v in x.values])),
    ("cumprod", {"x": [2, 4]}, "cumprod(x)",
     each(lambda p, x: [math.prod(x[i].values[:j + 1]) for i in (0, 1) for j in range(4)])),
    ("orthogonal", {"x": [6]}, "x |> dense(6, init = orthogonal, bias = false)",
     each(lambda p, x: matmul([x.values], rows(p["dense_0.W"]))[0])),
]


def read_npy(path):
    with open(path, "rb") as file:
        blob = file.read()
    (size,) = struct.unpack("<H", blob[8:10])
    header = blob[10:10 + size].decode()
    assert "'<f8'" in header, header
    shape = [int(n) for n in re.search(r"'shape': \(([^)]*)\)", header)[1].split(",") if n.strip()]
    values = struct.unpack(f"<{math.prod(shape)}d", blob[10 + size:])
    return shape, values


def check(name, inputs, expression, reference):
    """Two compilations come first: one says how many elements the value has, one
    what the parameters are called; all of them are then drawn at random, so that
    none is left out by a 0 or a 1 of its initialisation."""
    source, binary = os.path.join(scratch, name + ".agon"), os.path.join(scratch, name)
    names = ", ".join(inputs)

    def write(size, drawn=()):
        with open(source, "w", encoding="utf-8") as file:
            file.write(f"const batch = {BATCH}\n"
                       f"network N({', '.join(f'{i}: {s}' for i, s in inputs.items())}) -> [{size}] {{\n"
                       f"param gain: [] = 1\nlet y = {expression}\n"
                       f"return concat({', '.join(f'flatten({i})' for i in inputs)}, gain * flatten(y))\n}}\n"
                       "game g {\n"
                       + "".join(f"noise {i}: {s} ~ normal(0, 1)\n" for i, s in inputs.items())
                       + "".join(f"init {path} = normal(0, 1)\n" for path in drawn)
                       + f"player N minimizes E[N({names})^2] with sgd(lr = 0.1)\n}}\n")

    def named(*kinds):
        info = json.loads(run([binary, "info", "--json"])[0])
        return {p["name"]: p["shape"] for network in info["networks"] for kind in kinds for p in network[kind]}
    write(1)
    _, message = run(["agonc", source, "--check"], 65)
    size = int(re.search(r"returns \[(\d+)\]", message)[1])
    write(size)
    compile_model(source, binary, "--float=f64", "-O1")
    if name != "orthogonal":
        write(size, [path for path in named("parameters") if path != "N.gain"])
        compile_model(source, binary, "--float=f64", "-O1")
    shapes = named("parameters", "states")
    directory = os.path.join(scratch, name + ".run")
    run([binary, "train", "--steps", "0", "--out", directory, "--quiet", "--force", "--seed", "7"])
    stored = read_safetensors(os.path.join(directory, "checkpoint.safetensors"))
    parameters = {key[2:]: Array(shape, stored[key]) for key, shape in shapes.items()}
    run([binary, "sample", "--from", directory, "-n", str(BATCH), "-o", binary + ".npy", "--force", "--seed", "5"])
    shape, values = read_npy(binary + ".npy")
    assert shape == [BATCH, size], (name, shape)
    samples, results = [], []
    for i in range(BATCH):
        row = values[i * size:(i + 1) * size]
        sample, position = {}, 0
        for key, extent in inputs.items():
            sample[key] = Array(extent, row[position:position + math.prod(extent)])
            position += math.prod(extent)
        samples.append(sample)
        results.append(row[position:])
    for i, expected in enumerate(reference(parameters, samples)):
        if isinstance(expected, OneOf):
            expected = min(expected, key=lambda values: max(abs(a - b) for a, b in zip(values, results[i])))
        assert len(expected) == len(results[i]), (name, len(expected), len(results[i]))
        assert any(expected), (name, expected)
        worst = max(abs(a - b) for a, b in zip(expected, results[i]))
        assert worst < 1e-9, f"{name}: sample {i} is off by {worst}"
    return parameters


for case in CASES + WEIGHTS:
    parameters = check(*case)
    if case[0] == "orthogonal":
        W = rows(parameters["dense_0.W"])
        for i, row in enumerate(matmul(W, list(zip(*W)))):
            assert max(abs(v - (i == j)) for j, v in enumerate(row)) < 1e-9, row
    print(case[0])
