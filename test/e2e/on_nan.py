# RUN: %python %s %t
"""Runs that outlive numbers which are not finite: turns are skipped, or the run is rolled back. Their end does not
depend on when they were looked at, stopped or killed."""

import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "Inputs"))
sys.dont_write_bytecode = True
sys.path.append(os.path.join(os.path.dirname(__file__), "..", "unit", "runtime"))
from runtime_events import events
from support import compile_model, read_safetensors, run

scratch = os.path.abspath(sys.argv[1])
shutil.rmtree(scratch, ignore_errors=True)
os.makedirs(scratch)
# Now and then a draw of z is below -2.5, and G's objective, or its gradient alone, is not a number.
MODEL = """const batch = 4
network G(z: [1]) -> [1] = z |> dense(3) |> tanh |> dense(1)
network D(u: [1]) -> [1] = u |> dense(2) |> tanh |> dense(1)
game rare {
  noise z: [1] ~ normal(0, 1)
  noise u: [1] ~ normal(0, 1)
  player G minimizes E[sum((log(z + 2.5) - G(z))^2)] with adam(lr = 0.01)
  player D minimizes E[sum((D(u) - u)^2)] + 0 * E[sum(G(z)^2)] with adam(lr = 0.01)
  play { D; G }
}
"""
STEPS = 300


def path(*parts):
    return os.path.join(scratch, *parts)


with open(path("rare.agon"), "w") as file:
    file.write(MODEL)
binary = compile_model(path("rare.agon"), path("rare"))


def train(out, policy, steps=STEPS, *options, expect=0):
    return run([binary, "train", "--steps", str(steps), "--seed", "5", "--quiet", "--out", path(out),
                *(["--on-nan", policy] if policy else []), *options], expect)[1]


def state(out):
    with open(path(out, "checkpoint.safetensors"), "rb") as file:
        return file.read()


def faults(out):
    with open(path(out, "run.json")) as file:
        return [(each["step"], each["fault"]) for each in json.load(file)["faults"]]


def rows(out):
    with open(path(out, "log.csv")) as file:
        return [line.rsplit(",", 1)[0] for line in file]


def interrupted(out, policy, *options):
    """The run in parts: killed twice, stopped at a step, and resumed."""
    for k in range(2):
        words = [binary, "train", "--steps", str(STEPS), "--seed", "5", "--quiet", "--out", path(out), *options,
                 "--on-nan", policy, *(["--resume"] if os.path.exists(path(out, "run.json")) else [])]
        process = subprocess.Popen(words, stderr=subprocess.DEVNULL)
        time.sleep(0.02 * (k + 1))
        process.send_signal(signal.SIGKILL)
        process.wait()
    for steps in (137, 138, STEPS):
        begun = os.path.exists(path(out, "run.json"))
        try:
            train(out, None if begun else policy, steps, *([] if begun else options), *(["--resume"] if begun else []))
        except SystemExit as error:
            assert "past --steps" in str(error), error  # a killed run may have come further


# The run stops, as ever, and says where the number came from.
errors = train("stop", "stop", expect=1)
assert "rare: error: " in errors and "(turn of G)" in errors and "first made by log at" in errors, errors
assert "rare.agon:7:" in errors, errors
assert train("default", None, expect=1) == errors

# Skipped turns do not count, others do.
for name, options in (("skip", []), ("often", ["--log-every", "1", "--checkpoint-every", "7"]),
                      ("threads", ["--threads", "1"])):
    errors = train(name, "skip", STEPS, *options)
    found = faults(name)
    assert 3 < len(found) < 60 and len(set(step for step, _ in found)) == len(found), found
    assert all("(turn of G); first made by log at" in text and "rare.agon:7:" in text for _, text in found), found
    assert errors == "".join(f"rare: warning: {text}\n" for _, text in found), errors
    tensors = read_safetensors(path(name, "checkpoint.safetensors"))
    assert tensors["step.G"] == [STEPS - len(found)] and tensors["step.D"] == [STEPS], (tensors["step.G"], len(found))
    assert (found, state(name)) == (faults("skip"), state("skip")), name
interrupted("parts", "skip", "--checkpoint-every", "10")
assert state("parts") == state("skip") and rows("parts") == rows("skip") and faults("parts") == faults("skip")

# An end that all turns of a player come to is one.
with open(path("rare.agon"), "w") as file:
    file.write(MODEL.replace("log(z + 2.5)", "log(z * 0 - 1)"))
binary = compile_model(path("rare.agon"), path("rare"))
errors = train("never", "skip", expect=1)
assert errors.count("warning: skipped") == 100, errors
assert "error: G's weights are no longer finite" in errors, errors
assert "; 100 turns in a row were skipped; there is no checkpoint yet\n" in errors, errors
# One that other draws do not help either.
errors = train("again", "rollback", expect=1)
assert errors.count("warning: rolled back to step 0") == 10 and ", after 10 rollbacks; the last good" in errors, errors

# A rollback draws other numbers, and says so in the checkpoint.
with open(path("rare.agon"), "w") as file:
    file.write(MODEL.replace("z + 2.5", "z + 2.9"))
binary = compile_model(path("rare.agon"), path("rare"))
errors = train("back", "rollback", STEPS, "--checkpoint-every", "10", "--tensorboard")
found = faults("back")
assert 0 < len(found) <= 10, found
assert errors == "".join(f"rare: warning: {text}\n" for _, text in found), errors
for number, (step, text) in enumerate(found, 1):
    assert step % 10 == 0 and text.startswith(f"rolled back to step {step}, rollback {number}: "), text
    assert "(turn of G); first made by log at" in text, text
steps = [int(row.split(",")[0]) for row in rows("back")[1:]]
assert steps == sorted(set(steps)) and steps[-1] == STEPS, steps
# So do TensorBoard's files: what came after the step that was gone back to is cut off, and forgotten where it was seen.
files = sorted(pathlib.Path(path("back")).glob("events.out.tfevents.*"))
told = [event for file in files for event in events(file)]
points = [(step, what) for step, what, value in told if isinstance(value, float)]
assert len(points) == len(set(points)) and sorted({step for step, _ in points}) == steps, points
marks = [step for step, what, _ in told if what == "session"]
assert marks[-1] == found[-1][0] + 1 and set(marks) <= {1} | {step + 1 for step, _ in found}, (marks, found)
interrupted("back-parts", "rollback", "--checkpoint-every", "10")
assert state("back-parts") == state("back") and rows("back-parts") == rows("back")
assert faults("back-parts") == faults("back")

errors = train("none", "skp", expect=64)
assert "expected --on-nan to be stop, skip or rollback, got 'skp'; did you mean skip?" in errors, errors
