# RUN: %python %s %root %t
"""Under `--memory` a game needs no more, says what that costs, and computes the
same bits; a budget that cannot be met names one that can."""

import json
import os
import random
import re
import sys
from concurrent.futures import ThreadPoolExecutor

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "Inputs"))
sys.dont_write_bytecode = True
from arrays import write_npy
from support import compile_model, run

# Random numbers, written states, a second derivative: all of them across the peak.
GAME = """const batch = 16
network G(z: [10]) -> [3, 16, 16] =
  z |> reshape(10, 1, 1) |> deconv(24, 4, bias = false) |> batchnorm |> relu |> dropout(0.2)
    |> deconv(17, 4, stride = 2, pad = 1, bias = false) |> batchnorm |> relu |> dropout(0.2)
    |> upsample(2) |> conv(3, 3, pad = 1) |> tanh
network D(x: [3, 16, 16]) -> [1] =
  x |> conv(12, 4, stride = 2, pad = 1, weight = spectral_norm) |> leaky_relu(0.2) |> dropout(0.3)
    |> conv(24, 4, stride = 2, pad = 1) |> instancenorm |> leaky_relu(0.2) |> channel_dropout(0.1) |> flatten
    |> dense(1)
game small {
  data  x: [3, 16, 16] in (-1, 1)
  noise z: [10] ~ normal(0, 1)
  player D minimizes E[softplus(-D(x))] + E[softplus(D(G(z)))] + 0.1 * E[sum(grad(D(x), x)^2)]
    with adam(lr = 1e-3, beta1 = 0.5)
  player G minimizes E[softplus(-D(G(z)))] with adam(lr = 1e-3, beta1 = 0.5)
  play { repeat 2 { D }; G }
  metric realness = E[sigmoid(D(G(z)))]
}
"""


def arena(binary):
    """Bytes, from the binary itself."""
    return json.loads(run([binary, "info", "--json"])[0])["arena_bytes"]


def check(path, shape, scratch, define):
    source = random.Random(3)
    count = 16
    for size in shape:
        count *= size
    name = os.path.basename(path)[:-5]
    data = os.path.join(scratch, name + ".npy")
    write_npy(data, [16, *shape], [source.uniform(-1, 1) for _ in range(count)])
    base = os.path.join(scratch, name)

    def train(binary):
        out = binary + "-run"
        run([binary, "train", "--data", "x=" + data, "--steps", "4", "--seed", "5", "--out", out, "--quiet", "--force"])
        with open(os.path.join(out, "checkpoint.safetensors"), "rb") as checkpoint, \
             open(os.path.join(out, "log.csv"), encoding="utf-8") as log:
            # All but the last column, steps_per_s.
            return checkpoint.read(), [line.rsplit(",", 1)[0] for line in log]

    free = compile_model(path, base, *define)
    expected, all_bytes = train(free), arena(free)
    refusal = run(["agonc", path, "-o", base + "-none", "--memory=1K", *define], expect=65)[1]
    assert "agonc: error: " in refusal and "expected an arena of at most 1024, got one of" in refusal, refusal
    assert "smaller batch" in refusal and "internal" not in refusal and not os.path.exists(base + "-none"), refusal
    least = re.search(r"--memory=([0-9]+)([KM]?)", refusal)
    least_bytes = int(least[1]) * {"": 1, "K": 1 << 10, "M": 1 << 20}[least[2]]
    assert least_bytes < 0.9 * all_bytes, (name, least_bytes, all_bytes)

    budgets = {int(least_bytes + share * (all_bytes - least_bytes)) for share in (0, 0.3, 0.7)}

    def compile_within(budget):
        report = f"{base}-{budget}.txt"
        binary = compile_model(path, f"{base}-{budget}", f"--memory={budget}", "--report=" + report, *define)
        return budget, binary, report

    with ThreadPoolExecutor(2) as pool:
        builds = list(pool.map(compile_within, sorted(budgets)))
    works = []
    for budget, binary, report in builds:
        assert arena(binary) <= budget, (name, budget, arena(binary))
        text = open(report, encoding="utf-8").read()
        told = re.findall(r"recomputed +([0-9]+) region", text)
        assert told and "asked for" in text, text
        works.append(sum(map(int, told)))
        assert train(binary) == expected, f"{name}: --memory={budget} changes the result"
    assert works[0] > works[-1] > 0, works
    print(f"{name}: {all_bytes / 2**20:.1f} MiB, {least_bytes / 2**20:.1f} MiB at the least; the same bits")


def main(root, scratch):
    os.makedirs(scratch, exist_ok=True)
    small = os.path.join(scratch, "small.agon")
    with open(small, "w", encoding="utf-8") as file:
        file.write(GAME)
    check(small, [3, 16, 16], scratch, [])
    check(os.path.join(root, "bench", "models", "dcgan32.agon"), [3, 32, 32], scratch, ["-D", "batch=16"])

    # An arena that fits anyway is the same program.
    first, second = os.path.join(scratch, "free.s"), os.path.join(scratch, "roomy.s")
    run(["agonc", small, "--emit=asm", "-o", first])
    run(["agonc", small, "--emit=asm", "--memory=1G", "-o", second])
    assert open(first, "rb").read() == open(second, "rb").read()
    assert "expected a value after --memory=" in run(["agonc", small, "--memory="], expect=64)[1]
    for value in ("0", "-1", "12X", "M", "1.5G", "99999999999G", "0x10M"):
        told = run(["agonc", small, "--memory=" + value], expect=64)[1]
        assert f"expected --memory=N, NK, NM or NG (bytes, KiB, MiB, GiB), got '{value}'" in told, told


main(*sys.argv[1:3])
