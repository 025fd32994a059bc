#!/bin/sh
# PyTorch 2.15.0: the steps of torch.optim.Muon have two digits, also for parameters in f64.
#
# One would expect what the other optimisers do: arithmetic in the parameter's type. What happens: the five steps of
# Newton and Schulz run in bfloat16 whatever the type is, and a step in f64 is away from the formula by 4 % of its
# greatest element. The same code with torch.float64 in its place gives 15 digits. Agon's `muon` computes in the
# parameter's type (test/e2e/optimizers.py).
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv peers
peers/bin/pip install --quiet torch==2.15.0 numpy
peers/bin/python - <<'PYTHON'
import sys
import types

import torch
from torch.optim import _muon

print(f"torch {torch.__version__}")
torch.set_default_dtype(torch.float64)
G = torch.sin(torch.arange(48.0) ** 2).reshape(6, 8)


def step(muon):
    """What the optimizer takes off a parameter of 0 whose gradient is G, at a rate of 1."""
    W = torch.zeros(6, 8, requires_grad=True)
    W.grad = G.clone()
    muon([W], lr=1.0, weight_decay=0.0, momentum=0.0, eps=1e-30).step()
    return -W.detach()


expected = G / G.norm()
for _ in range(5):
    A = expected @ expected.T
    expected = 3.4445 * expected + (-4.7750 * A + 2.0315 * A @ A) @ expected
wide = types.ModuleType("torch.optim.wide")
sys.modules[wide.__name__] = wide
with open(_muon.__file__) as file:
    exec(file.read().replace("torch.bfloat16", "torch.float64"), wide.__dict__)
off = {name: float((step(muon) - expected).abs().max() / expected.abs().max())
       for name, muon in (("as it is", torch.optim.Muon), ("with float64 for bfloat16", wide.Muon))}
for name, error in off.items():
    print(f"Muon in f64, {name}: {error:.1e} away from the formula")
if not off["as it is"] > 1e-3 or not off["with float64 for bfloat16"] < 1e-12:
    sys.exit("this has changed")
PYTHON
