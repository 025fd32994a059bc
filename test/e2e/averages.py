# RUN: %python %s %t
"""Averages: what the shadow is after every iteration, by bookkeeping in plain Python on the checkpoints' weights; that
states are copied, that samples and metrics use the shadow, and that a run resumes to the same bits."""

import json
import math
import os
import shutil
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "Inputs"))
sys.dont_write_bytecode = True
from arrays import read_npy
from support import compile_model, read_safetensors, run

scratch = os.path.abspath(sys.argv[1])
shutil.rmtree(scratch, ignore_errors=True)
os.makedirs(scratch)
BATCH = 16
NETWORKS = f"""const batch = {BATCH}
optimizer polyak() {{ w <- w - g / t }}
network G(z: [3]) -> [2] = z |> dense(6) |> batchnorm(momentum = 0.3) |> relu |> dense(2)
network D(x: [2]) -> [1] = x |> dense(8) |> relu |> dense(1)
"""
GAME = """game averaged {
  data  x: [2] ~ ring()
  noise z: [3] ~ normal(0, 1)
  average G with ema(0.9)
  average G with ema(half_life = 100) as halved
  average G with ema(decay = 0.99, warmup = 0.5) as warm
  average G with polyak() as mean
  average D with ema(decay = 1 - 1 / (t + 1))
  player D minimizes E[softplus(-D(x))] + E[softplus(D(G(z)))] with adam(lr = 1e-2)
  player G minimizes E[softplus(-D(G(z)))] + 1e-3 * E[sum((G(z) - average(G)(z))^2)] with adam(lr = 1e-2)
  metric first = E[sum(G([1, 2, 3])^2)]
  metric second = E[sum(average(mean)([1, 2, 3])^2)]
  play { D; G }
}
"""
STEPS = 12
DECAYS = {
    "G": lambda t: 0.9,
    "halved": lambda t: 0.5 ** (BATCH / 100),
    "warm": lambda t: min(0.99, 0.5 ** (1 / (0.5 * t))),
    "mean": lambda t: 1 - 1 / t,
    "D": lambda t: 1 - 1 / (t + 1),
}


def path(*parts):
    return os.path.join(scratch, *parts)


def compiled(name, text, *options):
    with open(path(name + ".agon"), "w") as file:
        file.write(text)
    return compile_model(path(name + ".agon"), path(name + "".join(options)), *options)


def train(binary, out, steps, *options):
    run([binary, "train", "--steps", str(steps), "--seed", "2", "--out", path(out), "--quiet", *options])
    return read_safetensors(path(out, "checkpoint.safetensors"))


def bytes_of(*parts):
    with open(path(*parts), "rb") as file:
        return file.read()


def weights(tensors, prefix):
    return {name[len(prefix) + 1:]: value for name, value in tensors.items() if name.startswith(prefix + ".")}


def is_state(name):
    return name.rsplit(".", 1)[-1] in ("mean", "var")


def network_of(average):
    return "D" if average == "D" else "G"


def G(t, z):
    h = [t["dense_0.b"][j] + sum(v * t["dense_0.W"][6 * i + j] for i, v in enumerate(z)) for j in range(6)]
    mean, var, gamma, beta = (t["batchnorm_0." + name] for name in ("mean", "var", "gamma", "beta"))
    h = [max(0, (h[j] - mean[j]) / math.sqrt(var[j] + 1e-5) * gamma[j] + beta[j]) for j in range(6)]
    return [t["dense_1.b"][k] + sum(h[j] * t["dense_1.W"][2 * j + k] for j in range(6)) for k in range(2)]


def check(real, tolerance):
    binary = compiled("averaged", NETWORKS + GAME, f"--float={real}")
    out = "run-" + real
    tensors = train(binary, out, 0)
    shadows = {}
    for average in DECAYS:
        shadows[average] = weights(tensors, network_of(average))
        assert weights(tensors, "average." + average) == shadows[average], f"{average} does not begin as its network"
    worst = 0
    for step in range(1, STEPS + 1):
        tensors = train(binary, out, step, "--resume")
        for average, decay in DECAYS.items():
            present, found = weights(tensors, network_of(average)), weights(tensors, "average." + average)
            assert sorted(found) == sorted(present)
            for name, numbers in present.items():
                if is_state(name):
                    assert found[name] == numbers, (average, name)
                    continue
                d = decay(step)
                shadows[average][name] = [d * s + (1 - d) * w for s, w in zip(shadows[average][name], numbers)]
                scale = max(1e-3, max(abs(s) for s in shadows[average][name]))
                error = max(abs(a - b) for a, b in zip(found[name], shadows[average][name])) / scale
                assert error < tolerance, (real, step, average, name, error)
                worst = max(worst, error)
        assert tensors["step.average.G"] == [step]
    assert weights(tensors, "average.G") != weights(tensors, "G")
    print(f"{real}: shadows of {len(DECAYS)} averages after {STEPS} iterations differ by {worst:.1e}")
    # One run, in one go, gives the bits of the run in parts.
    train(binary, "whole-" + real, STEPS)
    assert bytes_of(out, "checkpoint.safetensors") == bytes_of("whole-" + real, "checkpoint.safetensors")
    with open(path(out, "log.csv")) as file:
        lines = file.read().strip().splitlines()
    row = dict(zip(lines[0].split(","), lines[-1].split(",")))
    assert lines[0] == "step,D,G,first,second,steps_per_s", lines[0]
    for metric, average in (("first", "G"), ("second", "mean")):
        expected = sum(v * v for v in G(weights(tensors, "average." + average), [1, 2, 3]))
        assert abs(float(row[metric]) - expected) < 10 * tolerance * max(1, expected), (metric, row, expected)
    return binary, out, tensors


