# RUN: %python %s %t
"""States change exactly once in each turn of their owner: the running statistics
of batchnorm, the vector u of spectral_norm, the strength p of ada.

A game of D and G is played in many ways, and every state in the checkpoint is
compared with what plain Python makes of the same parameters and data. The data
have as many records as a minibatch, so that each draw is all of them."""

import json
import math
import os
import random
import sys
from concurrent.futures import ThreadPoolExecutor

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "Inputs"))
sys.dont_write_bytecode = True
from arrays import read_npy, write_npy
from support import compile_model, read_safetensors, run

BATCH, CHANNELS, PIXELS = 6, 2, 6
NETWORKS = f"""const batch = {BATCH}
optimizer stay() {{ w <- w - 0 * g }}
network G(z: [3]) -> [2, 2, 3] =
  z |> batchnorm(momentum = 0.4, affine = false) |> dense(12, weight = spectral_norm) |> reshape(2, 2, 3) |> tanh
network D(x: [2, 2, 3]) -> [1] =
  x |> batchnorm(momentum = 0.3) |> flatten |> dense(4, weight = spectral_norm) |> batchnorm(momentum = 0.2) |> tanh
    |> dense(1)
"""


def mean(values):
    values = list(values)
    return sum(values) / len(values)


class Play:
    """The checkpoint's tensors, and what applications of D and G make of them."""

    def __init__(self, tensors):
        self.tensors = tensors

    def normalise(self, path, x, momentum, training, writes, eps=1e-5):
        """x: samples of channels of pixels."""
        result = [[None] * len(x[0]) for _ in x]
        means, variances = [], []
        for c in range(len(x[0])):
            pixels = [v for sample in x for v in sample[c]]
            m, n = mean(pixels), len(pixels)
            v = mean((p - m) ** 2 for p in pixels)
            means.append((1 - momentum) * self.tensors[path + ".mean"][c] + momentum * m)
            variances.append((1 - momentum) * self.tensors[path + ".var"][c] + momentum * v * n / max(n - 1, 1))
            if not training:
                m, v = self.tensors[path + ".mean"][c], self.tensors[path + ".var"][c]
            gamma, beta = (self.tensors.get(f"{path}.{name}", [default] * len(x[0]))[c]
                           for name, default in (("gamma", 1), ("beta", 0)))
            for sample, row in zip(x, result):
                row[c] = [(p - m) / math.sqrt(v + eps) * gamma + beta for p in sample[c]]
        writes[path + ".mean"], writes[path + ".var"] = means, variances
        return result

    def spectral(self, path, rows, training, writes):
        """W: [n, units] over its estimated norm; u has a number for each unit."""
        flat, u = self.tensors[path + ".W"], self.tensors[path + ".spectral_norm_0.u"]
        units = len(u)
        W = [flat[i * units:(i + 1) * units] for i in range(len(flat) // units)]

        def unit(v):
            length = math.sqrt(sum(e * e for e in v)) + 1e-12
            return [e / length for e in v]
        u = unit(u)
        v = unit([sum(a * b for a, b in zip(row, u)) for row in W])
        if training:
            u = unit([sum(W[i][j] * v[i] for i in range(len(W))) for j in range(units)])
            writes[path + ".spectral_norm_0.u"] = u
        sigma = sum(W[i][j] * v[i] * u[j] for i in range(len(W)) for j in range(units))
        b = self.tensors[path + ".b"]
        return [[sum(row[i] * W[i][j] for i in range(len(W))) / sigma + b[j] for j in range(units)] for row in rows]

    def G(self, z, training=True):
        """Images, and the states that this application writes."""
        writes = {}
        h = self.normalise("G.batchnorm_0", [[[v] for v in sample] for sample in z], 0.4, training, writes)
        h = self.spectral("G.dense_0", [[v for channel in sample for v in channel] for sample in h], training, writes)
        return [[[math.tanh(v) for v in row[:PIXELS]], [math.tanh(v) for v in row[PIXELS:]]] for row in h], writes

    def D(self, x, training=True):
        writes = {}
        h = self.normalise("D.batchnorm_0", x, 0.3, training, writes)
        h = self.spectral("D.dense_0", [[v for channel in sample for v in channel] for sample in h], training, writes)
        h = self.normalise("D.batchnorm_1", [[[v] for v in row] for row in h], 0.2, training, writes)
        W, b = self.tensors["D.dense_1.W"], self.tensors["D.dense_1.b"]
        return [sum(math.tanh(channel[0]) * w for channel, w in zip(sample, W)) + b[0] for sample in h], writes

    def turn(self, *applications):
        """The states after a turn: the means of what was written, given what the owner applied."""
        written = [writes for _, writes in applications]
        return {key: [mean(column) for column in zip(*(writes[key] for writes in written))] for key in written[0]}


source = random.Random(7)
DATA_X = [[[source.gauss(c, 1 + c) for _ in range(PIXELS)] for c in range(CHANNELS)] for _ in range(BATCH)]
DATA_Z = [[source.gauss(1, 2) for _ in range(3)] for _ in range(BATCH)]


def times(factor, x):
    return [[[factor * v for v in channel] for channel in sample] for sample in x]


def twice(z):
    return [[2 * v for v in sample] for sample in z]


def of_D(p, *kinds):
    """D's turn in which it is applied to x, 2 x, G(z), G(2 z)."""
    inputs = {"x": lambda: DATA_X, "2x": lambda: times(2, DATA_X), "fake": lambda: p.G(DATA_Z)[0],
              "fake2": lambda: p.G(twice(DATA_Z))[0]}
    return p.turn(*(p.D(inputs[kind]()) for kind in kinds))


def of_G(p, *kinds):
    return p.turn(*(p.G(DATA_Z if kind == "z" else twice(DATA_Z)) for kind in kinds))


LOSS_G = "-E[D(G(z))]"
# (name, lets and metrics, D's objective, G's objective, play, D's applications, G's applications in each turn)
GAMES = [
    ("one", "", "E[D(x)]", LOSS_G, "D; G", [("D", ["x"]), ("G", ["z"])]),
    ("real_and_fake", "", "E[D(G(z))] - E[D(x)]", LOSS_G, "D; G", [("D", ["x", "fake"]), ("G", ["z"])]),
    ("written_twice", "", "E[D(x)^2] - E[D(x)] + E[D(G(z))]", LOSS_G, "D; G",
     [("D", ["x", "x", "fake"]), ("G", ["z"])]),
    ("named_once", "let real = D(x)", "E[real^2] - E[real] + E[D(G(z))]", LOSS_G, "D; G",
     [("D", ["x", "fake"]), ("G", ["z"])]),
    ("value", "let fake = G(z)\nvalue V = E[D(fake)] - E[D(x)] + E[D(x)^2]", "V", "-V", "D; G",
     [("D", ["fake", "x", "x"]), ("G", ["z"])]),
    ("penalty", "let h = 2 * x", "E[D(G(z))] - E[D(x)] + E[sum(grad(D(h), h)^2)]", LOSS_G, "D; G",
     [("D", ["fake", "x", "2x"]), ("G", ["z"])]),
    ("stopped", "", "E[D(stop_gradient(G(z)))] + E[softplus(-D(x))]", LOSS_G, "D; G",
     [("D", ["fake", "x"]), ("G", ["z"])]),
    ("weightless", "", "E[D(x)] + 0 * E[D(2 * x)]", LOSS_G, "D; G", [("D", ["x", "2x"]), ("G", ["z"])]),
    ("compared", "let unused = D(G(z))", "E[D(x) * float(D(2 * x) > 0)]", LOSS_G, "D; G",
     [("D", ["x", "2x"]), ("G", ["z"])]),
    ("repeated", "", "E[D(G(z))] - E[D(x)]", LOSS_G, "repeat 5 { D }; G",
     5 * [("D", ["x", "fake"])] + [("G", ["z"])]),
    ("nested", "", "E[D(G(z))] - E[D(x)]", LOSS_G, "repeat 2 { D; repeat 2 { D }; G }; D",
     2 * (3 * [("D", ["x", "fake"])] + [("G", ["z"])]) + [("D", ["x", "fake"])]),
    ("order", "", "E[D(G(z))] - E[D(x)]", LOSS_G, "G; D; G",
     [("G", ["z"]), ("D", ["x", "fake"]), ("G", ["z"])]),
    ("two_of_G", "", "E[D(G(z))] - E[D(x)]", "-E[D(G(z))] - E[D(G(2 * z))]", "D; G",
     [("D", ["x", "fake"]), ("G", ["z", "2z"])]),
    ("metrics", "metric a = E[D(2 * x)]\nmetric b = E[sum(G(2 * z))]", "E[D(G(z))] - E[D(x)]", LOSS_G, "D; G",
     [("D", ["x", "fake"]), ("G", ["z"])]),
    # In a turn of both, both own, and the applications of either's objective count.
    ("simultaneous", "let score = D(G(z))", "E[score] - E[D(x)]", "-E[score]", "D & G",
     [("D&G", ["fake", "x"], ["z"])]),
    ("simultaneous_unlike", "", "E[D(G(2 * z))] - E[D(x)]", LOSS_G, "D & G",
     [("D&G", ["fake2", "x", "fake"], ["2z", "z"])]),
    ("simultaneous_repeated", "let score = D(G(z))", "E[score] - E[D(x)]", "-E[score]", "repeat 3 { D & G }; D",
     3 * [("D&G", ["fake", "x"], ["z"])] + [("D", ["fake", "x"])]),
]


def checkpoint(out):
    return read_safetensors(os.path.join(out, "checkpoint.safetensors"))


def states(tensors):
    return {name: value for name, value in tensors.items() if name.rsplit(".", 1)[-1] in ("mean", "var", "u")}


def differences(name, found, expected):
    lines = []
    for key, values in states(found).items():
        error = max(abs(a - b) for a, b in zip(values, expected[key]))
        if not error < 1e-11:
            lines.append(f"{name}: {key} is {values}, expected {expected[key]}")
    assert len(states(found)) == 8, sorted(found)
    return lines


def write_game(name, extra, loss_d, loss_g, play, optimizer):
    path = os.path.join(scratch, name + ".agon")
    with open(path, "w") as file:
        file.write(f"{NETWORKS}game {name} {{\ndata x: [2, 2, 3]\ndata z: [3]\n{extra}\n"
                   f"player D minimizes {loss_d} with {optimizer}\nplayer G minimizes {loss_g} with {optimizer}\n"
                   f"play {{ {play} }}\n}}\n")
    return path


def train(binary, out, steps, *options):
    run([binary, "train", "--steps", str(steps), "--out", out, "--quiet", "--seed", "3", *DATA, *options])
    return checkpoint(out)


def expected_after(tensors, turns):
    """The tensors after the turns, each of which sees the states that the one before it left."""
    p = Play(dict(tensors))
    for owner, first, *second in turns:
        if owner == "D&G":
            new = {**of_D(p, *first), **of_G(p, *second[0])}
        else:
            new = of_D(p, *first) if owner == "D" else of_G(p, *first)
        p = Play({**p.tensors, **new})
    return p.tensors


def frozen(game):
    """Parameters stand still: only the states move, for two iterations."""
    name, extra, loss_d, loss_g, play, turns = game
    path = write_game(name, extra, loss_d, loss_g, play, "stay()")
    level = "-O0" if len(name) % 4 == 0 else "-O3"
    binary = compile_model(path, path[:-5], "--float=f64", level)
    out = path[:-5] + "-run"
    before = train(binary, out, 0, "--force")
    after = train(binary, out, 1, "--resume")
    wrong = differences(f"{path} {level}", after, expected_after(before, turns))
    wrong += differences(f"{path} {level}, second iteration", train(binary, out, 2, "--resume"),
                         expected_after(after, turns))
    if all(after[key] == before[key] for key in states(before)):
        wrong.append(f"{path}: no state has changed")
    return wrong


def moving(_):
    """Parameters move too: D's turn sees the parameters of both before it, G's turn its own."""
    path = write_game("moving", "", "E[D(G(z))] - E[D(x)] + 0.1 * E[D(x)^2]", LOSS_G, "D; G", "sgd(lr = 0.5)")
    binary = compile_model(path, path[:-5], "--float=f64")
    out, wrong = path[:-5] + "-run", []
    before = train(binary, out, 0, "--force")
    for step in (1, 2, 3):
        after = train(binary, out, step, "--resume")
        p = Play(before)
        wrong += differences(f"{path}, step {step}", after,
                             {**of_D(p, "fake", "x", "x"), **of_G(p, "z")})
        if max(abs(a - b) for a, b in zip(after["G.dense_0.W"], before["G.dense_0.W"])) < 1e-6:
            wrong.append(f"{path}: G does not move")
        before = after
    return wrong


def sampling(_):
    """sample and eval leave the checkpoint as it is, and use the running statistics and the stored u."""
    path = os.path.join(scratch, "sampling.agon")
    with open(path, "w") as file:
        # A noise that is 2 in every element.
        file.write(NETWORKS + "game sampling {\ndata x: [2, 2, 3]\nnoise z: [3] ~ normal(2, 0)\n"
                   "player D minimizes E[D(G(z))] - E[D(x)] with sgd(lr = 0.1)\n"
                   "player G minimizes -E[D(G(z))] with sgd(lr = 0.1)\nplay { repeat 2 { D }; G }\n"
                   "metric real = E[D(x)]\nmetric square = E[sum(G(z)^2)]\n}\n")
    binary = compile_model(path, path[:-5], "--float=f64")
    out, wrong = path[:-5] + "-run", []
    bind = DATA[:2]
    run([binary, "train", "--steps", "3", "--out", out, "--quiet", "--force", *bind])
    with open(os.path.join(out, "checkpoint.safetensors"), "rb") as file:
        bits = file.read()
    run([binary, "sample", "--from", out, "-n", "4", "-o", path[:-5] + ".npy", "--force"])
    report = json.loads(run([binary, "eval", "--from", out, "--json", *bind])[0])
    with open(os.path.join(out, "checkpoint.safetensors"), "rb") as file:
        if file.read() != bits:
            wrong.append(f"{path}: sampling or evaluating changes the checkpoint")
    p = Play(checkpoint(out))
    images = p.G([[2.0] * 3], training=False)[0]
    shape, values = read_npy(path[:-5] + ".npy")
    assert shape == [4, 2, 2, 3], shape
    expected = 4 * [v for channel in images[0] for v in channel]
    if max(abs(a - b) for a, b in zip(values, expected)) > 1e-11:
        wrong.append(f"{path}: samples are {values[:12]}, expected {expected[:12]}")
    square = sum(v * v for channel in images[0] for v in channel)
    for name, value in (("real", mean(p.D(DATA_X, training=False)[0])), ("square", square)):
        found = find(report, name)
        if abs(found - value) > 1e-11:
            wrong.append(f"{path}: eval's {name} is {found}, expected {value}")
    return wrong


def find(report, name):
    """The number of that name, at whatever depth."""
    if isinstance(report, dict):
        if isinstance(report.get(name), (int, float)):
            return report[name]
        report = list(report.values())
    if isinstance(report, list):
        for part in report:
            value = find(part, name)
            if value is not None:
                return value
    return None


def adaptive(_):
    """ada's p: one step in each turn of D, up where the critic is above 0 on average, down to 0 where it is not."""
    path = os.path.join(scratch, "adaptive.agon")
    critic = "layer critic(x: [1, 4, 4]) -> [1] { param b: [1] = VALUE; return 0.01 * mean(tanh(x)) + b }\n"
    networks = "".join(
        critic.replace("critic", "critic" + name).replace("VALUE", value)
        + f"network {name}(x: [1, 4, 4], real: []) -> [1] = x |> ada(critic{name}, real, target = 0.5, images = 48)\n"
        for name, value in (("Up", "1"), ("Down", "-1")))
    with open(path, "w") as file:
        file.write(f"const batch = {BATCH}\noptimizer stay() {{ w <- w - 0 * g }}\n" + networks +
                   "network G(z: [2]) -> [1, 4, 4] = z |> dense(16) |> reshape(1, 4, 4)\n"
                   "game adaptive {\nnoise x: [1, 4, 4] ~ normal(0, 1)\nnoise z: [2] ~ normal(0, 1)\n"
                   "init Down.ada_0.p = 0.9\n"
                   + "".join(f"player {name} minimizes E[{name}(G(z), 0)] - E[{name}(x, 1)] with stay()\n"
                             for name in ("Up", "Down"))
                   + "player G minimizes -E[Up(G(z), 1)] - E[Down(G(z), 1)] with stay()\n"
                   "play { repeat 2 { Up }; Up & Down; G }\nmetric m = E[Up(x, 1)]\n}\n")
    binary = compile_model(path, path[:-5], "--float=f64")
    wrong, step = [], 2 * BATCH / 48
    for steps in (0, 1, 2, 5):
        out = path[:-5] + f"-{steps}"
        run([binary, "train", "--steps", str(steps), "--out", out, "--quiet", "--force"])
        tensors = checkpoint(out)
        # Of two applications in a turn one moves p by a step, each within 0 and 1, and the other leaves it.
        up, down = 0.0, 0.9
        for _ in range(steps):
            for _ in range(3):
                up = mean([min(up + step, 1), up])
            down = mean([max(down - step, 0), down])
        for name, value in (("Up", up), ("Down", down)):
            (found,) = tensors[f"{name}.ada_0.p"]
            if abs(found - value) > 1e-12:
                wrong.append(f"{path}: after {steps} steps {name}'s p is {found}, expected {value}")
    return wrong


if __name__ == "__main__":
    scratch = sys.argv[1]
    os.makedirs(scratch, exist_ok=True)
    write_npy(os.path.join(scratch, "x.npy"), [BATCH, 2, 2, 3], [v for s in DATA_X for channel in s for v in channel])
    write_npy(os.path.join(scratch, "z.npy"), [BATCH, 3], [v for sample in DATA_Z for v in sample])
    DATA = ["--data", f"x={scratch}/x.npy", "--data", f"z={scratch}/z.npy"]
    tasks = [(frozen, game) for game in GAMES] + [(moving, None), (sampling, None), (adaptive, None)]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        failures = [line for lines in pool.map(lambda task: task[0](task[1]), tasks) for line in lines]
    if failures:
        sys.exit("\n".join(failures))
    print(len(tasks), "games keep their states")
