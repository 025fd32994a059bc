# RUN: %python %s %t
"""A run knows its model: what changes training is refused at --resume and listed, what does not change the meaning of
the weights never blocks `sample` and `eval`, and how the file is written does not count."""

import json
import os
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "Inputs"))
sys.dont_write_bytecode = True
from support import read_safetensors

scratch = sys.argv[1]
shutil.rmtree(scratch, ignore_errors=True)
os.makedirs(os.path.join(scratch, "elsewhere"))

MODEL = """// A small game.
import "lib.agon"
const batch = 8
const rate = 1e-3
const unused = 1
network G(z: [2]) -> [2] = z |> dense(4) |> tanh |> dropout(0.5) |> dense(2) |> shift
network D(x: [2]) -> [1] = x |> dense(4) |> tanh |> dense(1)
game small {
  data x: [2] ~ ring(modes = 8, radius = 2, std = 0.02)
  noise z: [2] ~ normal(0, 1)
  value V = E[log(sigmoid(D(x)))] + E[log(1 - sigmoid(D(G(z))))]
  player D maximizes V with adam(lr = rate)
  player G minimizes -E[D(G(z))] with adam(lr = 1e-3)
  play { D; G }
  metric gap = E[D(x)]
}
"""
LIBRARY = "layer shift(x: [n]) -> [n] = x + 1\n"


