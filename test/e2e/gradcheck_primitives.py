# RUN: %python %s %t
"""Gradient checks, first and second order, of every primitive as the language
reaches it, on several shapes, and of random compositions of them.

Each expression becomes a player of one game: its network's parameters a (and
b) go through the expression, and the objective is a smooth, uneven function of
the result, so that the check sees every element."""

import os
import random
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "Inputs"))
from support import compile_model, run

scratch = sys.argv[1]
os.makedirs(scratch, exist_ok=True)

# (name, shape of a, shape of b or None, expression). `p` is a made positive.
CASES = [
    ("add_broadcast", [3, 4], [4], "a + b"),
    ("sub_broadcast", [2, 1, 3], [4, 1], "a - b"),
    ("mul", [5], [5], "a * b"),
    ("div", [3, 2], [3, 2], "a / (2 + b^2)"),
    ("neg", [7], None, "-a"),
    ("pow_int", [4], None, "a^3"),
    ("pow_real", [4], None, "(1 + a^2)^1.7"),
    ("pow_both", [3], [3], "(1 + a^2)^b"),
    ("exp", [3, 3], None, "exp(a)"),
    ("log", [4], None, "log(1 + a^2)"),
    ("sqrt", [4], None, "sqrt(1 + a^2)"),
    ("tanh", [2, 3], None, "tanh(a)"),
    ("sigmoid", [5], None, "sigmoid(3 * a)"),
    ("softplus", [5], None, "softplus(3 * a)"),
    ("sin_cos", [3], None, "sin(a) * cos(a)"),
    ("erf", [3], None, "erf(a)"),
    ("erfc", [3], None, "erfc(a)"),
    ("abs", [6], None, "abs(a) * a"),
    ("elementwise_max", [6], [6], "max(a, b) * a"),
    ("elementwise_min", [6], [6], "min(a, b) * b"),
    ("relu", [9], None, "relu(a) * a"),
    ("leaky_relu", [9], None, "leaky_relu(a, slope = 0.2) * a"),
    ("elu", [9], None, "elu(a)"),
    ("gelu", [9], None, "gelu(a)"),
    ("silu", [9], None, "silu(a)"),
    ("select", [5], [5], "(if a > b then a * b else b^2)"),
    ("log_sigmoid", [5], None, "log(sigmoid(4 * a))"),
    ("log_one_minus_sigmoid", [5], None, "log(1 - sigmoid(4 * a))"),
    ("log_one_plus_exp", [5], None, "log(1 + exp(4 * a))"),
    ("softmax", [2, 5], None, "softmax(3 * a)"),
    ("log_softmax", [2, 5], None, "log_softmax(3 * a)"),
    ("log_of_softmax", [5], None, "log(softmax(3 * a))"),
    ("sum_axis", [3, 4], None, "sum(a^2, axis = 0)"),
    ("sum_last", [3, 4, 2], None, "sum(sin(a), axis = -1)"),
    ("mean_all", [3, 4], None, "mean(a^3)"),
    ("max_axis", [3, 4], None, "max(a, axis = 1) * 2"),
    ("min_axis", [3, 4], None, "min(a, axis = 0)^2"),
    ("norm", [5], None, "norm(a)"),
    ("norm_axis", [3, 5], None, "norm(a, axis = 1)"),
    ("matmul", [3, 4], [4, 2], "a @ b"),
    ("matmul_vector", [4], [4, 5], "a @ b"),
    ("matmul_batched", [2, 3, 4], [2, 4, 5], "a @ b"),
    ("reshape", [3, 4], None, "reshape(a, [2, 6])^2"),
    ("transpose", [3, 4], None, "transpose(a) @ a"),
    ("transpose_axes", [2, 3, 4], None, "transpose(a, [2, 0, 1])^2"),
    ("slice", [7], None, "a[1:5]^2"),
    ("slice_matrix", [4, 5], None, "a[1:3, 2:5]^3"),
    ("index", [4, 5], None, "a[2]^2"),
    ("concat", [3], [4], "concat(a, b)^2"),
    ("concat_axis", [3, 2], [3, 4], "concat(a, b, axis = 1)^2"),
    ("odd_sizes", [1], [1, 1], "a * b + a"),
    ("nested_grad", [3], None, "inner(a)"),
]


def weigh(expression):
    return f"sum(sin({expression} + 0.3) + 0.5 * ({expression})^2)"


def network(name, shape, other, expression):
    lines = [f"network of_{name}() -> [1] {{", f"  param a: {shape} ~ normal(0, 1)"]
    if other is not None:
        lines.append(f"  param b: {other} ~ normal(0, 1)")
    lines.append(f"  return reshape({weigh(expression)}, [1])\n}}")
    return "\n".join(lines)


def check(label, networks):
    path = os.path.join(scratch, label + ".agon")
    with open(path, "w") as file:
        file.write("const batch = 1\n")
        # A gradient inside a parameter's own function, to third order.
        file.write("fn inner(v) = grad(sum(grad(sum(v^4 + sin(v)), v)^2), v)\n")
        for name, *rest in networks:
            file.write(network(name, *rest) + "\n")
        file.write("game check {\n")
        for name, *_ in networks:
            file.write(f"  player of_{name} minimizes E[of_{name}()] with sgd(lr = 0.1)\n")
        file.write("  play { " + " & ".join("of_" + name for name, *_ in networks) + " }\n}\n")
    binary = compile_model(path, path[:-5], "--float=f64", "-O" + os.environ.get("AGON_OPT", "3"))
    output, _ = run([binary, "gradcheck", "--seed", "2"])
    assert "FAIL" not in output, output


def compositions(seed, count):
    """Random chains of 3 to 8 primitives over one vector or matrix."""
    source = random.Random(seed)
    unary = ["tanh({})", "sigmoid({})", "softplus({})", "sin({})", "exp(0.3 * tanh({}))", "log(1 + ({})^2)",
             "sqrt(1 + ({})^2)", "({})^2", "relu({})", "leaky_relu({}, slope = 0.1)", "erf({})",
             "softmax({})", "({}) - mean({})", "({}) / (1 + norm({}))", "max({}, 0.1)", "-({})", "({}) * b", "({}) + b",
             "concat(({})[1:{n}], b[0:1])", "reshape(reshape({}, [1, {n}]), [{n}])",
             "({}) @ (reshape(b, [{n}, 1]) * reshape(b, [1, {n}]))"]
    for number in range(count):
        n = source.choice([1, 2, 3, 5, 8]) + 1
        expression = "a"
        for _ in range(source.randrange(3, 9)):
            step = source.choice(unary).replace("{n}", str(n))
            if len(expression) * step.count("{}") > 4000:
                continue
            expression = step.replace("{}", expression)
        yield f"composition_{number}", [n], [n], expression


check("primitives", CASES)
seed = int(os.environ.get("AGON_SEED", "20"))
print("seed", seed)
check("compositions", list(compositions(seed, 25)))
print(len(CASES) + 25, "expressions checked")
