# RUN: %python %s %examples %t %if long %{ long %}
"""After one iteration, -O3 and the plain loops of -O0 agree to 1e-5 on every example.

In f64 tensor by tensor. In f32 network by network: a critic's difference of two
means cancels down to rounding in single entries of single biases, and RMSprop
divides by exactly that. What has no gradient but rounding, as a bias before a
normalisation, is left out: Adam divides the rounding by itself. Where f32 is
further than that from f64 (an instance norm of what hardly varies), the
optimised code must be about as near to f64 as the plain one is."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "Inputs"))
from support import compile_model, data_options, examples_in, read_safetensors, relative_distance, run, small

examples, scratch = sys.argv[1:3]
os.makedirs(scratch, exist_ok=True)


def roundings(state, share):
    """Parameters whose first moment is below a share of the greatest of their player, and their moments."""
    greatest, moments = {}, {}
    for tensor, values in state.items():
        if tensor.startswith("optimizer.") and ".m." in tensor:
            player = tensor.split(".")[1]
            moments[tensor] = (player, max(map(abs, values)))
            greatest[player] = max(greatest.get(player, 0), moments[tensor][1])
    small = {tensor.split(".m.", 1)[1] for tensor, (player, size) in moments.items() if size < share * greatest[player]}
    return {tensor for tensor in state if any(tensor == name or tensor.endswith("." + name) for name in small)}


def far(group, one, other):
    """How far the tensors of a group are apart."""
    return relative_distance([x for t in group for x in one[t]], [x for t in group for x in other[t]])


for name in examples_in(examples, sys.argv):
    exact = None
    for real in ("f64", "f32"):
        states = []
        for level in ("-O0", "-O3"):
            binary = compile_model(os.path.join(examples, name), os.path.join(scratch, name[:-5] + real + level),
                                   level, f"--float={real}", "-D", "batch=20", *small(name))
            out = binary + "-run"
            run([binary, "train", "--steps", "1", "--seed", "3", "--out", out, "--force", "--quiet",
                 *data_options(binary, scratch)])
            states.append(read_safetensors(os.path.join(out, "checkpoint.safetensors")))
        plain, fast = states
        assert plain.keys() == fast.keys()
        groups = {}
        left_out = roundings(plain, 1e-9 if real == "f64" else 1e-5)
        for tensor in plain.keys() - left_out:
            group = tensor if real == "f64" else tensor.split(".")[0]
            groups.setdefault(group, []).append(tensor)
        for group, tensors in groups.items():
            distance = far(tensors, fast, plain)
            is_rounding = real == "f32" and far(tensors, fast, exact) < 2 * far(tensors, plain, exact)
            assert distance < 1e-5 or is_rounding, f"{name} in {real}: {group} differs by {distance:.2e}"
        exact = exact or plain
        print(name, real, len(plain) - len(left_out), "tensors agree,", len(left_out), "have rounding for a gradient")
