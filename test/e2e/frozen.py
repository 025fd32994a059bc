# RUN: %python %s %t
"""Networks whose weights are read from files: nothing of a frozen one moves, and it computes to the bit what it
computes where it came from, in training too; one that is only begun so is trained on; runs resume without the files."""

import json
import math
import os
import shutil
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "Inputs"))
sys.dont_write_bytecode = True
from arrays import write_npy
from support import compile_model, gradient_failure, read_safetensors, run, write_safetensors

scratch = os.path.abspath(sys.argv[1])
shutil.rmtree(scratch, ignore_errors=True)
os.makedirs(os.path.join(scratch, "models", "runs"))
BODY = """z |> dense(6) |> batchnorm(momentum = 0.3) |> relu |> dropout(0.4) |> reshape(1, 2, 3)
    |> conv(2, (1, 2), weight = spectral_norm) |> batchnorm |> tanh |> flatten |> dense(2)"""
FIRST = f"""const batch = 16
network G(z: [3]) -> [2] = {BODY}
network D(x: [2]) -> [1] = x |> dense(8) |> relu |> dense(1)
game first {{
  data x: [2] ~ ring()
  noise z: [3] ~ normal(0, 1)
  player D minimizes E[softplus(-D(x))] + E[softplus(D(G(z)))] with adam()
  player G minimizes E[softplus(-D(G(z)))] with adam()
  play {{ D; G }}
}}
"""
# F in a game with more draws before it; gradients pass through it to H, whatever else is applied to it.
SECOND = f"""const batch = 16
network F(z: [3]) -> [2] = {BODY}
network H(w: [3]) -> [3] = w |> dense(4) |> tanh |> dense(3)
network K(z: [3]) -> [2] = {BODY}
game second {{
  data  c: [3]
  noise u: [2] ~ uniform(0, 1)
  noise z: [3] ~ normal(0, 1)
  frozen F from "runs/first" as G
  init K from "runs/first/checkpoint.safetensors" as G
  player H minimizes E[sum(F(H(c))^2)] with sgd(lr = 0.1)
  player K minimizes E[sum((K(z) - F(z))^2)] + 0 * E[sum(u)] with sgd(lr = 0.1)
  metric size = E[sum(F(c)^2)]
  play {{ H; K }}
}}
"""


def path(*parts):
    return os.path.join(scratch, *parts)


def compiled(name, text, *options):
    with open(path("models", name + ".agon"), "w") as file:
        file.write(text)
    return compile_model(path("models", name + ".agon"), path(name + "".join(options)), *options)


def bytes_of(file):
    with open(file, "rb") as opened:
        return opened.read()


def tensors_of(directory):
    return read_safetensors(path(directory, "checkpoint.safetensors"))


def weights(tensors, network):
    return {name[len(network) + 1:]: value for name, value in tensors.items() if name.startswith(network + ".")}


def shapes(binary, network):
    info = json.loads(run([binary, "info", "--json"])[0])
    entry = next(each for each in info["networks"] if each["name"] == network)
    return {each["name"]: each["shape"] for each in entry["parameters"] + entry["states"]}


CONSTANTS = [[math.sin(3 * i + j) for j in range(3)] for i in range(16)]
write_npy(path("c.npy"), (16, 3), [v for row in CONSTANTS for v in row])
DATA = ["--data", f"c={path('c.npy')}"]

first = compiled("first", FIRST)
run([first, "train", "--steps", "40", "--seed", "3", "--out", path("models", "runs", "first"), "--quiet"])
origin = read_safetensors(path("models", "runs", "first", "checkpoint.safetensors"))
second = compiled("second", SECOND)


def train(binary, out, steps, *options, expect=0):
    return run([binary, "train", "--steps", str(steps), "--seed", "7", "--out", path(out), "--quiet", *DATA, *options],
               expect)[1]


# Nothing moves, states included; what is only begun from a file does.
train(second, "whole", 30, "--checkpoint-every", "10")
whole = tensors_of("whole")
assert weights(whole, "F") == weights(origin, "G")
assert sorted(weights(whole, "K")) == sorted(weights(origin, "G"))
assert all(values != weights(origin, "G")[name] for name, values in weights(whole, "K").items())
assert "step.F" not in whole and not any(name.startswith("optimizer") and ".F." in name for name in whole)

# What it samples are the bits that its origin samples.
run([first, "sample", "--from", path("models", "runs", "first"), "-n", "50", "--seed", "5", "-o", path("g.npy")])
run([second, "sample", "--from", path("whole"), "--network", "F", "-n", "50", "--seed", "5", "-o", path("f.npy")])
assert bytes_of(path("g.npy")) == bytes_of(path("f.npy"))

