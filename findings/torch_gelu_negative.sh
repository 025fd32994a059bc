#!/bin/sh
# PyTorch 2.15.0: gelu of negative numbers in f32, beside JAX 0.10.2.
#
# One would expect a few units in the last place, as of tanh or sigmoid: the true values are well within f32. What
# happens: PyTorch multiplies with 1 + erf(x / sqrt(2)), where erf is nearly -1, so 4 % of the value at -5 and 57 % at
# -5.5 is rounding, and from -6 on it is -0. JAX's exact form multiplies with erfc(-x / sqrt(2)) and keeps its digits.
# Agon's library does the same, with an erfc of its own in f32 (test/e2e/stable_formulas.py,
# test/unit/cpu/MathTest.cpp).
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv peers
peers/bin/pip install --quiet torch==2.15.0 jax==0.10.2 numpy
peers/bin/python - <<'PYTHON'
import math
import sys

import jax
import jax.numpy as jnp
import torch

print(f"torch {torch.__version__}, jax {jax.__version__}")
wrong = {}
for x in (-2.0, -4.0, -5.0, -5.5, -6.0):
    true = 0.5 * x * math.erfc(-x / math.sqrt(2))
    ours = {"torch": torch.nn.functional.gelu(torch.tensor(x)).item(),
            "jax": float(jax.nn.gelu(jnp.float32(x), approximate=False))}
    wrong[x] = {name: abs(value / true - 1) for name, value in ours.items()}
    print(f"gelu({x}) = {true:.6e}",
          *(f" {name} {value:.6e} ({wrong[x][name]:.1e} off)" for name, value in ours.items()))
same = wrong[-5.0]["torch"] > 0.03 and wrong[-5.5]["torch"] > 0.5 and wrong[-6.0]["torch"] == 1
if not same or any(error["jax"] > 1e-5 for error in wrong.values()):
    sys.exit("this has changed")
PYTHON