check("f64", 1e-12)
binary, out, tensors = check("f32", 2e-6)

# Without averages the players move to the same bits: an average that no objective reads disturbs nothing.
plain = GAME.replace(" + 1e-3 * E[sum((G(z) - average(G)(z))^2)]", "")
without = "\n".join(line for line in plain.splitlines()
                    if not line.startswith("  average ") and "average(" not in line) + "\n"
one = train(compiled("plain", NETWORKS + plain), "plain-run", 9)
other = train(compiled("without", NETWORKS + without), "without-run", 9)
assert all(one[name] == values for name, values in other.items())


def drawn(binary, out, name, *options):
    run([binary, "sample", "--from", path(out), "-n", "40", "--seed", "4", "-o", path(name), "--force", *options])
    return read_npy(path(name))[1]


# What is sampled are the averaged weights, or those that were asked for.
by = {name: drawn(binary, out, name + ".npy", *(["--weights", name] if name != "default" else []))
      for name in ("default", "G", "current", "mean")}
assert by["default"] == by["G"] and len({tuple(values) for values in by.values()}) == 3
assert by["current"] == drawn(path("without"), out, "same.npy", "--accept-changes"), "the network's own weights"
evaluated = {name: json.loads(run([binary, "eval", "--from", path(out), "--json", *options])[0])["metrics"]["first"]
             for name, options in (("G", []), ("current", ["--weights", "current"]))}
for name, prefix in (("G", "average.G"), ("current", "G")):
    expected = sum(v * v for v in G(weights(tensors, prefix), [1, 2, 3]))
    assert abs(evaluated[name] - expected) < 1e-4 * expected, (name, evaluated, expected)
for name, options in (("G", []), ("mean", ["--weights", "mean"]), ("current", ["--weights", "current"])):
    told, _ = run([binary, "measure", "--from", path(out), "--metric", "sliced", "-n", "50", "--json", path("m.json"),
                   *options])
    with open(path("m.json"), encoding="utf-8") as file:
        assert json.load(file)["weights"] == name and f"G ({name} weights)" in told, told
error = run([binary, "sample", "--from", path(out), "-o", path("x.npy"), "--weights", "currant"], 64)[1]
assert "there are no weights 'currant'; did you mean current?" in error, error
# An average of a network that takes no part is an error.
for command in (["sample", "-o", path("x.npy")], ["measure", "--metric", "sliced"], ["eval"]):
    error = run([binary, *command, "--from", path(out), "--weights", "D"], 64)[1]
    assert "'D' is an average of D, which takes no part here (weights: current, G, halved, warm, mean)" in error, error
error = run([binary, "apply", "--network", "D", "--from", path(out), "-o", path("x.npy"), "--weights", "halved"], 64)[1]
assert "'halved' is an average of G, which takes no part here (weights: current, D)" in error, error

info = json.loads(run([binary, "info", "--json"])[0])
assert [(each["name"], each["network"], each["optimizer"]) for each in info["averages"]] == [
    ("G", "G", "ema(0.9)"), ("halved", "G", "ema(half_life = 100)"), ("warm", "G", "ema(decay = 0.99, warmup = 0.5)"),
    ("mean", "G", "polyak()"), ("D", "D", "ema(decay = 1 - 1 / (t + 1))")]
assert info["parameter_count"] == 6 * 4 + 12 + 14 + 8 * 3 + 9
assert "average.G.decay" in info["hyperparameters"]
assert "average halved of G with ema(half_life = 100)" in run([binary, "info"])[0]

# Its arguments can be set; what they must be is judged.
still = train(binary, "still", 5, "--set", "average.G.decay=0")
assert weights(still, "average.G") == weights(still, "G")
error = run([binary, "train", "--steps", "1", "--out", path("none"), "--set", "average.G.decay=1"], 64)[1]
assert "requires `decay >= 0 and decay < 1`, got average.G.decay = 1" in error, error

# A run goes on with an average that it had not; the shadow begins as what it follows.
shutil.copytree(path("without-run"), path("grown"))
grown = train(path("averaged--float=f32"), "grown", 10, "--resume=anyway")
for name, after in weights(grown, "G").items():
    if not is_state(name):
        for shadow, before, now in zip(grown["average.G." + name], other["G." + name], after):
            assert abs(shadow - (0.9 * before + 0.1 * now)) < 1e-6 * max(1, abs(before)), name