# What was read is told.
record = json.load(open(path("whole", "run.json")))["weights"]
assert [(each["network"], each["name"]) for each in record] == [("F", "G"), ("K", "G")], record
assert record[0]["path"] == path("models", "runs", "first") and record[0]["content"] == record[1]["content"], record
info = json.loads(run([second, "info", "--json"])[0])
assert {each["name"]: (each["frozen"], each["weights"] and each["weights"]["name"], each["player"])
        for each in info["networks"]} == {"F": (True, "G", None), "H": (False, None, "H"), "K": (False, "G", "K")}
assert f"frozen, from {path('models', 'runs', 'first')} as G" in run([second, "info"])[0]

# In turns it computes what it computes in sampling: the first objective is what Python makes of the running statistics.
wide = compiled("second", SECOND, "--float=f64")


def dense(tensors, layer, rows):
    W, b = tensors[layer + ".W"], tensors[layer + ".b"]
    return [[b[j] + sum(v * W[i * len(b) + j] for i, v in enumerate(row)) for j in range(len(b))] for row in rows]


def normalised(tensors, layer, rows, channels):
    """The channels lead."""
    mean, var, gamma, beta = (tensors[f"{layer}.{name}"] for name in ("mean", "var", "gamma", "beta"))
    each = len(rows[0]) // channels
    return [[(v - mean[k // each]) / math.sqrt(var[k // each] + 1e-5) * gamma[k // each] + beta[k // each]
             for k, v in enumerate(row)] for row in rows]


def F(t, rows):
    rows = normalised(t, "batchnorm_0", dense(t, "dense_0", rows), 6)
    rows = [[max(v, 0) for v in row] for row in rows]
    W = [t["conv_0.W"][0:2], t["conv_0.W"][2:4]]
    length = math.sqrt(sum(v * v for v in t["conv_0.spectral_norm_0.u"])) + 1e-12
    u = [v / length for v in t["conv_0.spectral_norm_0.u"]]
    v = [sum(u[o] * W[o][i] for o in range(2)) for i in range(2)]
    length = math.sqrt(sum(e * e for e in v)) + 1e-12
    v = [e / length for e in v]
    sigma = sum(u[o] * W[o][i] * v[i] for o in range(2) for i in range(2))
    images = [[t["conv_0.b"][o] + sum(W[o][k] / sigma * row[3 * y + x + k] for k in range(2))
               for o in range(2) for y in range(2) for x in range(2)] for row in rows]
    return dense(t, "dense_1", [[math.tanh(e) for e in row] for row in normalised(t, "batchnorm_1", images, 2)])


train(wide, "wide", 0)
initial = tensors_of("wide")
train(wide, "wide", 1, "--resume")
h = [[math.tanh(v) for v in row] for row in dense(weights(initial, "H"), "dense_0", CONSTANTS)]
h = dense(weights(initial, "H"), "dense_1", h)
last = open(path("wide", "log.csv")).read().strip().splitlines()
row = dict(zip(last[0].split(","), last[-1].split(",")))
row["size"] = json.loads(run([wide, "eval", "--from", path("wide"), "--json"])[0])["metrics"]["size"]
for name, inputs in (("H", h), ("size", CONSTANTS)):
    expected = sum(v * v for sample in F(weights(initial, "F"), inputs) for v in sample) / 16
    assert abs(float(row[name]) - expected) < 1e-9 * expected, (name, row, expected)
assert weights(initial, "F") == weights(origin, "G"), "32-bit numbers become 64-bit ones exactly"
assert gradient_failure(wide, *DATA) is None, gradient_failure(wide, *DATA)
run([second, "bench", "--steps", "2", *DATA])

# A run resumes to the same bits without the files; a new one tells that they are missing, and takes others.
train(second, "parts", 13)
os.rename(path("models", "runs"), path("moved"))
train(second, "parts", 30, "--resume")
assert bytes_of(path("whole", "checkpoint.safetensors")) == bytes_of(path("parts", "checkpoint.safetensors"))
error = train(second, "none", 1, expect=66)
place = "second: error: the weights of F (second.agon:11:3): "
assert error.startswith(f"{place}cannot open {path('models', 'runs', 'first')}"), error
assert error.endswith("; tell where the file is by --init F=FILE\n"), error
assert not os.path.exists(path("none"))
moved = ["--init", f"F={path('moved', 'first')}", "--init", f"K={path('moved', 'first', 'checkpoint.safetensors')}"]
train(second, "given", 30, *moved)
assert bytes_of(path("whole", "checkpoint.safetensors")) == bytes_of(path("given", "checkpoint.safetensors"))
assert json.load(open(path("given", "run.json")))["weights"][0]["content"] == record[0]["content"]
error = train(second, "given", 31, "--resume", *moved, expect=64)
assert "--init begins a new run" in error, error

# A file of another program, with the names alone; other numbers are another content.
names = {"G" + name[1:]: (shape, weights(origin, "G")[name[2:]]) for name, shape in shapes(second, "F").items()}
write_safetensors(path("foreign.safetensors"), {**names, "other": ([1], [0.0])})
foreign = ["--init", f"F={path('foreign.safetensors')}", *moved[2:]]
train(second, "foreign", 30, *foreign)
assert bytes_of(path("whole", "checkpoint.safetensors")) == bytes_of(path("foreign", "checkpoint.safetensors"))
content = json.load(open(path("foreign", "run.json")))["weights"][0]["content"]
assert content == record[0]["content"], content
changed = {**names, "G.dense_0.b": ([6], [1, 2, 3, 4, 5, 6])}
write_safetensors(path("changed.safetensors"), changed)
train(second, "changed", 1, "--init", f"F={path('changed.safetensors')}", *moved[2:])
assert json.load(open(path("changed", "run.json")))["weights"][0]["content"] != content
assert tensors_of("changed")["F.dense_0.b"] == [1, 2, 3, 4, 5, 6]



def kill(out):
    """Leaves what a run leaves that is killed before its first checkpoint."""
    os.remove(path(out, "checkpoint.safetensors"))
    with open(path(out, "run.json")) as file:
        text = file.read()
    with open(path(out, "run.json"), "w") as file:
        file.write(text.replace('"status": "done"', '"status": "running"'))


# A run that was killed before its first checkpoint begins anew from what it was begun with, and from nothing else.
kill("foreign")
train(second, "foreign", 30, "--resume")
assert bytes_of(path("whole", "checkpoint.safetensors")) == bytes_of(path("foreign", "checkpoint.safetensors"))
kill("foreign")
write_safetensors(path("foreign.safetensors"), changed)
error = train(second, "foreign", 30, "--resume", expect=65)
assert "holds others than when the run was begun; restore it, or begin anew with --force" in error, error

# --init serves a network that the model draws, and no other weights change.
run([first, "train", "--steps", "0", "--out", path("drawn"), "--quiet"])
run([first, "train", "--steps", "0", "--out", path("begun"), "--quiet", "--init",
     f"G={path('moved', 'first')}"])
assert weights(tensors_of("begun"), "G") == weights(origin, "G") != weights(tensors_of("drawn"), "G")
assert weights(tensors_of("begun"), "D") == weights(tensors_of("drawn"), "D")

# Where numbers cease to be finite before the first checkpoint, the run is played again from what was read.
error = train(second, "explosion", 400, *moved, "--set", "K.lr=1e30", expect=1)
assert "(turn of K)" in error and "the last good checkpoint, of step 0, is kept" in error, error
assert weights(tensors_of("explosion"), "K") == weights(origin, "G")

# What does not fit is told, with the place and the fix; nothing is written.
wrong = [
    ({name: value for name, value in names.items() if name != "G.batchnorm_0.var"},
     f"does not hold 1 of the {len(names)} weights of F; --rename F.LAYER=NAME tells what the file calls a layer\n"
     "  missing: G.batchnorm_0.var [6]"),
    ({**names, "G.dense_1.b": ([3], [0, 0, 0])}, "expected G.dense_1.b to be F32 [2], got F32 [3]"),
    ({**names, "G.dense_1.b": ([2], [0, math.nan])}, "G.dense_1.b holds nan at [1]; expected finite numbers"),
    ({"A.W": ([1], [0]), "B.W": ([1], [0])},
     f"does not hold {len(names)} of the {len(names)} weights of F; --rename F.LAYER=NAME tells what the file calls a "
     "layer\n  missing: G.", "\n  left over: A.W [1], B.W [1]\n"),
    ({name.replace("G.", "generator."): value for name, value in names.items()},
     f"does not hold {len(names)} of the {len(names)} weights of F; --rename F.LAYER=NAME tells what the file calls a "
     "layer\n  missing: G.", f" and {len(names) - 8} more\n  perhaps: --rename F=generator\n"),
]
for tensors, message, *end in wrong:
    write_safetensors(path("wrong.safetensors"), tensors)
    error = train(second, "none", 1, "--init", f"F={path('wrong.safetensors')}", *moved[2:], expect=65)
    between = ": " if message.startswith(("expected", "G.")) else " "
    told = place + path("wrong.safetensors") + between + message
    assert error.startswith(told) and error.endswith(end[0]) if end else error == told + "\n", error
with open(path("wrong.safetensors"), "wb") as file:
    file.write(b"no such thing")
assert "is truncated or corrupt" in train(second, "none", 1, "--init", f"F={path('wrong.safetensors')}", expect=65)
for option, message in (("F", "expected --init NETWORK=FILE, got 'F'"),
                        ("f=x", "no network 'f' has weights; did you mean F? (networks: F, H, K)")):
    assert message in train(second, "none", 1, "--init", option, expect=64), option
assert not os.path.exists(path("none"))
