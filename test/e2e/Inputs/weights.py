"""Reparameterised weights of every geometry: what a layer computes with the
weight that its function makes of W, each output's weights written as a row."""

import itertools
import math

from tensors import Array, build


def unit(v):
    length = math.sqrt(sum(x * x for x in v))
    return [x / length for x in v]


def spectral_norm(rows, p, path, number):
    left = unit(p[f"{path}.spectral_norm_{number}.u"].values)
    assert len(left) == len(rows)
    right = unit([sum(u * row[i] for u, row in zip(left, rows)) for i in range(len(rows[0]))])
    sigma = sum(u * w * v for u, row in zip(left, rows) for w, v in zip(row, right))
    return [[w / sigma for w in row] for row in rows]


def weight_norm(rows, p, path, number):
    lengths = p[f"{path}.weight_norm_{number}.g"].values
    assert len(lengths) == len(rows)
    return [[g * w for w in unit(row)] for g, row in zip(lengths, rows)]


def equalized(rows, p, path, number):
    return [[w * math.sqrt(2 / len(row)) for w in row] for row in rows]


def places(W, axis, groups):
    """For each output, where its weights lie in W: `axis` counts outputs, those of one group of a deconv."""
    result = [[] for _ in range(W.shape[axis] * groups)]
    for at, index in enumerate(itertools.product(*map(range, W.shape))):
        group = index[0] * groups // W.shape[0] if groups > 1 else 0
        result[group * W.shape[axis] + index[axis]].append(at)
    return result


def weight(function, p, name, axis, groups=1, number=0):
    """The parameter W as the number-th application of `function` in its layer makes it."""
    W = p[name]
    lines = places(W, axis, groups)
    path = name.rpartition(".")[0]
    values = list(W.values)
    for line, row in zip(lines, function([[W.values[at] for at in line] for line in lines], p, path, number)):
        for at, value in zip(line, row):
            values[at] = value
    return Array(W.shape, values)


def times(x, W):
    """The row x by the matrix W."""
    return [sum(x[i] * W[i, j] for i in range(W.shape[0])) for j in range(W.shape[1])]


def convolved(x, w, groups, b):
    each, own = w.shape[1], w.shape[0] // groups
    size = [n - k + 1 for n, k in zip(x.shape[1:], w.shape[2:])]
    return build([w.shape[0], *size], lambda o, *at: b[o] + sum(
        w[(o, c, *k)] * x[(o // own * each + c, *(i + j for i, j in zip(at, k)))]
        for c, *k in itertools.product(*map(range, w.shape[1:]))))


def transposed(x, w, groups, b):
    each, own = w.shape[0] // groups, w.shape[1]
    size = [n + k - 1 for n, k in zip(x.shape[1:], w.shape[2:])]
    return build([own * groups, *size], lambda o, *at: b[o] + sum(
        w[(c, o % own, *k)] * x[(c, *(i - j for i, j in zip(at, k)))]
        for c, *k in itertools.product(range(w.shape[0]), *map(range, w.shape[2:])) if c // each == o // own))


def dense(function):
    return lambda p, x: [v + b for v, b in zip(times(x, weight(function, p, "dense_0.W", 1)), p["dense_0.b"].values)]


def conv(groups=1):
    return lambda function: lambda p, x: convolved(x, weight(function, p, "conv_0.W", 0), groups, p["conv_0.b"])


def deconv(groups=1):
    return lambda function: lambda p, x: transposed(x, weight(function, p, "deconv_0.W", 1, groups), groups,
                                                    p["deconv_0.b"])


def separable(function):
    def reference(p, x):
        path = "separable_conv_0.conv_"
        h = convolved(x, weight(function, p, path + "0.W", 0), x.shape[0], [0.0] * x.shape[0])
        return convolved(h, weight(function, p, path + "1.W", 0), 1, p[path + "1.b"])
    return reference


def chosen(x):
    """label(x[0], 4)"""
    return min(max(round(x[0]), 0), 3)


def embed(function):
    return lambda p, x: weight(function, p, "embed_0.W", 1)[chosen(x)]


def projection(function):
    def reference(p, x):
        own = weight(function, p, "projection_0.dense_0.W", 1), weight(function, p, "projection_0.embed_0.W", 1)
        inner = sum(a * b for a, b in zip(x.values, own[1][chosen(x)].values))
        return [times(x, own[0])[0] + p["projection_0.dense_0.b"][0] + inner]
    return reference


def conditional(function):
    def reference(p, x, z):
        gamma, beta = (times(z, weight(function, p, f"conditional_batchnorm_0.{name}", 1, number=number))
                       for number, name in enumerate(("gamma", "beta")))
        return build(x.shape, lambda c, i, j: x[c, i, j] / math.sqrt(1 + 1e-5) * (1 + gamma[c]) + beta[c])
    return reference


GEOMETRIES = {
    "dense": ({"x": [5]}, "x |> dense(4, weight = {})", dense),
    "conv_groups": ({"x": [4, 3, 4]}, "x |> conv(6, (2, 3), groups = 2, weight = {})", conv(2)),
    "conv_depthwise": ({"x": [4, 3, 3]}, "x |> conv(8, 2, groups = 4, weight = {})", conv(4)),
    "conv_signal": ({"x": [3, 5]}, "x |> conv(4, 2, weight = {})", conv()),
    "conv_volume": ({"x": [2, 3, 2, 3]}, "x |> conv(3, 2, weight = {})", conv()),
    "separable_conv": ({"x": [3, 4, 3]}, "x |> separable_conv(4, 2, weight = {})", separable),
    "deconv": ({"x": [3, 2, 3]}, "x |> deconv(4, (2, 1), weight = {})", deconv()),
    "deconv_groups": ({"x": [4, 3, 2]}, "x |> deconv(6, (2, 3), groups = 2, weight = {})", deconv(2)),
    "deconv_depthwise": ({"x": [4, 2, 2]}, "x |> deconv(8, 2, groups = 4, weight = {})", deconv(4)),
    "deconv_signal": ({"x": [6, 3]}, "x |> deconv(9, 2, groups = 3, weight = {})", deconv(3)),
    "deconv_volume": ({"x": [4, 2, 1, 2]}, "x |> deconv(2, 2, groups = 2, weight = {})", deconv(2)),
    "embed": ({"x": [2]}, "embed(label(x[0], 4), 3, weight = {})", embed),
    "projection": ({"x": [3]}, "x |> projection(label(x[0], 4), weight = {})", projection),
    "conditional": ({"x": [3, 2, 2], "z": [4]}, "x |> conditional_batchnorm(z, weight = {})", conditional),
}


def each(function):
    """A reference for one sample at a time."""
    return lambda p, samples: [getattr(y, "values", y) for y in (function(p, **sample) for sample in samples)]


CASES = [(f"{geometry}_{function.__name__}", inputs, expression.format(function.__name__), each(reference(function)))
         for geometry, (inputs, expression, reference) in GEOMETRIES.items()
         for function in (spectral_norm, weight_norm, equalized)]
