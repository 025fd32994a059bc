# RUN: %python %s %examples %t %if long %{ long %}
"""The examples about theory and toy distributions hold what their headers say: in short runs, in long ones to their
published figures."""

import cmath
import json
import math
import os
import sys
from concurrent.futures import ThreadPoolExecutor

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "Inputs"))
sys.dont_write_bytecode = True
from support import compile_model, read_safetensors, run

examples, scratch, long = sys.argv[1], sys.argv[2], sys.argv[3:] == ["long"]
os.makedirs(scratch, exist_ok=True)


def compiled(name, label="", changes=(), options=()):
    """An example's binary, perhaps of another text."""
    with open(os.path.join(examples, name + ".agon"), encoding="utf-8") as file:
        text = file.read()
    for old, new in changes:
        assert text.count(old) == 1, (name, old)
        text = text.replace(old, new)
    source = os.path.join(scratch, name + label + ".agon")
    with open(source, "w", encoding="utf-8") as file:
        file.write(text)
    return compile_model(source, source[:-5], *options)


def train(binary, steps, *options, seed=0):
    """The rows of the log, each by its columns."""
    out = f"{binary}-{seed}"
    run([binary, "train", "--steps", str(steps), "--seed", str(seed), "--out", out, "--quiet", "--force", "--threads",
         "1", *options])
    with open(os.path.join(out, "log.csv"), encoding="utf-8") as file:
        names, *rows = [line.strip().split(",") for line in file]
    return [dict(zip(names, map(float, row))) for row in rows]


# The quadratic game.

def quadratic(label, play, alpha, beta, gamma, rate, steps):
    options = [f"-D{name}={value}" for name, value in
               (("alpha", alpha), ("beta", beta), ("gamma", gamma), ("rate", rate))]
    binary = compiled("quadratic", label, [("play { phi & theta }", play)], ["--float=f64", *options])
    return [complex(row["x"], row["y"]) for row in train(binary, steps, "--log-every", "1")]


def flow(job):
    """In small steps the numbers turn with the closed form's frequency and shrink or grow with its rate."""
    number, (alpha, beta, gamma) = job
    rate = 0.002
    path = quadratic(f"-flow{number}", "play { phi & theta }", alpha, beta, gamma, rate, 10000)
    half = (alpha - beta) ** 2 / 4 - gamma ** 2
    crossings = [i + a.imag / (a.imag - b.imag) for i, (a, b) in enumerate(zip(path, path[1:]))
                 if (a.imag > 0) != (b.imag > 0)]
    if half < 0:
        frequency = math.pi * (len(crossings) - 1) / ((crossings[-1] - crossings[0]) * rate)
        found, expected = frequency, math.sqrt(-half)
    else:
        assert len(crossings) <= 1, (job, crossings)
        found = math.log(abs(path[-1]) / abs(path[-2000])) / (1999 * rate)
        expected = -(alpha + beta) / 2 + math.sqrt(half)
    return f"{alpha}, {beta}, {gamma}: {found}, not {expected}" * (not abs(found / expected - 1) < 0.01)


def larger_root(b, c):
    """The modulus of the larger root of r^2 + b r + c."""
    root = cmath.sqrt(b * b - 4 * c)
    return max(abs(-b + root), abs(-b - root)) / 2


def alternating(m):
    """The larger eigenvalue of a round of alternating play, of modulus 1 for small rates."""
    return cmath.exp(1j * math.acos(1 - abs(m) ** 2 / 2))


# The modulus by which each way multiplies in the bilinear game; m = i rate gamma.
RATES = {
    "phi & theta": lambda m: abs(1 + m),                                            # diverges
    "phi; theta": lambda m: abs(alternating(m)),                                    # stays where it is
    "extragradient { phi & theta }": lambda m: abs(1 + m + m * m),                  # Gidel et al. 2019
    "past_extragradient { phi & theta }": lambda m: larger_root(-1 - 2 * m, m),
    "optimistic { phi & theta }": lambda m: larger_root(-1 - 2 * m, m),             # Daskalakis et al. 2018
    "consensus(2) { phi & theta }": lambda m: abs(1 + m - 2 * abs(m) ** 2 / RATE),  # Mescheder et al. 2017
    "sga(1, align = false) { phi & theta }": lambda m: abs(1 + m - abs(m) ** 2 / RATE),  # Balduzzi et al. 2018
    "lookahead(6, 0.5) { phi & theta }": lambda m: abs(0.5 + 0.5 * (1 + m) ** 6),   # Chavdarova et al. 2021
    "lookahead(5, 0.3) { phi; theta }": lambda m: abs(0.7 + 0.3 * alternating(m) ** 5),
    "competitive(0.2) { phi & theta }": lambda m: 1 / abs(1 - m),                   # Schaefer & Anandkumar 2019
}
RATE = 0.2
# Competitive gradient descent's paper plays with gamma = 1, 3 and 6: with 3 optimistic players are lost, with 6 those
# who adjust their gradients are, and competitive ones converge the faster.
GAMES = [(play, 1) for play in RATES] + [
    ("optimistic { phi & theta }", 3),
    ("sga(1, align = false) { phi & theta }", 6), ("consensus(2) { phi & theta }", 6),
    ("competitive(0.2) { phi & theta }", 3), ("competitive(0.2) { phi & theta }", 6)]


