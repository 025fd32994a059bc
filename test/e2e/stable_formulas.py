# RUN: %python %s %t
"""Values and two derivatives of formulas whose plain evaluation overflows, cancels or meets a branch that is not taken,
and infinities of the right sign where the type cannot hold them: f-GAN's divergences from -1e4 to 1e4, smooth functions
around 0, and guards by select, max and min."""

import math
import os
import struct
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "Inputs"))
from support import compile_model, read_safetensors, run

scratch = sys.argv[1]
os.makedirs(scratch, exist_ok=True)

INF = math.inf
failures = []
# Runs end at numbers that are not finite, so the models write codes for NaN and infinity: two of a type's greatest.
CODES = {"f32": (3.39e38, 3.4e38), "f64": (1.78e308, 1.79e308)}


def single(x):
    return struct.unpack("f", struct.pack("f", x))[0]


def decoded(x, real):
    nan, inf = CODES[real]
    return math.copysign(INF, x) if abs(x) > 0.999 * inf else math.nan if x > 0.999 * nan else x


def evaluate(name, formulas, points, real):
    """For each formula, for each point, the value and two derivatives."""
    n = len(points)
    nan, inf = CODES[real]
    lines = ["const batch = 1", f"fn coded(d) = select(d == d, min(max(d, -{inf}), {inf}), {nan})"]
    bodies = [formula if formula.startswith("{") else "= " + formula for formula in formulas]
    lines += [f"fn f{i}(v) {body}" for i, body in enumerate(bodies)]
    lines += [f"network N() -> [{n}] {{", f"param w: [{n}] = [{', '.join(repr(p) for p in points)}]"]
    for i in range(len(formulas)):
        lines += [f"let v{i} = identity(w)", f"let d{i}_0 = f{i}(v{i})", f"let d{i}_1 = grad(sum(d{i}_0), v{i})",
                  f"let d{i}_2 = grad(sum(d{i}_1), v{i})"]
        lines += [f"state s{i}_{k}: [{n}] = 0\ns{i}_{k} <- coded(d{i}_{k})" for k in range(3)]
    lines += ["return w", "}", "game g {", "player N minimizes E[sum(N())] with sgd(lr = 0)", "play { N }", "}"]
    source, directory = os.path.join(scratch, name + ".agon"), os.path.join(scratch, name + ".run")
    with open(source, "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")
    binary = compile_model(source, os.path.join(scratch, name), "--float=" + real, "-O2" if real == "f32" else "-O0")
    run([binary, "train", "--steps", "1", "--out", directory, "--quiet", "--force"])
    stored = read_safetensors(os.path.join(directory, "checkpoint.safetensors"))
    return [[[decoded(stored[f"N.s{i}_{k}"][j], real) for k in range(3)] for j in range(n)]
            for i in range(len(formulas))]


def exp(x):
    return math.exp(x) if x < 709.78 else INF


def expm1(x):
    return math.expm1(x) if x < 709.78 else INF


def sigmoid(x):
    return 1 / (1 + math.exp(-x)) if x > -700 else exp(x)


def softplus(x):
    return max(x, 0) + math.log1p(math.exp(-abs(x)))


def bump(x):
    """The slope of the sigmoid."""
    return sigmoid(x) * sigmoid(-x)


def log_mean(x):
    """log((1 + exp(x)) / 2)"""
    return max(x, 0) + math.log1p(math.expm1(-abs(x)) / 2)


def elu(x, alpha=1, scale=1):
    below = scale * alpha * exp(min(x, 0))
    return (scale * x, scale, 0) if x > 0 else (scale * alpha * expm1(x), below, below)


def gelu(x):
    """x times the normal distribution function, and its derivatives, by the C library's erfc in double precision."""
    below, density = 0.5 * math.erfc(-x / math.sqrt(2)), exp(-x * x / 2) / math.sqrt(2 * math.pi)
    return x * below, below + x * density, density * (2 - x * x)


