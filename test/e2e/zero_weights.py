# RUN: %python %s %t
"""Spectral and weight norm of zero weights: the value is 0, derivatives of
both orders are finite and right, and what is next to zero is not magnified."""

import math
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "Inputs"))
from support import compile_model, gradient_failure, read_safetensors, run

scratch = sys.argv[1]
os.makedirs(scratch, exist_ok=True)

GEOMETRIES = {"dense": ("[3]", "[4]", "dense(4, init = {}, weight = {})"),
              "conv": ("[2, 3, 4]", "[4, 2, 2]", "conv(4, (2, 3), groups = 2, init = {}, weight = {})"),
              "deconv": ("[4, 2, 1]", "[6, 3, 1]", "deconv(6, (2, 1), groups = 2, init = {}, weight = {})")}
# A weight as it is, with the draws of a spectral norm.
KEPT = """layer kept(W: [..s], axis = if len(s) == 2 then 1 else 0) -> [..s] {
  state u: [s[axis]] ~ normal(0, 1)
  return W + 0 * sum(u)
}
"""
SLOPES = " + E[(norm(grad(sum(sin(N(x) + 0.3)), x)) - 1)^2]"


def model(name, geometry, init, weight, penalty, *options):
    x, y, layer = GEOMETRIES[geometry]
    # A weight norm refuses an initialiser of zeros, whose weights would stay there.
    item = f"  init N.{geometry}_0.W = zeros\n" if (init, weight) == ("zeros", "weight_norm") else ""
    init = "he_normal" if item else init
    source = os.path.join(scratch, name + ".agon")
    with open(source, "w", encoding="utf-8") as file:
        file.write(f"const batch = 3\n{KEPT}network N(x: {x}) -> {y} {{\n  param scale: [] = 1.3\n"
                   f"  return scale * (x |> {layer.format(init, weight)})\n}}\n"
                   f"game g {{\n  noise x: {x} ~ normal(0, 1)\n{item}"
                   f"  player N minimizes E[mean((N(x) - 1)^2)]{penalty} with sgd(lr = 0.1)\n}}\n")
    return compile_model(source, source[:-5], *options)


def trained(binary, steps):
    """The objective of each step, and the parameters after the last."""
    directory = binary + ".run"
    run([binary, "train", "--steps", str(steps), "--out", directory, "--quiet", "--force", "--seed", "3"])
    with open(os.path.join(directory, "log.csv"), encoding="utf-8") as file:
        lines = [line.split(",") for line in file.read().splitlines()]
    column = lines[0].index("N")
    weights = read_safetensors(os.path.join(directory, "checkpoint.safetensors"))
    return [float(line[column]) for line in lines[1:]], weights


for geometry in GEOMETRIES:
    W = f"N.{geometry}_0.W"
    _, plain = trained(model(f"{geometry}_plain", geometry, "zeros", "kept", "", "--float=f64"), 1)
    for weight in ("spectral_norm", "weight_norm"):
        for order, penalty in (("first", ""), ("second", SLOPES)):
            binary = model(f"{geometry}_{weight}_{order}", geometry, "zeros", weight, penalty, "--float=f64")
            failure = gradient_failure(binary)
            assert failure is None, failure
            # All outputs are 0, and so are their slopes.
            objectives, after = trained(binary, 1)
            assert objectives == [2 if penalty else 1], objectives
            assert all(math.isfinite(v) for values in after.values() for v in values), after
            if weight == "spectral_norm" and not penalty:
                # Zero weights are left alone, and so is their derivative; u is not lost.
                worst = max(abs(a - b) for a, b in zip(after[W], plain[W]))
                assert worst < 1e-12 and any(plain[W]), worst
                u = after[f"N.{geometry}_0.spectral_norm_0.u"]
                assert abs(math.sqrt(sum(v * v for v in u)) - 1) < 1e-12, u
            if weight == "weight_norm":
                # A length of 0 times any direction, and any length times none.
                assert not any(after[W]) and not any(after[f"N.{geometry}_0.weight_norm_0.g"]), after
        # In f32 the squares of the smallest are 0.
        for size in ("1e-8", "1e-14", "1e-18", "1e-30"):
            binary = model(f"{geometry}_{weight}_{size[3:]}", geometry, f"normal(0, {size})", weight, SLOPES)
            objectives, after = trained(binary, 1)
            assert objectives[0] < 30, (geometry, weight, size, objectives)
            assert all(math.isfinite(v) for name, values in after.items() if not name.endswith("W") for v in values)
    print(geometry)
