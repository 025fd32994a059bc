# RUN: %python %s %t
"""Objectives of whole minibatches: values and gradients by every element of their inputs, against definitions written
as loops and their differences; at ties, at distance 0, in minibatches of one."""

import itertools
import math
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "Inputs"))
from support import compile_model, read_safetensors, run

scratch = sys.argv[1]
os.makedirs(scratch, exist_ok=True)

A = [[0.3, -1.2], [1.1, 0.4], [-0.7, 0.9], [2.0, -0.1]]
B = [[-0.4, 0.8], [0.6, 1.5], [1.3, -0.6], [0.2, 0.1]]
U = [[0.3], [-1.2], [2.1], [0.9]]
V = [[1.4], [0.2], [-0.5], [3.0]]
# The first two rows of each are one point; so are rows of A and of these.
TWICE = [[0.3, -1.2], [0.3, -1.2], [1.1, 0.4], [2.0, -0.1]]
TIED = [[0.5], [0.5], [-1.0], [2.0]]
WITH_ZERO = [[0.0, 0.0], [1.0, 2.0], [-0.5, 1.0], [0.3, 0.3]]


def mean(values):
    values = list(values)
    return sum(values) / len(values)


def distance(a, b):
    return math.sqrt(sum((x - y) ** 2 for x, y in zip(a, b)))


def dot(a, b):
    return sum(x * y for x, y in zip(a, b))


def softplus(x):
    return max(x, 0) + math.log1p(math.exp(-abs(x)))


def log_sum(values):
    top = max(values)
    return top + math.log(sum(math.exp(v - top) for v in values))


KERNELS = {
    "normal": lambda a, b, w: math.exp(-distance(a, b) ** 2 / (2 * w * w)),
    "laplace": lambda a, b, w: math.exp(-distance(a, b) / w),
    "rational_quadratic": lambda a, b, w: (1 + distance(a, b) ** 2 / (2 * w)) ** -w,
    "polynomial": lambda a, b, w: (dot(a, b) / len(a) + 1) ** w,
    "distance": lambda a, b, w: -distance(a, b) ** w,
}


def discrepancy(kernel, widths, unbiased=False):
    def over(a, b, apart):
        pairs = [(i, j) for i in range(len(a)) for j in range(len(b)) if not apart or i != j]
        return mean(sum(KERNELS[kernel](a[i], b[j], w) for w in widths) for i, j in pairs)
    return lambda a, b: over(a, a, unbiased) + over(b, b, unbiased) - 2 * over(a, b, False)


def transport(p):
    """The best of all assignments."""
    return lambda a, b: min(mean(abs(x[0] - y[0]) ** p for x, y in zip(a, order))
                            for order in itertools.permutations(b))


def entropic(a, b, eps, iterations, p):
    """By scalings of exp(-cost / eps), as Cuturi 2013, rather than by logarithms; both sides at once."""
    n = len(a)
    cost = [[distance(x, y) ** 2 / 2 if p == 2 else distance(x, y) for y in b] for x in a]
    K = [[math.exp(-c / eps) / n for c in row] for row in cost]
    u, v = [1.0] * n, [1.0] * n
    for iteration in range(iterations):
        new_u = [1 / sum(K[i][j] * v[j] for j in range(n)) for i in range(n)]
        new_v = [1 / sum(K[i][j] * u[i] for i in range(n)) for j in range(n)]
        # Half of the way, in the logarithm.
        u = [math.sqrt(a * b) for a, b in zip(u, new_u)] if iteration else new_u
        v = [math.sqrt(a * b) for a, b in zip(v, new_v)] if iteration else new_v
    return eps * (mean(map(math.log, u)) + mean(map(math.log, v)))


def sinkhorn(eps, iterations, p=2):
    return lambda a, b: entropic(a, b, eps, iterations, p) - 0.5 * (
        entropic(a, a, eps, iterations, p) + entropic(b, b, eps, iterations, p))


def pulling_away(s):
    def cosine(a, b):
        return dot(a, b) / (max(distance(a, [0] * len(a)), 1e-12) * max(distance(b, [0] * len(b)), 1e-12))
    return mean(cosine(a, b) ** 2 for i, a in enumerate(s) for j, b in enumerate(s) if i != j)


def entropy_of(logits, label):
    return log_sum(logits) - logits[label]