def rate(job):
    """Three successive points tell the larger pair of eigenvalues: each is `trace` times the last less `det` times the
    one before."""
    number, (play, gamma) = job
    path = quadratic(f"-rate{number}", f"play {{ {play} }}", 0, 0, gamma, RATE, 60)
    a, b, c = path[-3:]
    cross = lambda u, v: (u.conjugate() * v).imag
    found, expected = math.sqrt(cross(b, c) / cross(a, b)), RATES[play](1j * RATE * gamma)
    return f"{play}, gamma = {gamma}: {found}, not {expected}" * (not abs(found - expected) < 1e-6)


# The other examples.

def two_point():
    """The critic's value is the distance, wherever the points are."""
    rows = [row for row in train(compiled("two_point"), 2500) if row["step"] >= 50]
    worst = max(abs(row["estimate"] / row["distance"] - 1) for row in rows)
    return f"two_point: {worst}, {rows[-1]}" * (worst > 0.02 or rows[0]["distance"] - rows[-1]["distance"] < 1)


def disjoint():
    rows = train(compiled("disjoint"), 2000)
    first, last = rows[0], rows[-1]
    return f"disjoint: {first}, {last}" * (
        abs(last["js"] - math.log(2)) > 1e-4 or last["slope"] > 1e-3 * first["slope"] or last["distance"] < 0.9)


def logan():
    """Where z takes its step, what turned for ever settles: by the eigenvalues at the beginning, and in play."""
    wrong = []
    for reach, bounds in ((0.3, (0, 0.1)), (0.0, (2.8, 3.2))):
        binary = compiled("logan", f"-{reach}", options=["--float=f64", f"-Dreach={reach}"])
        train(binary, 0)
        run([binary, "analyze", "--from", binary + "-0", "--json", binary + ".json"])
        with open(binary + ".json", encoding="utf-8") as file:
            found = [complex(*pair) for pair in json.load(file)["eigenvalues"]]
        root = complex(-reach, math.sqrt(1 - reach ** 2))
        off = max(min(abs(value - root), abs(value - root.conjugate())) for value in found)
        distance = train(binary, 600)[-1]["distance"]
        if len(found) != 4 or off > 1e-7 or not bounds[0] <= distance <= bounds[1]:
            wrong.append(f"logan, reach {reach}: {found}, {distance}")
    return "; ".join(wrong)


def jensen_shannon(mean, deviation, other_mean, other_deviation):
    """Of two normals, by the sum over a fine grid."""
    def normal(x, m, s):
        return math.exp(-0.5 * ((x - m) / s) ** 2) / (s * math.sqrt(2 * math.pi))
    total = 0
    for i in range(-10000, 10001):
        p, q = normal(i / 1000, mean, deviation), normal(i / 1000, other_mean, other_deviation)
        total += sum(r * math.log(2 * r / (p + q)) for r in (p, q) if r > 0) / 2000
    return total


def ideal():
    """Where G stands still, the value becomes 2 JS - log 4; where it moves, p is found."""
    binary = compiled("ideal")
    still, expected = train(binary, 1000, "--set", "G.lr=0")[-1], 2 * jensen_shannon(1, 0.5, -1, 1) - math.log(4)
    moved = train(binary, 1000)[-1]
    return f"ideal: {still}, not {expected}; {moved}" * (
        max(abs(still["V"] - expected), abs(still["ideal"] - expected), abs(moved["V"] + math.log(4))) > 1e-3 or
        max(still["error"], moved["error"]) > 0.01 or abs(moved["mean"] - 1) > 0.01 or
        abs(moved["deviation"] - 0.5) > 0.01)


# Games of two networks.

def coverage(binary, seed):
    """Modes reached, and the share of samples of high quality."""
    with open(os.path.join(f"{binary}-{seed}", "run.json"), encoding="utf-8") as file:
        found = json.load(file)["coverage"]["G"]
    return found["modes"], found["high_quality"]


UNROLLED, PLAIN = "D; G unrolling unroll D", "D; G"


def unrolled(job):
    """Where the plain game loses modes the unrolled one does not."""
    binary, seed = job
    train(binary, 8000, seed=seed)
    return coverage(binary, seed)[0]


def unrolled_against_plain(seeds):
    binaries = compiled("unrolled"), compiled("unrolled", "-plain", [(UNROLLED, PLAIN)])
    modes = [list(pool.map(unrolled, [(binary, seed) for seed in seeds])) for binary in binaries]
    print("unrolled: modes", modes[0], "plain:", modes[1], flush=True)
    return f"unrolled: {modes}" * (min(modes[0]) < 8 or min(modes[1]) == 8)