def tail(x):
    """erfc and its derivatives."""
    bell = -2 / math.sqrt(math.pi) * exp(-x * x)
    return math.erfc(x), bell, -2 * x * bell


def log1p_slope(t, t1, t2):
    """2 t / (1 + t^2) of a t with these derivatives."""
    slope, bend = 2 * (1 - t * t) / (1 + t * t)**2, 4 * t * (t * t - 3) / (1 + t * t)**3
    return 2 * t / (1 + t * t), slope * t1, bend * t1 * t1 + slope * t2


def total_variation(v):
    """tanh(v) / 2 and its derivatives."""
    t, slope = math.tanh(v), 4 * bump(2 * v)
    return t / 2, slope / 2, -t * slope


def jeffrey(t):
    """exp(-y) - 1 - y where y + exp(y) = 1 - t, by bisection."""
    low, high = (1 - t - exp(min(1 - t, 700)) if t > 0 else 0), (0 if t > 0 else math.log1p(-t))
    for _ in range(2000):
        y = (low + high) / 2
        if y in (low, high):
            break
        low, high = (low, y) if y + expm1(y) + t > 0 else (y, high)
    # A last step by Newton's method, exact around 0.
    y -= (y + expm1(y) + t) / (1 + exp(y))
    u = exp(-y)
    return expm1(-y) - y, u, u / (1 + exp(y)) if u < INF else INF


def alpha_activation(alpha):
    q = 1 - alpha
    return lambda v: (-expm1(-q * v) / q, exp(-q * v), -q * exp(-q * v)) if q > 0 else (v, 1, 0)


def alpha_pair(alpha):
    """The conjugate of alpha_activation(v)."""
    def below(v):
        return v if alpha == 0 else expm1(alpha * v) / alpha, exp(alpha * v), alpha * exp(alpha * v)

    def above(v):
        c = alpha - 1
        if c * v <= -1:
            return -1 / alpha, 0, 0
        u = math.log1p(c * v)
        return expm1(alpha / c * u) / alpha, exp(u / c), exp(u / c - u)
    return below if alpha < 1 else above if alpha > 1 else lambda v: (expm1(v), exp(v), exp(v))


ALPHAS = (-3, -1, -0.4, 0, 0.3, 0.5, 0.9, 1, 1.01, 1.5, 2, 3)