def acgan(a, h, b, g):
    return mean(softplus(-x[0]) + softplus(y[0]) + entropy_of(k, i % 2) + entropy_of(l, 1 - i % 2)
                for i, (x, k, y, l) in enumerate(zip(a, h, b, g)))


def each(function):
    """The mean over the samples."""
    return lambda *inputs: mean(function(*rows) for rows in zip(*inputs))


PAIR = {"a": A, "b": B}
LINE = {"a": U, "b": V}
CONSTANT = None  # In place of gradients: the value does not depend on its inputs.
EVEN = "let y = label(per_sample(iota(batch)) % 2, 2)"
# (inputs, expression, reference, and where differences have no meaning the gradients: 0 everywhere, a list, None for
# those that differences give, and what has no entry need only be finite)
CASES = [
    (PAIR, "mmd(a, b)", discrepancy("normal", (1, 2, 4, 8, 16))),
    (PAIR, "mmd(a, b, unbiased = true)", discrepancy("normal", (1, 2, 4, 8, 16), True)),
    *[(PAIR, f"mmd(a, b, widths = {widths}, kernel = kernel.{name}, unbiased = {str(unbiased).lower()})",
       discrepancy(name, widths, unbiased))
      for name, widths in (("laplace", [0.5, 2]), ("rational_quadratic", [0.2, 0.5, 1, 2, 5]), ("polynomial", [3]),
                           ("distance", [1.5])) for unbiased in (False, True)],
    (PAIR, "energy_distance(a, b)", discrepancy("distance", [1])),
    (PAIR, "energy_distance(a, b, unbiased = true)", discrepancy("distance", [1], True)),
    # Points that are one: the distance between them has the slope 0.
    ({"a": A, "b": A}, "mmd(a, b)", lambda a, b: 0, {"a": 0, "b": 0}),
    ({"a": A, "b": A}, "energy_distance(a, b)", lambda a, b: 0, {"a": 0, "b": 0}),
    ({"a": TWICE, "b": TWICE}, "mmd(a, b, kernel = kernel.laplace)", lambda a, b: 0, {"a": 0, "b": 0}),
    ({"a": TWICE, "b": B}, "energy_distance(a, b)", discrepancy("distance", [1]), {"b": None}),
    (LINE, "wasserstein(a, b)", transport(1)),
    (LINE, "wasserstein(a, b, p = 2)", transport(2)),
    (LINE, "wasserstein(a, b, p = 1.5)", transport(1.5)),
    (LINE, "sliced_wasserstein(a, b)", transport(2)),
    (LINE, "sliced_wasserstein(a, b, p = 1, directions = 3)", transport(1)),
    ({"a": TIED, "b": TIED}, "wasserstein(a, b)", lambda a, b: 0, {"a": 0, "b": 0}),
    ({"a": TIED, "b": TIED}, "wasserstein(a, b, p = 2)", lambda a, b: 0, {"a": 0, "b": 0}),
    ({"a": TIED, "b": V}, "wasserstein(a, b, p = 2)", transport(2), {"b": None}),
    (PAIR, "sinkhorn(a, b, eps = 0.5, iterations = 7)", sinkhorn(0.5, 7)),
    (PAIR, "sinkhorn(a, b, eps = 2, iterations = 3, p = 1)", sinkhorn(2, 3, 1)),
    ({"a": TWICE, "b": TWICE}, "sinkhorn(a, b, iterations = 4)", lambda a, b: 0, {"a": 0, "b": 0}),
    ({"a": A}, "pulling_away(a)", pulling_away),
    ({"a": WITH_ZERO}, "pulling_away(a)", pulling_away, {}),
    (LINE, "topk_mean(a - b, 2)", lambda a, b: mean(sorted(x[0] - y[0] for x, y in zip(a, b))[2:])),
    ({"a": TIED}, "topk_mean(a, 2)", lambda a: 1.25, {"a": [[0.5], [0], [0], [0.5]]}),
    ({"a": TIED}, "topk_mean(a, 4)", lambda a: mean(x[0] for x in a)),
    (PAIR, "hinge.discriminator(a, b)",
     each(lambda a, b: mean(max(0, 1 - x) for x in a) + mean(max(0, 1 + x) for x in b))),
    (PAIR, "hinge.generator(a - b)", each(lambda a, b: mean(b) - mean(a))),
    (LINE, "ebgan.discriminator(a^2, b^2, margin = 2)", each(lambda a, b: a[0] ** 2 + max(0, 2 - b[0] ** 2))),
    ({"a": U, "h": A, "b": V, "g": B},
     f"{{ {EVEN}\nreturn acgan.discriminator(a, h, y, b, g, label(1 - float(y), 2)) }}",
     acgan),
    ({"b": V, "g": B}, f"{{ {EVEN}\nreturn acgan.generator(b, g, y) }}",
     lambda b, g: mean(softplus(-x[0]) + entropy_of(h, i % 2) for i, (x, h) in enumerate(zip(b, g)))),
    ({"g": B}, f"{{ {EVEN}\nreturn infogan.categorical(g, y) }}",
     lambda g: mean(math.log(2) - entropy_of(h, i % 2) for i, h in enumerate(g))),
    ({"a": A, "b": B, "c": TWICE}, "infogan.gaussian(a, b, c)",
     each(lambda a, b, c: sum(math.log(2) - 0.5 * ((z - m) ** 2 / math.exp(s) + s + math.log(2 * math.pi))
                              for m, s, z in zip(a, b, c)))),
    (PAIR, "infogan.gaussian(a, 0, b, entropy = 0.5 * log(2 * pi) + 0.5)",
     each(lambda a, b: sum(0.5 - 0.5 * (y - x) ** 2 for x, y in zip(a, b)))),
    (PAIR, "perceptual(doubled, a, b)", each(lambda a, b: mean(4 * (x - y) ** 2 for x, y in zip(a, b)))),
    (PAIR, "perceptual(features, a, b, distance = l1)",
     each(lambda a, b: mean(abs(x - y) for x, y in zip(a, b)) + abs(sum(a) ** 2 - sum(b) ** 2))),
    ({"a": A}, "cycle(doubled, bent, a)", each(lambda a: mean(abs(math.tanh(2 * x) - x) for x in a))),
    ({"a": A}, "self_identity(bent, a)", each(lambda a: mean(abs(math.tanh(x) - x) for x in a))),
    ({"a": A}, "bcr(bent, a, doubled)",
     each(lambda a: sum((math.tanh(x) - math.tanh(2 * x)) ** 2 for x in a))),
    # With the states that they begin with.
    (LINE, "lecam(a, b)", each(lambda a, b: a[0] ** 2 + b[0] ** 2)),
    # Slopes: of |a|^3 / 3 it is |a| a, with the length |a|^2; of a linear function one vector, wherever it is taken.
    ({"a": A}, "r2(norm(a)^3 / 3, a)", each(lambda a: dot(a, a) ** 2)),
    ({"a": A}, "dragan(linear, a)", lambda a: (5 - 1) ** 2, CONSTANT),
    ({"a": A}, "dragan(linear, a, target = 0)", lambda a: 25, CONSTANT),
]
# Of minibatches of one.
SINGLE = [
    ({"a": A[:1], "b": B[:1]}, "mmd(a, b, widths = [1])", discrepancy("normal", [1])),
    ({"a": A[:1], "b": B[:1]}, "energy_distance(a, b)", discrepancy("distance", [1])),
    ({"a": A[:1]}, "dragan(linear, a)", lambda a: 16, CONSTANT),
]
# Random ones, between two bounds: noise of 16384 elements, points up to 0.559 above 1, 2, 3, 4, and 4000 directions.
WIDE = "broadcast(0 * a, [4096])"
DRAWN = [
    (LINE, f"zcr.generator(doubled, {WIDE}, std = 0.5)", (-1.05, -0.95), CONSTANT),
    (LINE, f"zcr.discriminator(doubled, doubled, {WIDE}, std = 0.5) / 4096", (3.8, 4.2), CONSTANT),
    ({"a": [[1.0], [2.0], [3.0], [4.0]]}, "dragan(half_square, a, target = 0)", (7.6, 10.6), CONSTANT),
    (PAIR, "sliced_wasserstein(a, a + [3, 4], directions = 4000)", (12, 13), CONSTANT),
]
FUNCTIONS = """fn doubled(x) = 2 * x
fn bent(x) = tanh(x)
fn linear(x) = 3 * x[0] - 4 * x[1]
fn half_square(x) = 0.5 * sum(x^2)
fn features(x) = (x, sum(x)^2)
"""


