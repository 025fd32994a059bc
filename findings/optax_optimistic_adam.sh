#!/bin/sh
# optax 0.2.8: optimistic_adam_v2 is not Algorithm 1 of the paper that it names, unless two defaults are changed.
#
# One would expect Daskalakis et al. (2018): twice Adam's step less the one before it, which is 0 at first. What
# happens: `nesterov` is True by default (for optax.adam it is False), so that the step is Nadam's; and the first step
# counts as its own predecessor, so that it is taken once, not twice. With nesterov=False and the mark of the first step
# removed the paper's steps come out. Agon's `optimistic_adam` is the paper's (test/e2e/optimizers.py).
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv peers
peers/bin/pip install --quiet optax==0.2.8 jax==0.10.2 numpy
JAX_ENABLE_X64=1 peers/bin/python - <<'PYTHON'
import math
import sys

import jax.numpy as jnp
import optax

print(f"optax {optax.__version__}")


def gradient(w):
    return math.sin(3 * w) + w


def paper(lr=0.02, beta1=0.9, beta2=0.999, eps=1e-8):
    w, m, v, old = 1.0, 0.0, 0.0, 0.0
    for t in range(1, 21):
        g = gradient(w)
        m, v = beta1 * m + (1 - beta1) * g, beta2 * v + (1 - beta2) * g * g
        step = lr * m / (1 - beta1**t) / (math.sqrt(v / (1 - beta2**t)) + eps)
        w, old = w - 2 * step + old, step
    return w


def of_optax(first=True, **options):
    optimizer, w = optax.optimistic_adam_v2(0.02, **options), jnp.float64(1.0)
    state = optimizer.init(w)
    if not first:
        state = tuple(s._replace(is_initial_step=jnp.array(False)) if hasattr(s, "is_initial_step") else s
                      for s in state)
    for _ in range(20):
        updates, state = optimizer.update(jnp.float64(gradient(float(w))), state, w)
        w = optax.apply_updates(w, updates)
    return float(w)


expected = paper()
off = {"by default": of_optax(), "without nesterov": of_optax(nesterov=False),
       "without nesterov and the mark of the first step": of_optax(first=False, nesterov=False)}
print(f"after 20 steps from 1: {expected:.12f}")
for name, w in off.items():
    print(f"optax {name}: {w:.12f}, {abs(w - expected):.1e} off")
errors = [abs(w - expected) for w in off.values()]
if not errors[0] > 1e-3 or not errors[1] > 1e-3 or not errors[2] < 1e-12:
    sys.exit("this has changed")
PYTHON