# formula -> value, slope, second derivative
EXACT = {
    "fgan.kl.activation(v)": lambda v: (v, 1, 0),
    "fgan.reverse_kl.activation(v)": lambda v: (-exp(-v), exp(-v), -exp(-v)),
    "fgan.pearson.activation(v)": lambda v: (v, 1, 0),
    "fgan.squared_hellinger.activation(v)": lambda v: (-expm1(-v), exp(-v), -exp(-v)),
    "fgan.js.activation(v)": lambda v: (-log_mean(-v), sigmoid(-v), -bump(v)),
    "fgan.gan.activation(v)": lambda v: (-softplus(-v), sigmoid(-v), -bump(v)),
    "fgan.kl.conjugate(fgan.kl.activation(v))": lambda v: (exp(v - 1), exp(v - 1), exp(v - 1)),
    "fgan.reverse_kl.conjugate(fgan.reverse_kl.activation(v))": lambda v: (v - 1, 1, 0),
    "fgan.pearson.conjugate(fgan.pearson.activation(v))": lambda v: (v * v / 4 + v, v / 2 + 1, 0.5),
    "fgan.squared_hellinger.conjugate(fgan.squared_hellinger.activation(v))": lambda v: (expm1(v), exp(v), exp(v)),
    "fgan.js.conjugate(fgan.js.activation(v))": lambda v: (log_mean(v), sigmoid(v), bump(v)),
    "fgan.gan.conjugate(fgan.gan.activation(v))": lambda v: (softplus(v), sigmoid(v), bump(v)),
    "fgan.neyman.activation(v)": lambda v: (-expm1(-v), exp(-v), -exp(-v)),
    "fgan.neyman.conjugate(fgan.neyman.activation(v))":
        lambda v: (-2 * expm1(-v / 2), exp(-v / 2), -exp(-v / 2) / 2),
    "fgan.jeffrey.activation(v)": lambda v: (v, 1, 0),
    "fgan.jeffrey.conjugate(fgan.jeffrey.activation(v))": jeffrey,
    "fgan.total_variation.activation(v)": total_variation,
    "fgan.total_variation.conjugate(fgan.total_variation.activation(v))": total_variation,
    **{f"fgan.alpha.activation(v, {a})": alpha_activation(a) for a in ALPHAS},
    **{f"fgan.alpha.conjugate(fgan.alpha.activation(v, {a}), {a})": alpha_pair(a) for a in ALPHAS},
    # The same formulas written in other ways.
    "sqrt(exp(v))": lambda v: (exp(v / 2), exp(v / 2) / 2, exp(v / 2) / 4),
    "1 - log(1 / sigmoid(v))": lambda v: (1 - softplus(-v), sigmoid(-v), -bump(v)),
    "v + exp(v) - 1": lambda v: (v + expm1(v), 1 + exp(v), exp(v)),
    "2 * exp(v) - 2": lambda v: (2 * expm1(v), 2 * exp(v), 2 * exp(v)),
    "flatten(reshape(exp(v), [-1, 1]) - 1)": lambda v: (expm1(v), exp(v), exp(v)),
    "sigmoid(v) / (1 - sigmoid(v))": lambda v: (exp(v), exp(v), exp(v)),
    "3 / exp(v)": lambda v: (3 * exp(-v), -3 * exp(-v), 3 * exp(-v)),
    "log(1 + v * v)": lambda v: (math.log1p(v * v), 2 * v / (1 + v * v), 2 * (1 - v * v) / (1 + v * v)**2),
    "log(1 - 0.5 * sigmoid(v) + 0.5 * sigmoid(v))": lambda v: (0, 0, 0),
    "log(0.5 + 0.5 * exp(v))": lambda v: (log_mean(v), sigmoid(v), bump(v)),
    # A derivative with respect to a value in the midst of a formula is of what is written, not of what it becomes.
    "{ let p = exp(v); return grad(sum(p - 1), p) }": lambda v: (1, 0, 0),
    "{ let p = -v; return grad(sum((-p)^2), p) }": lambda v: (-2 * v, -2, 0),
    "{ let t = fgan.gan.activation(v); return grad(sum(t^2 + log(t^2 + 1)), t) - 2 * t }":
        lambda v: log1p_slope(-softplus(-v), sigmoid(-v), -bump(v)),
    "elu(v)": elu,
    "selu(v)": lambda v: elu(v, 1.6732632423543772, 1.0507009873554805),
    "elu(v, alpha = 0.5)": lambda v: elu(v, 0.5),
    "gelu(v)": gelu,
    "0.5 * v * (1 + erf(v / sqrt(2)))": gelu,
    "erfc(v)": tail,
    "1 - erf(v)": tail,
}
# Where a difference of the true terms is small, what is left of an exact value is not: |error| <= this * |terms|.
TERMS = {
    "fgan.pearson.conjugate(fgan.pearson.activation(v))": lambda v: (0, 1, 0),
    "log(1 + v * v)": lambda v: (0, 0, 2 / (1 + v * v)),
    "{ let t = fgan.gan.activation(v); return grad(sum(t^2 + log(t^2 + 1)), t) - 2 * t }":
        lambda v: (2 * softplus(-v), 4, 8),
    "log(1 - 0.5 * sigmoid(v) + 0.5 * sigmoid(v))": lambda v: (1, 1, 1),
    "1 - log(1 / sigmoid(v))": lambda v: (1, 0, 0),
}
# Where a factor below 1 comes after an exponential, that overflows before its product does: by this factor.
BEFORE = {"sqrt(exp(v))": 4, "fgan.neyman.conjugate(fgan.neyman.activation(v))": 2, "fgan.alpha.activation(v, -1)": 2,
          "fgan.alpha.activation(v, -3)": 4, "fgan.alpha.activation(v, -0.4)": 1.4,
          "fgan.alpha.conjugate(fgan.alpha.activation(v, 0.9), 0.9)": 1 / 0.9,
          "fgan.alpha.activation(v, 0.5)": 2, "fgan.alpha.conjugate(fgan.alpha.activation(v, 0.5), 0.5)": 2}