def evaluate(name, cases, batch, real):
    """The value, and the gradients by each input, of every case."""
    lines = [f"const batch = {batch}", FUNCTIONS, "network N() -> [] {", "param unit: [] = 1"]
    for number, (inputs, expression, _, *known) in enumerate(cases):
        body = expression if expression.startswith("{") else "= " + expression
        lines.insert(1, f"fn case{number}({', '.join(inputs)}) {body}")
        for key, rows in inputs.items():
            size = f"[{batch}, {len(rows[0])}]"
            lines += [f"param p{number}_{key}: {size} = {rows}", f"let i{number}_{key} = identity(p{number}_{key})"]
        arguments = ", ".join(f"per_sample(i{number}_{key})" for key in inputs)
        lines += [f"let v{number} = batch_mean(mean(case{number}({arguments})))",
                  f"state value{number}: [] = 0", f"value{number} <- v{number}"]
        for key, rows in ({} if known == [CONSTANT] else inputs).items():
            lines += [f"state g{number}_{key}: [{batch}, {len(rows[0])}] = 0",
                      f"g{number}_{key} <- grad(v{number}, i{number}_{key})"]
    lines += ["return unit", "}", "game g {", "player N minimizes N()^2 with sgd(lr = 0)", "}"]
    source, directory = os.path.join(scratch, name + ".agon"), os.path.join(scratch, name + ".run")
    with open(source, "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")
    binary = compile_model(source, source[:-5], "--float=" + real, "-O1")
    run([binary, "train", "--steps", "1", "--out", directory, "--quiet", "--force"])
    stored = read_safetensors(os.path.join(directory, "checkpoint.safetensors"))
    return [(stored[f"N.value{number}"][0], {key: stored[f"N.g{number}_{key}"] for key in inputs
                                               if f"N.g{number}_{key}" in stored})
            for number, (inputs, *_) in enumerate(cases)]