def runge_kutta(steps, least):
    """The flow is followed where simultaneous play overflows."""
    binary = compiled("runge_kutta")
    train(binary, steps, seed=1)
    plain = compiled("runge_kutta", "-plain", [("play runge_kutta(rate) {", "play {")])
    run([plain, "train", "--steps", "100", "--seed", "1", "--out", plain + "-1", "--force", "--quiet"], expect=1)
    found = coverage(binary, 1)
    return f"runge_kutta: {found}" * (found[0] < least)


def packs():
    """A pack begins with the sample itself, and its other sample is drawn independently."""
    more = """play { D; G }
  metric own = E[sum((packed(x)[0:2] - x)^2)]
  metric other = E[sum((packed(x)[2:4] - x)^2)]"""
    binary = compiled("pacgan", "-packs", [("play { D; G }", more)], ["-D", "width=8"])
    train(binary, 10)
    numbers = json.loads(run([binary, "eval", "--from", binary + "-0", "--json"])[0])["metrics"]
    return f"packs: {numbers}" * (numbers["own"] != 0 or abs(numbers["other"] - 2) > 0.1)


def pacgan(seeds):
    """The row of the paper's table for the ring: 7.9 modes, 95.6 % samples of high quality."""
    binary = compiled("pacgan", options=["-D", "steps=40000"])
    list(pool.map(lambda seed: train(binary, 40000, seed=seed), seeds))
    modes, quality = (sum(each) / len(each) for each in zip(*(coverage(binary, seed) for seed in seeds)))
    print(f"pacgan: modes {modes:.1f}, of high quality {quality:.3f}", flush=True)
    return f"pacgan: {modes}, {quality}" * (modes < 7.9 or quality < 0.956)


# The one-dimensional GAN.

def dense(weights, layer, row):
    W, b = weights[layer + ".W"], weights[layer + ".b"]
    return [b[j] + sum(v * W[i * len(b) + j] for i, v in enumerate(row)) for j in range(len(b))]


def density_of_samples(weights, points):
    """What G makes of the normal density: the mass of each small step of z is spread over the step of G(z)."""
    steps = [-6 + 12 * i / 6000 for i in range(6001)]
    images = [dense(weights, "G.dense_1", [max(v, 0) + math.log1p(math.exp(-abs(v)))
                                           for v in dense(weights, "G.dense_0", [z])])[0] for z in steps]
    density = [0.0] * len(points)
    for z, a, b in zip(steps, images, images[1:]):
        mass = math.exp(-0.5 * (z + 0.001) ** 2) / math.sqrt(2 * math.pi) * 0.002
        for i, x in enumerate(points):
            if min(a, b) <= x < max(a, b):
                density[i] += mass / abs(b - a)
    return density


def discriminator(weights, x):
    h = [x]
    for layer in "D.dense_0", "D.dense_1":
        h = [max(v, 0.2 * v) for v in dense(weights, layer, h)]
    return 1 / (1 + math.exp(-dense(weights, "D.dense_2", h)[0]))


def gaussian1d(job):
    """D is the ideal one wherever the data's density is more than a twentieth of its peak; the value is -log 4."""
    binary, seed = job
    train(binary, 20000, seed=seed)
    out = f"{binary}-{seed}"
    weights = read_safetensors(os.path.join(out, "checkpoint.safetensors"))
    points = [4 + 0.5 * math.sqrt(2 * math.log(20)) * i / 50 for i in range(-50, 51)]
    off = 0
    for x, q in zip(points, density_of_samples(weights, points)):
        p = math.exp(-2 * (x - 4) ** 2) / (0.5 * math.sqrt(2 * math.pi))
        off = max(off, abs(discriminator(weights, x) - p / (p + q)))
    numbers = json.loads(run([binary, "eval", "--from", out, "--json"])[0])["metrics"]
    print(f"gaussian1d, seed {seed}: V {numbers['V']:.4f}, mean {numbers['mean']:.3f}, deviation "
          f"{numbers['deviation']:.3f}, D off by {off:.3f}", flush=True)
    return f"gaussian1d, seed {seed}" * (off > 0.03 or abs(numbers["V"] + math.log(4)) > 0.02)


with ThreadPoolExecutor(2) as pool:
    FLOWS = [(0.1, 0.1, 1), (1.5, 0.5, 1), (0.2, 2, 1), (-0.3, 0.1, 2), (3, 0.5, 1), (0.1, 1.5, 0.5)]
    wrong = [*pool.map(flow, enumerate(FLOWS)), *pool.map(rate, enumerate(GAMES)), two_point(), disjoint(), ideal(),
             unrolled_against_plain(range(5) if long else [4]), runge_kutta(1500, 7), packs(), logan()]
    if long:
        binary = compiled("gaussian1d")
        wrong.append(pacgan([2]))
        wrong += pool.map(gaussian1d, [(binary, seed) for seed in range(3)])
wrong = [text for text in wrong if text]
sys.exit("\n".join(wrong) if wrong else 0)