for formula, function in EXACT.items():
    # In f64 alone: the rounding of v / sqrt(2) and of its square, of which the exponential makes v^2 as much.
    if function is gelu:
        TERMS[formula] = lambda v: [2 * x if abs(v) > 20 else 0 for x in gelu(v)]


def check_range(real):
    sizes = [10**(e / 4) for e in range(-40, 17)] + [0.5 * i for i in range(1, 241)] + [18, 88.5, 708.5, 711, 745.2]
    points = sorted({single(s * x) for x in sizes for s in (1, -1)} | {0.0})
    # Subnormals are flushed to 0, also before a factor makes them normal.
    tolerance, least, greatest = (1e-5, 6e-38, 3.4028e38) if real == "f32" else (1e-13, 1e-300, 1.7976e308)
    results = evaluate("range_" + real, list(EXACT), points, real)
    for (formula, exact), rows in zip(EXACT.items(), results):
        for v, row in zip(points, rows):
            terms = TERMS.get(formula, lambda v: (0, 0, 0))(v)
            for order, (got, want, term) in enumerate(zip(row, exact(v), terms)):
                bound = tolerance * (abs(want) + abs(term)) + least
                good = abs(got - want) <= bound
                if abs(want) > 1.001 * greatest:
                    good = got == math.copysign(INF, want)
                elif abs(want) * BEFORE.get(formula, 1.01) > greatest:
                    good = good or got == math.copysign(INF, want)
                if not good:
                    failures.append(f"{real}: {formula}, derivative {order}, at {v}: {got}, not {want}")


