# RUN: %python %s %t %if long %{ 1 3 %} %else %{ 3 %}
"""Gradient checks, first and second order, of the library's documented
examples, on minibatches of the sizes given: where time allows it, of 1 too.
Differences hold what stop_gradient stops, so spectral norms and
straight-through draws are checked as well."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "Inputs"))
from library_programs import programs
from support import gradient_failure

scratch = sys.argv[1]
batches = [int(size) for size in sys.argv[2:]]
os.makedirs(scratch, exist_ok=True)

# What compares samples has no meaning in a minibatch of one, and says so.
COMPARING = {"norms_batchnorm_0", "activations_batch_var_0", "minibatch_minibatch_stddev_0",
             "minibatch_minibatch_stddev_1", "minibatch_minibatch_discrimination_0", "losses_info_nce_0",
             "losses_topk_mean_1", "penalties_path_length_0", "penalties_pulling_away_0", "distances_mmd_1",
             "distances_wasserstein_0", "distances_wasserstein_1", "distances_sliced_wasserstein_0",
             "distances_sinkhorn_0", "tensors_topk_1"}


def check(job):
    name, batch, lines = job
    path = os.path.join(scratch, f"{name}_{batch}.agon")
    with open(path, "w", encoding="utf-8") as file:
        file.write(f"const batch = {batch}\n" + "\n".join(lines) + "\n")
    binary = path[:-5]
    compiled = subprocess.run(["agonc", path, "-o", binary, "--float=f64", "-O1"], capture_output=True, text=True)
    if batch == 1 and name in COMPARING:
        return None if compiled.returncode == 65 else f"{path}\ncompiles for a minibatch of one"
    if compiled.returncode:
        return f"{path}\n{compiled.stderr}"
    failure = gradient_failure(binary)
    return f"{path}\n{failure}" if failure else None


jobs = [(name, batch, lines) for name, expression, lines in programs() if expression for batch in batches]
with ThreadPoolExecutor(os.cpu_count()) as pool:
    failures = [message for message in pool.map(check, jobs) if message]
if failures:
    sys.exit("\n".join(failures) + f"\n{len(failures)} of {len(jobs)} gradients are wrong")
print(len(jobs), "examples checked")