def compiled(name, text=MODEL, library=LIBRARY, options=(), folder=""):
    source, binary = os.path.join(scratch, folder, name + ".agon"), os.path.join(scratch, name)
    with open(os.path.join(scratch, folder, "lib.agon"), "w") as file:
        file.write(library)
    with open(source, "w") as file:
        file.write(text)
    result = subprocess.run(["agonc", source, "-o", binary, *options], capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    return binary


def call(binary, *words):
    return subprocess.run([binary, *map(str, words)], capture_output=True, text=True)


def changed(*pairs):
    text = MODEL
    for before, after in pairs:
        assert text.count(before) == 1, before
        text = text.replace(before, after)
    return text


base = compiled("base")
run = os.path.join(scratch, "run")
result = call(base, "train", "--steps", 10, "--quiet", "--out", run)
assert result.returncode == 0, result.stderr

# name, program, what is listed at --resume (None: it goes on), whether `sample` and `eval` are refused
cases = [
    ("format", compiled("format", changed(("// A small game.", "// Another comment."), ("dense(4) |> tanh |> dense(1)",
                                          "dense(4)\n  |> tanh   // so\n  |> dense( 1 )"))), None, False, False),
    ("moved", compiled("moved", folder="elsewhere"), None, False, False),
    ("renamed", compiled("renamed", changed(("G(z: [2]) -> [2] = z |>", "G(code: [2]) -> [2] = code |>"))), None, False,
     False),
    ("names", compiled("names", changed(("noise z: [2]", "noise w: [2]"), ("value V = E", "value W = E"),
                                        ("D(G(z))))]", "D(G(w))))]"), ("maximizes V", "maximizes W"),
                                        ("-E[D(G(z))]", "-E[D(G(w))]"))), None, False, False),
    ("idle", compiled("idle", changed(("  value V", "  noise idle: [2] ~ normal(0, 1)\n  value V"))), None, False,
     False),
    ("init", compiled("init", changed(("  play {", "  init G.dense_0.b = 0.5\n  play {"))),
     ["the init of G.dense_0.b: is new, 0.5"], False, False),
    ("unused", compiled("unused", changed(("unused = 1", "unused = 2"))), None, False, False),
    ("rate", compiled("rate", options=("-D", "rate=1e-2")), ["constant rate: was 0.001, is 0.01", 
      "written as before, but what it uses has changed: optimizer of D"], False, False),
    ("literal", compiled("literal", changed(("lr = 1e-3", "lr = 2e-3"))),
     ["optimizer of G: was adam(lr = 1e-3), is adam(lr = 2e-3)"], False, False),
    ("optimizer", compiled("optimizer", changed(("adam(lr = 1e-3)", "sgd(lr = 1e-3)"))), ["optimizer of G: was adam"],
     False, False),
    ("objective", compiled("objective", changed(("-E[D(G(z))]", "-E[2 * D(G(z))]"))),
     ["objective of G: was minimizes -E[D(G(z))], is minimizes -E[2 * D(G(z))]"], False, False),
    ("value", compiled("value", changed(("E[log(1 - sigmoid", "2 * E[log(1 - sigmoid"))), ["definition of V: was"],
     False, False),
    ("batch", compiled("batch", options=("-D", "batch=16")), ["constant batch: was 8, is 16"], False, False),
    ("play", compiled("play", changed(("{ D; G }", "{ repeat 2 { D }; G }"))),
     ["play: was { D; G }, is { repeat 2 { D }; G }"], False, False),
    ("noise", compiled("noise", changed(("normal(0, 1)", "uniform(-1, 1)"))),
     ["noise z: was normal(0, 1), is uniform(-1, 1)"], False, False),
    ("data", compiled("data", changed(("radius = 2", "radius = 3"))), ["data x: was"], False, False),
    ("level", compiled("level", options=("-O1",)), ["optimisation: was -O3, is -O1"], False, False),
    ("dropout", compiled("dropout", changed(("dropout(0.5)", "dropout(0.25)"))), ["network G: was"], False, False),
    ("initial", compiled("initial", changed(("dense(4) |> tanh |> dense(1)",
                                             "dense(4, init = zeros) |> tanh |> dense(1)"))),
     ["network D: was"], False, False),
    ("activation", compiled("activation", changed(("|> tanh |> dropout", "|> relu |> dropout"))), ["network G: was"],
     True, True),
    ("critic", compiled("critic", changed(("|> tanh |> dense(1)", "|> relu |> dense(1)"))), ["network D: was"], False,
     True),
    ("library", compiled("library", library=LIBRARY.replace("+ 1", "+ 2")),
     ["written as before, but what it uses has changed: network G"], True, True),
    ("numbers", compiled("numbers", options=("--float=f64",)), ["numbers: was f32, is f64"], True, True),
]
for name, binary, listed, sample, evaluate in cases:
    copy = os.path.join(scratch, "copy")
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(run, copy)
    before = open(os.path.join(copy, "checkpoint.safetensors"), "rb").read()
    result = call(binary, "train", "--steps", 12, "--quiet", "--resume", "--out", copy)
    if listed is None:
        assert result.returncode == 0, f"{name}: {result.stderr}"
    else:
        assert result.returncode == 65, f"{name}: {result.returncode} {result.stderr}"
        if name == "numbers":
            assert "holds weights of other numbers, which cannot be taken" in result.stderr, result.stderr
        else:
            for text in "was begun with another model", "--resume=anyway":
                assert text in result.stderr, result.stderr
        for part in listed:
            assert "\n  " + part in result.stderr, f"{name}: {result.stderr}"
        assert open(os.path.join(copy, "checkpoint.safetensors"), "rb").read() == before, name
    for command, refused in (("sample", sample), ("eval", evaluate)):
        words = ["--from", copy, *(["-o", os.path.join(scratch, "s.npy")] if command == "sample" else [])]
        result = call(binary, command, *words)
        assert result.returncode == (65 if refused else 0), f"{name} {command}: {result.stderr}"
        if refused and name != "numbers":
            assert "\n  " in result.stderr, result.stderr
            accepted = call(binary, command, *words, "--accept-changes")
            assert accepted.returncode == 0, f"{name} {command}: {accepted.stderr}"
    if listed is None or name == "numbers":
        continue
    result = call(binary, "train", "--steps", 12, "--quiet", "--resume=anyway", "--out", copy)
    assert result.returncode == 0, f"{name}: {result.stderr}"
    assert f"note: {listed[0]}" in result.stderr, f"{name}: {result.stderr}"
    with open(os.path.join(copy, "run.json")) as file:
        changes = json.load(file)["changes"]
    assert any(change["step"] == 10 and change["change"].startswith(listed[0]) for change in changes), changes
    result = call(binary, "train", "--steps", 14, "--quiet", "--resume", "--out", copy)
    assert result.returncode == 0 and not result.stderr, f"{name}: {result.stderr}"

# What is lost is told: memory that no optimizer has any more, and layers of another shape, which begin anew.
def resumed(binary, *words):
    out = os.path.join(scratch, "lossy")
    shutil.rmtree(out, ignore_errors=True)
    shutil.copytree(run, out)
    result = call(binary, "train", "--steps", 10, "--quiet", "--resume=anyway", "--out", out, *words)
    return result.returncode, result.stderr, os.path.join(out, "checkpoint.safetensors")


origin = read_safetensors(os.path.join(run, "checkpoint.safetensors"))
code, errors, file = resumed(next(binary for name, binary, *_ in cases if name == "optimizer"))
memory = sorted(name for name in origin if name.startswith("optimizer.G."))
assert code == 0 and "note: dropped, since this model has none: " + ", ".join(memory) + "\n" in errors, errors
wide = compiled("wide", changed(("dense(4) |> tanh |> dense(1)", "dense(5) |> tanh |> dense(1)")))
code, errors, file = resumed(wide)
assert code == 0 and "note: begin anew: D.dense_0.W, D.dense_0.b, D.dense_1.W, optimizer.D." in errors, errors
tensors = read_safetensors(file)
assert all(tensors[name] == origin[name] for name in origin if name.startswith("G.") or name == "D.dense_1.b")
other = compiled("other", changed(("dense(4) |> tanh |> dense(1)", "dense(5) |> dense(1, bias = false)"),
                                  ("dense(4) |> tanh |> dropout(0.5) |> dense(2)", "dense(2, bias = false)")))
code, errors, file = resumed(other)
assert code == 65 and "holds no parameter of this model in its shape; begin anew with --force" in errors, errors

# A metric may come and go: the log keeps every column.
copy = os.path.join(scratch, "metric-run")
shutil.copytree(run, copy)
other = compiled("metric", changed(("metric gap = E[D(x)]", "metric mean = E[x]")))
result = call(other, "train", "--steps", 12, "--quiet", "--resume", "--out", copy)
assert result.returncode == 0, result.stderr
assert "note: metric mean: is new" in result.stderr and "note: metric gap: is gone" in result.stderr, result.stderr
rows = [row.split(",") for row in open(os.path.join(copy, "log.csv")).read().splitlines()]
assert rows[0] == ["step", "D", "G", "gap", "mean", "steps_per_s"], rows[0]
assert all(len(row) == 6 for row in rows)
assert rows[9][3] and not rows[9][4] and not rows[-1][3] and rows[-1][4], rows

# A run that was killed before it left a state is begun anew, and by its own model only.
young = os.path.join(scratch, "young")
shutil.copytree(run, young)
os.remove(os.path.join(young, "checkpoint.safetensors"))
with open(os.path.join(young, "run.json")) as file:
    content = file.read()
with open(os.path.join(young, "run.json"), "w") as file:
    file.write(content.replace('"status": "done"', '"status": "running"'))
literal = next(binary for name, binary, *_ in cases if name == "literal")
result = call(literal, "train", "--steps", 12, "--quiet", "--resume", "--out", young)
assert result.returncode == 65 and "optimizer of G" in result.stderr, result.stderr
result = call(base, "train", "--steps", 10, "--quiet", "--resume", "--out", young)
assert result.returncode == 0, result.stderr
with open(os.path.join(young, "checkpoint.safetensors"), "rb") as a, \
     open(os.path.join(run, "checkpoint.safetensors"), "rb") as b:
    assert a.read() == b.read()

# A checkpoint of an older agonc does not say what wrote it.
blob = open(os.path.join(run, "checkpoint.safetensors"), "rb").read()
size = int.from_bytes(blob[:8], "little")
header = json.loads(blob[8:8 + size])
del header["__metadata__"]["model"], header["__metadata__"]["checksum"]
text = json.dumps(header).encode()
text += b" " * (-len(text) % 8)
old = os.path.join(scratch, "old.safetensors")
with open(old, "wb") as file:
    file.write(len(text).to_bytes(8, "little") + text + blob[8 + size:])
result = call(base, "eval", "--from", old)
assert result.returncode == 65 and "older agonc" in result.stderr, result.stderr
assert call(base, "eval", "--from", old, "--accept-changes").returncode == 0