# A guard, and at a few points the value, the slope and the second derivative.
E4 = math.exp(4)
GUARDS = [
    ("select(v > 0, sqrt(v), v)", {-4: (-4, 1, 0), 0: (0, 1, 0), 4: (2, 0.25, -1 / 32)}),
    ("select(v > 0, log(v), v)", {-4: (-4, 1, 0), 0: (0, 1, 0), 4: (math.log(4), 0.25, -1 / 16)}),
    ("if v > 0 then 1 / v else v^2", {0: (0, 0, 2), -4: (16, -8, 2), 4: (0.25, -1 / 16, 1 / 32)}),
    ("select(v > 0, v^1.5, 3)", {-4: (3, 0, 0), 0: (3, 0, 0), 4: (8, 3, 0.375)}),
    ("select(v > 0, v^v, 1)", {-4: (1, 0, 0), 0: (1, 0, 0), 1: (1, 1, 2)}),
    ("select(v < 10, exp(v), v)", {1e10: (1e10, 1, 0), 4: (E4, E4, E4)}),
    ("select(v < 10, v^4 * v, v)", {1e10: (1e10, 1, 0), 1: (1, 5, 20)}),
    ("select(v == 0, 1, sin(v) / v)", {0: (1, 0, 0), 1: (0.8414709848, -0.3011686789, -0.2391336269)}),
    ("where(v > 1, log(log(v)), v)",
     {-4: (-4, 1, 0), 0: (0, 1, 0), 1: (1, 1, 0), 4: (0.3266342597, 0.1803368801, -0.0776056105)}),
    ("select(v > 0, exp(-1 / v), 0)", {-4: (0, 0, 0), 0: (0, 0, 0), 1: (math.exp(-1), math.exp(-1), -math.exp(-1))}),
    ("select(v > 0, tanh(1 / v), 0)", {0: (0, 0, 0), -4: (0, 0, 0)}),
    # Conditions that hold together, in either order, and branches with much in common.
    ("select(v > 0, select(v > 2, sqrt(v - 2), log(v)), -v)",
     {-4: (4, -1, 0), 0: (0, -1, 0), 1: (0, 1, -1), 3: (1, 0.5, -0.25)}),
    ("select(v > -5, select(v > 0, log(v), v), v)", {-4: (-4, 1, 0), 0: (0, 1, 0), 4: (math.log(4), 0.25, -1 / 16)}),
    ("select(v > 0, sqrt(v), 0) + select(v < 0, sqrt(-v), 0)",
     {-4: (2, -0.25, -1 / 32), 0: (0, 0, 0), 4: (2, 0.25, -1 / 32)}),
    ("select(v > 0, 2 * exp(v), exp(v))", {0: (1, 1, 1), 4: (2 * E4, 2 * E4, 2 * E4)}),
    # The condition is made of what it guards.
    ("select(1 / v > 0, log(1 / v), v)", {-4: (-4, 1, 0), 4: (-math.log(4), -0.25, 1 / 16)}),
    # Through changes of shape, sums, and a sum that is also used elsewhere.
    ("select(v > 0, flatten(transpose(reshape(log(v), [1, -1]))), v)",
     {-4: (-4, 1, 0), 4: (math.log(4), 0.25, -1 / 16)}),
    ("select(v > 0, concat(log(v)[0:1], log(v)[1:]), v)", {-4: (-4, 1, 0), 4: (math.log(4), 0.25, -1 / 16)}),
    ("select(v > 0, reverse(log(reverse(v, axis = 0)), axis = 0), v)",
     {-4: (-4, 1, 0), 4: (math.log(4), 0.25, -1 / 16)}),
    ("select(v > 0, sum(stack(log(v), log(v), axis = 0), axis = 0), v)",
     {-4: (-4, 1, 0), 4: (2 * math.log(4), 0.5, -1 / 8)}),
    # Extrema choose, too.
    ("log(max(v, 0.001))", {-4: (math.log(0.001), 0, 0), 4: (math.log(4), 0.25, -1 / 16)}),
    ("max(log(max(v, 0)), -5)", {-4: (-5, 0, 0), 0: (-5, 0, 0), 4: (math.log(4), 0.25, -1 / 16)}),
    ("clamp(log(v^2), -2, 2)", {0: (-2, 0, 0), 1: (0, 2, -2), 4: (2, 0, 0)}),
    ("min(exp(v), 10)", {1e10: (10, 0, 0), 4: (10, 0, 0), 1: (math.e, math.e, math.e)}),
    ("max(stack(log(max(v, 0)), 0 * v - 9, axis = 0), axis = 0)",
     {-4: (-9, 0, 0), 0: (-9, 0, 0), 4: (math.log(4), 0.25, -1 / 16)}),
    # What is taken is not masked.
    ("select(v > -2, log(v), v)", {-4: (-4, 1, 0), 0: (-INF, INF, -INF), 1: (0, 1, -1)}),
    ("select(v < 5, sqrt(v), 0)", {-4: (math.nan, math.nan, math.nan), 100: (0, 0, 0)}),
    ("max(log(v), -5)", {-4: (math.nan,)}),
]


def check_guards(real):
    points = sorted({float(v) for _, at in GUARDS for v in at})
    for begin in range(0, len(GUARDS), 10):
        part = GUARDS[begin:begin + 10]
        results = evaluate(f"guards_{real}_{begin}", [formula for formula, _ in part], points, real)
        for (formula, expected), rows in zip(part, results):
            for v, wants in expected.items():
                for order, (got, want) in enumerate(zip(rows[points.index(v)], wants)):
                    same = math.isnan(got) if math.isnan(want) else got == want or abs(got - want) <= 2e-6 * abs(want)
                    if not same:
                        failures.append(f"{real}: {formula}, derivative {order}, at {v}: {got}, not {want}")


for real in ("f32", "f64"):
    check_range(real)
    check_guards(real)
if failures:
    sys.exit("\n".join(failures))
