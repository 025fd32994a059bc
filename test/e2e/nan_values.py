# RUN: %python %s %t
"""A NaN that goes into an activation or a primitive comes out of it, and an infinity becomes what the limit says: in
whole vectors and in their tails, fused and after a product, plain and optimised, in 32 and 64 bits."""

import math
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "Inputs"))
from arrays import read_npy
from support import compile_model, run

scratch = sys.argv[1]
os.makedirs(scratch, exist_ok=True)
nan, inf = math.nan, math.inf
BATCH, WIDTH = 3, 37  # vectors of 8 or 16 and a tail

# What each function makes of NaN, inf and -inf.
FUNCTIONS = {
    "relu(x)": (nan, inf, 0),
    "leaky_relu(x, 0.2)": (nan, inf, -inf),
    "elu(x)": (nan, inf, -1),
    "selu(x)": (nan, inf, -1.0507009873554805 * 1.6732632423543772),
    "sigmoid(x)": (nan, 1, 0),
    "softplus(x)": (nan, inf, 0),
    "tanh(x)": (nan, 1, -1),
    "gelu(x)": (nan, inf, nan),  # -inf * 0
    "silu(x)": (nan, inf, nan),
    "mish(x)": (nan, inf, nan),
    "clamp(x, -2, 2)": (nan, 2, -2),
    "max(x, 0)": (nan, inf, 0),
    "max(0, x)": (nan, inf, 0),
    "min(x, 0)": (nan, 0, -inf),
    "min(0, x)": (nan, 0, -inf),
    "max(x, x)": (nan, inf, -inf),
    "max(x, -inf_)": (nan, inf, -inf),
    "min(x, inf_)": (nan, inf, -inf),
    "abs(x)": (nan, inf, inf),
    "sign(x)": (nan, 1, -1),
    "floor(x)": (nan, inf, -inf),
    "ceil(x)": (nan, inf, -inf),
    "round(x)": (nan, inf, -inf),
    "exp(x)": (nan, inf, 0),
    "exp(x) - 1": (nan, inf, -1),
    "log(x)": (nan, inf, nan),
    "log(1 + x)": (nan, inf, nan),
    "sqrt(x)": (nan, inf, nan),
    "erf(x)": (nan, 1, -1),
    "erfc(x)": (nan, 0, 2),
    "sin(x)": (nan, nan, nan),
    "cos(x)": (nan, nan, nan),
    "1 / x": (nan, 0, 0),
    "0 * x": (nan, nan, nan),
    "x - x": (nan, nan, nan),
    "x + 0": (nan, inf, -inf),
    "x^2": (nan, inf, inf),
    "x^3": (nan, inf, -inf),
    "x^0.5": (nan, inf, nan),
    "x % 3": (nan, nan, nan),
    "select(x > 0, 1, x)": (nan, 1, -inf),
    "square(x)": (nan, inf, inf),
    "rsqrt(x)": (nan, 0, nan),
    "log(sigmoid(x))": (nan, 0, -inf),
    "log(1 - sigmoid(x))": (nan, -inf, 0),
    "log(1 + exp(x))": (nan, inf, 0),
    "float(label(x, 5))": (0, 4, 0),  # a label cannot be NaN: it is 0, for sure
}

# What makes NaN of the whole vector when there is one NaN in it.
WHOLE = [
    "sum(x)", "mean(x)", "max(x)", "min(x)", "norm(x)", "logsumexp(x)",
    "variance(x)", "argmax(x)", "sum(softmax(x))", "sum(log_softmax(x))",
    "sum(topk(x, 1))", "sum(sort(x))", "sum(cumsum(x, axis = 0))",
    "sum(max(reshape(x[0:36], [4, 9]), axis = 1))", "sum(max(reshape(x[0:36], [4, 9]), axis = 0))",
    "sum(min(reshape(x[0:36], [9, 4]), axis = 1))", "sum(max(reshape(x[0:35], [7, 5]), axis = 1))",
    "sum(maxpool(reshape(x[0:36], [1, 6, 6]), 2))", "sum(maxpool(reshape(x[0:36], [1, 6, 6]), 3, 1, 1))",
    "sum(avgpool(reshape(x[0:36], [1, 6, 6]), 2))", "sum(layernorm(x))", "sum(pixelnorm(x))",
    "sum(relu(dense(x, 19)))", "sum(leaky_relu(dense(x, 19), 0.2))", "sum(maxout(x, 6, 5))",
    "sum(relu(conv(reshape(x[0:36], [1, 6, 6]), 4, 3, pad = 1)))",
    "sum(grad(sum(relu(x)^2), x))", "sum(grad(sum(max(reshape(x[0:36], [4, 9]), axis = 1)^2), x))",
    "sum(grad(sum(sigmoid(x)), x))", "sum(grad(sum(softplus(x)), x))", "sum(grad(sum(tanh(x)), x))",
    "sum(grad(sum(sqrt(x)), x))", "sum(grad(norm(x), x))", "sum(grad(sum(gelu(x)), x))",
]
PLACES = (0, 11, 34)