def differences(reference, inputs, key):
    """The slopes by each element of one input."""
    step, slopes = 1e-5, []
    for i, row in enumerate(inputs[key]):
        for j in range(len(row)):
            sides = []
            for sign in (1, -1):
                moved = {k: [list(r) for r in rows] for k, rows in inputs.items()}
                moved[key][i][j] += sign * step
                sides.append(reference(*moved.values()))
            slopes.append((sides[0] - sides[1]) / (2 * step))
    return slopes


failures = []


def check(name, cases, batch, real, tolerance):
    for case, (value, gradients) in zip(cases, evaluate(name, cases, batch, real)):
        inputs, expression, reference = case[:3]
        known = case[3] if len(case) > 3 else dict.fromkeys(inputs)
        if isinstance(reference, tuple):
            low, high = reference
            if not low < value < high:
                failures.append(f"{real}: {expression} is {value}, not between {low} and {high}")
            continue
        wanted = reference(*inputs.values())
        if not abs(value - wanted) <= tolerance * (1 + abs(wanted)):
            failures.append(f"{real}: {expression} is {value}, not {wanted}")
        for key, expected in (known or {}).items():
            if expected is None:
                expected = differences(reference, inputs, key)
            elif expected == 0:
                expected = [0] * len(gradients[key])
            else:
                expected = [v for row in expected for v in row]
            worst = max(abs(a - b) for a, b in zip(gradients[key], expected))
            if not worst <= 1e-8 + tolerance * (1 + max(map(abs, expected))):
                failures.append(f"{real}: the gradient of {expression} by {key} is {gradients[key]}, not {expected}")
        for key, gradient in gradients.items():
            if not all(map(math.isfinite, gradient)):
                failures.append(f"{real}: the gradient of {expression} by {key} is {gradient}")


for real, tolerance in (("f64", 1e-8), ("f32", 1e-5)):
    for begin in range(0, len(CASES), 12):
        check(f"batch4_{begin}_{real}", CASES[begin:begin + 12], 4, real, tolerance)
    check("batch1_" + real, SINGLE, 1, real, tolerance)
    check("drawn_" + real, DRAWN, 4, real, tolerance)
if failures:
    sys.exit("\n".join(failures))
print(len(CASES) + len(SINGLE) + len(DRAWN), "objectives are what they are defined as")
