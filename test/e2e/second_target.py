# RUN: %python %s %examples %t
# RUN: agonc-scalar %examples/ring.agon --target=scalar --emit=planned -o - | FileCheck %s
# RUN: not agonc %examples/ring.agon --target=scalar -o %t/x 2>&1 | FileCheck %s --check-prefix=UNKNOWN
"""A target that no room of the compiler names (test/unit/target) compiles games: after three iterations each tensor is
what -O0 makes on the CPU, to 1e-9 in f64.

UNKNOWN: agonc: error: expected --target=cpu or cuda, got 'scalar'
CHECK: agon.target = #agon.target<"scalar"
CHECK: agon.region contraction
CHECK-NOT: plan =
"""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "Inputs"))
from support import data_options, read_safetensors, relative_distance, run

examples, scratch = sys.argv[1:3]
os.makedirs(scratch, exist_ok=True)
for name in ("ring", "dcgan_mnist", "wgan_gp"):
    states = []
    for compiler, options in (("agonc", ["-O0"]), ("agonc-scalar", ["--target=scalar"])):
        binary = os.path.join(scratch, f"{name}-{compiler}")
        run([compiler, os.path.join(examples, f"{name}.agon"), "-o", binary, "--float=f64", "-D", "batch=4", *options])
        run([binary, "train", "--steps", "3", "--seed", "3", "--out", binary + "-run", "--force", "--quiet",
             *data_options(binary, scratch)])
        states.append(read_safetensors(os.path.join(binary + "-run", "checkpoint.safetensors")))
    cpu, scalar = states
    assert cpu.keys() == scalar.keys()
    for tensor in cpu:
        distance = relative_distance(scalar[tensor], cpu[tensor])
        assert distance < 1e-9, f"{name}: {tensor} differs by {distance:.2e}"
    print(name, len(cpu), "tensors agree")
