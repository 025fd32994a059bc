# RUN: %python %s %examples %t
"""After one iteration, -O3 and the plain loops of -O0 agree to 1e-5 on every example."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "Inputs"))
from support import compile_model, data_options, read_safetensors, relative_distance, run

examples, scratch = sys.argv[1:3]
os.makedirs(scratch, exist_ok=True)
names = sorted(name for name in os.listdir(examples) if name.endswith(".agon"))
assert len(names) >= 7, names
for name in names:
    states = []
    for level in ("-O0", "-O3"):
        binary = compile_model(os.path.join(examples, name), os.path.join(scratch, name[:-5] + level), level,
                               "-D", "batch=20")
        out = binary + "-run"
        run([binary, "train", "--steps", "1", "--seed", "3", "--out", out, "--force", "--quiet",
             *data_options(binary, scratch)])
        states.append(read_safetensors(os.path.join(out, "checkpoint.safetensors")))
    plain, fast = states
    assert plain.keys() == fast.keys()
    for tensor in plain:
        distance = relative_distance(fast[tensor], plain[tensor])
        assert distance < 1e-5, f"{name}: {tensor} differs by {distance:.2e}"
    print(name, len(plain), "tensors agree")
