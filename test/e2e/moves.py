# RUN: %python %s %t
"""A further move of a player where its objective is shown: in the log, also of a resumed run, in `eval`, `info` and
`gradcheck`."""

import json
import os
import shutil
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "Inputs"))
sys.dont_write_bytecode = True
from support import compile_model, read_safetensors, run

GAME = """
network P() -> [2] { param w: [2] = [0.9, -0.4]; return w }
network Q() -> [] { param w: [] = 2; return w }
game g {
  player P minimizes sum(P()^2) + Q() with sgd(lr = 0.1)
  player Q minimizes Q()^2 with sgd(lr = 0.1)
  move P.quartic minimizes sum(P()^4) / 4 + stop_gradient(sum(P())) * Q()
  move P.sum maximizes sum(P()) * E[iteration * sum(P()^2)]
  play { every 4 { P.quartic }; P; repeat if iteration < 3 then 0 else 1 { Q }; every 2 { P.sum } }
}
"""

scratch = os.path.abspath(sys.argv[1])
shutil.rmtree(scratch, ignore_errors=True)
os.makedirs(scratch)
source = os.path.join(scratch, "g.agon")
with open(source, "w", encoding="utf-8") as file:
    file.write(GAME)
binary = compile_model(source, source[:-5], "--float=f64")


def path(name):
    return os.path.join(scratch, name)


def train(out, steps, *options):
    run([binary, "train", "--steps", str(steps), "--out", path(out), "--quiet", *options])
    with open(os.path.join(path(out), "log.csv"), encoding="utf-8") as file:
        return [line.split(",")[:-1] for line in file.read().splitlines()]


def quartic(p, q):
    return sum(x ** 4 for x in p) / 4 + sum(p) * q


def total(p, iteration):
    return sum(p) * iteration * sum(x ** 2 for x in p)


# By hand: the log has each objective where its last turn began, and nothing before the first.
STEPS = 7
p, q, expected, last = [0.9, -0.4], 2.0, [], {}
for iteration in range(1, STEPS + 1):
    if iteration % 4 == 1:
        last["P.quartic"] = quartic(p, q)
        p = [x - 0.1 * x ** 3 for x in p]
    last["P"] = sum(x ** 2 for x in p) + q
    p = [x - 0.2 * x for x in p]
    if iteration >= 3:
        last["Q"] = q ** 2
        q -= 0.2 * q
    if iteration % 2 == 1:
        last["P.sum"] = total(p, iteration)
        squares, whole = sum(x ** 2 for x in p), sum(p)
        p = [x + 0.1 * iteration * (squares + 2 * whole * x) for x in p]
    expected.append(dict(last))

header, *rows = train("whole", STEPS)
assert header == ["step", "P", "Q", "P.quartic", "P.sum"], header
assert len(rows) == STEPS
for row, values in zip(rows, expected):
    for name, text in zip(header[1:], row[1:]):
        if name not in values:
            assert text == "", (row, name)
        else:
            assert abs(float(text) - values[name]) < 1e-14 * max(1, abs(values[name])), (row, name, values[name])

# A run that stopped on the way has the same rows, and ends in the same bytes.
for stop in (2, 6):
    train(f"parts{stop}", stop)
    assert train(f"parts{stop}", STEPS, "--resume") == [header, *rows], stop
    with open(os.path.join(path("whole"), "checkpoint.safetensors"), "rb") as whole, \
         open(os.path.join(path(f"parts{stop}"), "checkpoint.safetensors"), "rb") as parts:
        assert whole.read() == parts.read(), stop

tensors = read_safetensors(os.path.join(path("whole"), "checkpoint.safetensors"))
p, q = list(tensors["P.w"]), tensors["Q.w"][0]
objectives = json.loads(run([binary, "eval", "--from", path("whole"), "--json"])[0])["objectives"]
assert list(objectives) == header[1:], objectives
assert abs(objectives["P.quartic"] - quartic(p, q)) < 1e-14, objectives
assert abs(objectives["P.sum"] - total(p, STEPS)) < 1e-14, (objectives, total(p, STEPS))

info = run([binary, "info"])[0]
assert "\nmove P.quartic\nmove P.sum\n" in info, info
assert json.loads(run([binary, "info", "--json"])[0])["moves"] == ["P.quartic", "P.sum"]

checked = [line.split() for line in run([binary, "gradcheck"])[0].splitlines() if ".w " in line]
assert [(row[0], row[1]) for row in checked] == [("P", "P.w"), ("Q", "Q.w"), ("P.quartic", "P.w"), ("P.sum", "P.w")]
for row in checked:
    # Of players the Hessian is compared too.
    assert row[-1] == "ok" and float(row[3]) < 1e-6 and float(row[5]) > 0 and (row[6] == "-") == ("." in row[0]), row
print(f"{len(rows)} rows of the log are as by hand; the gradients of {len(checked)} objectives agree with differences")