def write(name, body, size):
    source = os.path.join(scratch, name + ".agon")
    with open(source, "w", encoding="utf-8") as file:
        file.write(f"""const batch = {BATCH}
network N(z: [{WIDTH}]) -> [{size}] {{
  param gain: [] = 1
  let zero = z - z
  let nan_ = zero / zero
  let inf_ = 1 / zero
  let at = iota({WIDTH})
{body}
}}
game g {{
  noise z: [{WIDTH}] ~ normal(0, 1)
  player N minimizes E[N(z)^2] with sgd(lr = 0.1)
}}
""")
    return source


def values(name, source, *options):
    binary = compile_model(source, os.path.join(scratch, name), *options)
    directory = binary + ".run"
    run([binary, "train", "--steps", "0", "--out", directory, "--quiet", "--force"])
    run([binary, "sample", "--from", directory, "-n", str(BATCH), "-o", binary + ".npy", "--force"])
    return read_npy(binary + ".npy")


def same(got, expected):
    return math.isnan(got) if math.isnan(expected) else got == expected or abs(got - expected) < 1e-6


# Everywhere 0.5 but for a NaN, inf and -inf in the first vector and in the tail.
special = {1: 0, 2: 1, 3: 2, 33: 0, 34: 1, 36: 2}
element = "\n".join([
    "  let x = select(at == 1 or at == 33, nan_, select(at == 2 or at == 34, inf_, "
    "select(at == 3 or at == 36, -inf_, 0.5)))",
    f"  return gain * concat({', '.join('(' + f + ') * 1' for f in FUNCTIONS)})"])
source = write("element", element, WIDTH * len(FUNCTIONS))
options = [("-O0", "f32"), ("-O3", "f32"), ("-O3", "f64"), ("--march=x86-64-v3", "f32")]
for level, real in options:
    shape, numbers = values(f"element{level}-{real}", source, level, f"--float={real}")
    assert shape == [BATCH, WIDTH * len(FUNCTIONS)], shape
    for sample in range(BATCH):
        for f, (function, limits) in enumerate(FUNCTIONS.items()):
            row = numbers[(sample * len(FUNCTIONS) + f) * WIDTH:][:WIDTH]
            for place, kind in special.items():
                assert same(row[place], limits[kind]), (level, real, function, place, row[place], limits[kind])
            others = [row[place] for place in range(WIDTH) if place not in special]
            assert all(math.isfinite(v) and abs(v - others[0]) < 1e-6 for v in others), (level, real, function, row)

whole = []
for place in PLACES:
    for expression in WHOLE:
        whole.append(expression.replace("x[", f"x{place}[").replace("x)", f"x{place})").replace("x,", f"x{place},")
                     .replace("ma" + f"x{place}", "max"))
body = "\n".join(f"  let x{place} = select(at == {place}, nan_, z)" for place in PLACES)
body += "\n  return gain * concat(" + ", ".join(f"reshape({e}, [1])" for e in whole) + ")"
source = write("whole", body, len(whole))
for level, real in options:
    _, numbers = values(f"whole{level}-{real}", source, level, f"--float={real}")
    for i, number in enumerate(numbers):
        assert math.isnan(number), (level, real, whole[i % len(whole)], number)
print(f"{len(FUNCTIONS)} functions, {len(WHOLE)} of whole tensors")
