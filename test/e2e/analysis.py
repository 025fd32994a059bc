# RUN: %python %s %t
"""`analyze` against closed forms, differences and itself.

The two-parameter game J = gamma phi theta - alpha phi^2 / 2 + beta theta^2 / 2, which phi maximizes and theta
minimizes, over a grid on both sides of |alpha - beta| = 2 gamma; fields with stopped numbers, draws and a batch
norm; a small GAN, whose leading eigenvalues are those of the dense Jacobian."""

import cmath
import itertools
import json
import math
import os
import random
import shutil
import sys
from xml.etree import ElementTree

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "Inputs"))
sys.dont_write_bytecode = True
from support import (compile_model, gradient_failure, read_safetensors, relative_distance, run, write_safetensors)

QUADRATIC = """
network phi() -> [1] { param w: [1] = 0.9; return w }
network theta() -> [1] { param w: [1] = 0.4; return w }
network C() -> [3] { param c: [3] = 0; return c }
game quadratic {
  frozen C from "none.safetensors"
  value J = E[C()[2] * phi() * theta() - C()[0] * phi()^2 / 2 + C()[1] * theta()^2 / 2]
  player phi maximizes J with sgd(lr = 0.01)
  player theta minimizes J with sgd(lr = 0.01)
  play { PLAY }
  metric phi_now = E[phi()]
  metric theta_now = E[theta()]
}
"""


def compiled(directory, name, text, *options):
    path = os.path.join(directory, name + ".agon")
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    return compile_model(path, os.path.join(directory, name + "".join(options)), *options)


def shapes_of(binary):
    """name -> shape, of parameters and states, in the order of the game."""
    networks = json.loads(run([binary, "info", "--json"])[0])["networks"]
    return {entry["name"]: entry["shape"]
            for network in networks for entry in network["parameters"] + network["states"]}


def in_order(binary, names):
    return [name for name in shapes_of(binary) if name in names]


def analyze(binary, source, *options, directory):
    """What --json holds, and the text."""
    path = os.path.join(directory, "analysis.json")
    text, _ = run([binary, "analyze", "--from", source, "--json", path, *options])
    with open(path, encoding="utf-8") as file:
        return json.load(file), text


def close(got, expected, tolerance, what):
    assert abs(got - expected) <= tolerance * max(1, abs(expected)), f"{what}: expected {expected}, got {got}"


def same_values(got, expected, tolerance, what):
    """Complex numbers in any order."""
    left = [complex(*pair) for pair in got]
    assert len(left) == len(expected), f"{what}: {got}"
    for value in expected:
        nearest = min(left, key=lambda each: abs(each - value))
        assert abs(nearest - value) <= tolerance, f"{what}: expected {expected}, got {got}"
        left.remove(nearest)


def flow_of(alpha, beta, gamma):
    root = cmath.sqrt((alpha - beta) ** 2 / 4 - gamma ** 2)
    return [-(alpha + beta) / 2 + root, -(alpha + beta) / 2 - root]


def multipliers_of(alpha, beta, gamma, rate, alternating):
    if not alternating:
        return [1 + rate * value for value in flow_of(alpha, beta, gamma)]
    trace = 2 - rate * (alpha + beta) - (rate * gamma) ** 2
    determinant = (1 - rate * alpha) * (1 - rate * beta)
    root = cmath.sqrt(trace ** 2 / 4 - determinant)
    return [trace / 2 + root, trace / 2 - root]


def kind_of(alpha, beta, gamma):
    values = flow_of(alpha, beta, gamma)
    if abs(values[0].imag) > 0:
        growth = values[0].real
        return "centre" if growth == 0 else "stable focus" if growth < 0 else "unstable focus"
    signs = {value.real > 0 for value in values}
    return "saddle" if len(signs) == 2 else "unstable node" if True in signs else "stable node"


def largest_rates(alpha, beta, gamma):
    """Of simultaneous and of alternating play: the first rate at which a multiplier leaves the unit circle."""
    total, product = alpha + beta, alpha * beta
    values = flow_of(alpha, beta, gamma)
    if max(value.real for value in values) > 0:
        return 0, 0
    simultaneous = min(-2 * value.real / abs(value) ** 2 for value in values)
    # Jury: |determinant| < 1, 1 + trace + determinant > 0.
    limits, lead = [], product - gamma ** 2
    if product > 0:
        limits.append(total / product)
    if product and total ** 2 >= 8 * product:
        limits.append((total - math.sqrt(total ** 2 - 8 * product)) / (2 * product))
    if total ** 2 >= 4 * lead:
        limits.append(4 / (total + math.sqrt(total ** 2 - 4 * lead)))
    return simultaneous, min(limit for limit in limits if limit > 0)


def grid(binary, directory):
    """Every point of the grid as a checkpoint that another program has written."""
    kinds = set()
    points = list(itertools.product((0.5, 1.2, -0.3), (0.1, 0.5), (0.05, 0.3, 2.0))) + [(0, 0, 2.5), (0, 0.4, 1)]
    for number, (alpha, beta, gamma) in enumerate(points):
        what = f"alpha {alpha}, beta {beta}, gamma {gamma}"
        path = os.path.join(directory, f"point-{number}.safetensors")
        write_safetensors(path, {"phi.w": ([1], [0.0]), "theta.w": ([1], [0.0]), "C.c": ([3], [alpha, beta, gamma])},
                          "d")
        rate = 0.1
        found, text = analyze(binary, path, "--rate", str(rate), directory=directory)
        same_values(found["eigenvalues"], flow_of(alpha, beta, gamma), 1e-8, what)
        kind = kind_of(alpha, beta, gamma)
        kinds.add(kind)
        assert found["flow"]["kind"] == kind, f"{what}: expected {kind}, got {found['flow']}"
        assert f"flow          {kind};" in text, text
        assert found["norm"] == 0 and found["draws"] is None, found
        close(found["flow"]["frequency"], abs(flow_of(alpha, beta, gamma)[0].imag), 1e-8, what)
        for play, largest in zip(("simultaneous", "alternating"), largest_rates(alpha, beta, gamma)):
            expected = multipliers_of(alpha, beta, gamma, rate, play == "alternating")
            same_values(found[play]["multipliers"], expected, 1e-8, f"{what}, {play}")
            close(found[play]["spectral_radius"], max(map(abs, expected)), 1e-8, f"{what}, {play}")
            close(found[play]["frequency"], max(abs(cmath.phase(m)) if abs(m.imag) > 1e-9 else 0 for m in expected),
                  1e-8, f"{what}, {play}")
            close(found[play]["largest_rate"], largest, 1e-8, f"{what}, {play}")
            assert found[play]["stable"] == (max(map(abs, expected)) < 1 - 1e-12), f"{what}, {play}: {found[play]}"
    assert kinds == {"stable node", "stable focus", "unstable focus", "saddle", "centre"}, kinds

    # The bilinear game: simultaneous play diverges at every rate, alternating play is bounded up to 2 / gamma.
    found, text = analyze(binary, os.path.join(directory, f"point-{points.index((0, 0, 2.5))}.safetensors"),
                          "--rate", "phi=0.2", "--rate", "theta=0.05", directory=directory)
    assert found["simultaneous"]["largest_factor"] == 0 and "no step is small enough" in text, text
    close(found["alternating"]["largest_factor"] * math.sqrt(0.2 * 0.05), 2 / 2.5, 1e-8, "unequal rates")
    assert found["simultaneous"]["kind"] == "unstable focus" and found["alternating"]["kind"] == "centre", found
    assert "phi=0.2 theta=0.05" in text and "largest_rate" not in found["alternating"], text


def played(binaries, directory):
    """Where the game plays neither simultaneously nor alternately, a line says so."""
    others = {"other": "\n  repeat 2 { phi }  // twice\n  theta\n", "way": "extragradient { phi & theta }"}
    made = {**binaries, **{name: compiled(directory, name, QUADRATIC.replace("PLAY", play), "--float=f64")
                           for name, play in others.items()}}
    made["tight"] = compiled(directory, "tight", QUADRATIC.replace("{ PLAY }", "{phi\n  theta}"), "--float=f64")
    point = os.path.join(directory, "point-0.safetensors")
    assert analyze(made["tight"], point, directory=directory)[0]["play"]["kind"] == "alternating"
    for name, turns in (("simultaneous", "{ phi & theta }"), ("alternating", "{ phi; theta }"),
                        ("other", "{ repeat 2 { phi } theta }"), ("way", "{ extragradient { phi & theta } }")):
        found, text = analyze(made[name], point, directory=directory)
        assert found["play"] == {"turns": turns, "kind": None if name in others else name}, found["play"]
        told = f"the game plays {turns}, of which neither of these two tells" in text
        assert told == (name in others) and ("the game plays" in text) == told, text


def turns_of(log):
    """How far the point turns an iteration, on the mean over whole turns."""
    with open(log, encoding="utf-8") as file:
        names = file.readline().strip().split(",")
        rows = [dict(zip(names, map(float, line.strip().split(",")))) for line in file]
    angles = [math.atan2(row["theta_now"], row["phi_now"]) for row in rows]
    total, ends = 0, [0]
    for number, (a, b) in enumerate(zip(angles, angles[1:])):
        before = total
        total += (b - a + math.pi) % (2 * math.pi) - math.pi
        if abs(total) // (2 * math.pi) > abs(before) // (2 * math.pi):
            ends.append(number + 1 + (2 * math.pi * (abs(total) // (2 * math.pi)) - abs(total)) / abs(total - before))
    assert len(ends) > 3, f"{log}: {ends}"
    return 2 * math.pi * (len(ends) - 1) / ends[-1]


def trajectories(binaries, directory):
    """What the trained binary does has the frequency that its equilibrium tells of."""
    coefficients = os.path.join(directory, "c.safetensors")
    for alpha, beta, gamma in ((0.05, 0.02, 1.0), (0, 0, 1.5)):
        write_safetensors(coefficients, {"C.c": ([3], [alpha, beta, gamma])})
        for play, binary in binaries.items():
            out = os.path.join(directory, f"turning-{play}")
            rate = 0.05
            run([binary, "train", "--steps", "600", "--log-every", "1", "--init", f"C={coefficients}", "--out", out,
                 "--set", f"phi.lr={rate}", "--set", f"theta.lr={rate}", "--force", "--quiet"])
            found, _ = analyze(binary, out, directory=directory)
            frequency = turns_of(os.path.join(out, "log.csv"))
            assert found[play]["rates"] == {"phi": rate, "theta": rate}, "the run's --set"
            assert abs(frequency / found[play]["frequency"] - 1) < 0.01, f"{play}: {frequency}, {found[play]}"
            assert abs(frequency / (rate * found["flow"]["frequency"]) - 1) < 0.01, f"{play}: {frequency}, {found}"
            point = read_safetensors(os.path.join(out, "checkpoint.safetensors"))
            length = math.hypot(point["phi.w"][0], point["theta.w"][0]) / math.hypot(0.9, 0.4)
            shrunk = math.log(length) / 600
            assert abs(shrunk - math.log(found[play]["spectral_radius"])) < 1e-3, f"{play}: {shrunk}, {found[play]}"


STOPPED = """
const batch = 4
network A(x: [2]) -> [2] = x |> dense(3) |> batchnorm |> tanh |> dense(2)
network B(x: [2]) -> [1] = x |> dense(2) |> tanh |> dense(1)
game stopped {
  data x: [2] ~ normal(0, 1)
  noise z: [2] ~ normal(0, 1)
  let fake = A(z)
  let held = stop_gradient(fake) + x
  player A minimizes E[B(fake)] + E[sum(fake * stop_gradient(exp(fake - stop_gradient(fake^2))))] with sgd(lr = 0.1)
  player B maximizes E[B(x)] - E[B(held)^2] - E[norm(grad(B(held), held))^2] + E[sum(stop_gradient(fake)) * B(x)]
      + 0.1 * iteration * E[B(x)^2]
    with adam(lr = 0.1)
  play { A; B }
}
"""


def stopped(directory):
    """The Jacobian against differences of the field: through what is stopped too, at one point and one draw."""
    binary = compiled(directory, "stopped", STOPPED, "--float=f64")
    assert gradient_failure(binary) is None, gradient_failure(binary)
    out = os.path.join(directory, "stopped-run")
    run([binary, "train", "--steps", "3", "--out", out, "--quiet"])
    tensors = {name: values for name, values in read_safetensors(os.path.join(out, "checkpoint.safetensors")).items()
               if name.split(".")[0] in "AB"}
    names = [name for name in sorted(tensors) if name.split(".")[-1] in ("W", "b", "scale", "shift", "gamma", "beta")]
    source, shapes = random.Random(4), shapes_of(binary)
    way = {name: [source.gauss(0, 1) for _ in tensors[name]] for name in names}

    def at(step, draws):
        moved = {name: (shapes[name], [w + step * d for w, d in zip(values, way.get(name, [0] * len(values)))])
                 for name, values in tensors.items()}
        path = os.path.join(directory, "moved.safetensors")
        write_safetensors(path, moved, "d")
        return analyze(binary, path, "--draws", str(draws), directory=directory)

    for draws in (1, 3):
        found, text = at(0, draws)
        assert f"mean over {draws} minibatch" in text and found["draws"] == draws, text
        assert found["simultaneous"]["rates"] is None and "--rate" in text, text
        assert found["parameters"] == sum(len(tensors[name]) for name in names) == len(found["field"]), names
        step = 1e-5
        low, high = at(-step, draws)[0]["field"], at(step, draws)[0]["field"]
        slopes = [(b - a) / (2 * step) for a, b in zip(low, high)]
        along = [d for name in in_order(binary, names) for d in way[name]]
        products = [sum(a * d for a, d in zip(row, along)) for row in found["jacobian"]]
        assert relative_distance(products, slopes) < 1e-7, f"{draws} draws: {products}, {slopes}"
    assert found["field"] != at(0, 1)[0]["field"], "the mean over more draws is another field"


GAN = """
const batch = 32
network G(z: [2]) -> [2] = z |> dense(6) |> tanh |> dense(2)
network D(x: [2]) -> [1] = x |> dense(8) |> tanh |> dense(4) |> tanh |> dense(1)
game small {
  data x: [2] ~ ring(modes = 4, radius = 1, std = 0.1)
  noise z: [2] ~ normal(0, 1)
  player D minimizes E[softplus(-D(x))] + E[softplus(D(G(z)))] + 0.05 * E[sum(D(x)^2)] with sgd(lr = 0.1)
  player G minimizes E[softplus(-D(G(z)))] with sgd(lr = 0.05)
  play { D; G }
}
"""


def leading(directory):
    """Arnoldi's iteration finds the eigenvalues of the dense Jacobian, for the flow and for both plays."""
    binary = compiled(directory, "small", GAN, "--float=f64")
    out = os.path.join(directory, "small-run")
    run([binary, "train", "--steps", "200", "--out", out, "--quiet"])
    whole, _ = analyze(binary, out, "--draws", "4", "--hessian", directory=directory)
    some, text = analyze(binary, out, "--draws", "4", "--hessian", "--leading", "4", directory=directory)
    again, _ = analyze(binary, out, "--draws", "4", "--hessian", "--leading", "4", "--threads", "1",
                       directory=directory)
    assert some == again, "the same on every run"
    assert whole["whole"] and not some["whole"] and "by the leading eigenvalues" in text, text
    assert len(whole["eigenvalues"]) == whole["parameters"] == 32 + 65, whole["parameters"]
    values = [complex(*pair) for pair in whole["eigenvalues"]]
    for key, rank in (("largest_modulus", abs), ("largest_real", lambda value: value.real),
                      ("smallest_real", lambda value: -value.real)):
        found = [complex(*pair) for pair in some[key]]
        assert len(found) >= 4, f"{key}: {some[key]}"
        best = sorted(values, key=rank, reverse=True)[:4]
        for value in best:
            assert min(abs(value - each) for each in found) < 1e-7 * abs(values[0]) + 1e-8, f"{key}: {found}, {best}"
    assert whole["alternating"]["turns"] == "D; G" and whole["simultaneous"]["turns"] == "D & G", whole
    for play in ("simultaneous", "alternating"):
        close(some[play]["spectral_radius"], whole[play]["spectral_radius"], 1e-8, play)
        assert "largest_factor" not in some[play] and "largest_factor" in whole[play], play
    for player in "DG":
        ends, spectrum = some["players"][player]["hessian"], whole["players"][player]["hessian"]
        assert len(spectrum) == whole["players"][player]["parameters"], player
        close(ends[0], spectrum[0], 1e-8, f"hessian of {player}")
        close(ends[-1], spectrum[-1], 1e-8, f"hessian of {player}")
    return binary, out


def path_between(binary, directory):
    """On a line the quadratic game's field is linear: its norm and path-angle by hand."""
    alpha, beta, gamma = 0.3, 0.2, 1.0
    ends = []
    for number, (phi, theta) in enumerate(((1.0, -0.5), (0.1, 0.2))):
        ends.append(os.path.join(directory, f"end-{number}.safetensors"))
        write_safetensors(ends[-1], {"phi.w": ([1], [phi]), "theta.w": ([1], [theta]),
                                     "C.c": ([3], [alpha, beta, gamma])}, "d")
    found, text = analyze(binary, ends[0], "--to", ends[1], directory=directory)
    assert "path-angle" in text and len(found["path"]) == 25, text
    for place in found["path"]:
        phi, theta = 1.0 - 0.9 * place["way"], -0.5 + 0.7 * place["way"]
        v = gamma * theta - alpha * phi, -gamma * phi - beta * theta
        close(place["norm"], math.hypot(*v), 1e-12, "norm on the way")
        close(place["angle"], (-0.9 * v[0] + 0.7 * v[1]) / math.hypot(*v) / math.hypot(0.9, 0.7), 1e-12, "path-angle")
    # The analysis is of the run that was asked about, wherever the way leads.
    close(found["norm"], math.hypot(-0.5 - 0.3, -1 + 0.1), 1e-12, "|v|")


def points_of(svg, name):
    """The points of a trajectory, in pixels."""
    text = svg[svg.index(f'id="{name}"'):]
    return [tuple(map(float, pair.split(","))) for pair in text.split(' d="M')[1].split('"')[0].split()]


def portraits(binary, directory):
    picture = os.path.join(directory, "portrait.svg")
    point = os.path.join(directory, "portrait.safetensors")
    write_safetensors(point, {"phi.w": ([1], [0.0]), "theta.w": ([1], [0.0]), "C.c": ([3], [0.1, 0.1, 1.0])}, "d")
    analyze(binary, point, "--portrait", picture, "--start", "1,0.5", "--rate", "0.2", directory=directory)
    with open(picture, encoding="utf-8") as file:
        svg = file.read()
    ElementTree.fromstring(svg)
    for part in ("field", "nullcline-0", "nullcline-1", "flow", "simultaneous", "alternating", "start", "equilibrium"):
        assert f'id="{part}"' in svg, part
    # The window is the square of 1.3 around the equilibrium: 70 + 280 + 280 / 1.3 pixels across.
    for play in ("flow", "simultaneous", "alternating"):
        points = points_of(svg, play)
        x, y = points[0]
        assert abs(x - (350 + 280 / 1.3)) < 0.01 and abs(y - (310 - 140 / 1.3)) < 0.01, (play, points[0])
    # One step: phi moves by 0.2 (theta - 0.1 phi), theta then sees the new phi only in alternating play.
    phi = 1 + 0.2 * (0.5 - 0.1)
    for play, seen in (("simultaneous", 1), ("alternating", phi)):
        theta = 0.5 - 0.2 * (seen + 0.05)
        x, y = points_of(svg, play)[1]
        assert abs(x - (350 + 280 * phi / 1.3)) < 0.01 and abs(y - (310 - 280 * theta / 1.3)) < 0.01, play
    # The flow ends where exp(J t) leads, t = 400 steps of 0.2.
    x, y = points_of(svg, "flow")[-1]
    length = math.exp(-0.1 * 80)
    assert math.hypot(x - 350, y - 310) < 1.01 * 280 * length * math.hypot(1, 0.5) / 1.3 + 0.01, (x, y)

    pixels = os.path.join(directory, "portrait.png")
    analyze(binary, point, "--portrait", pixels, "--start", "1,0.5", "--rate", "0.2", directory=directory)
    with open(pixels, "rb") as file:
        assert file.read(24) == b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + (1600).to_bytes(4, "big") + (1300).to_bytes(4, "big")

    line = compiled(directory, "line", LINE, "--float=f64")
    out = os.path.join(directory, "line-run")
    run([line, "train", "--steps", "0", "--out", out, "--quiet"])
    found, text = analyze(line, out, "--portrait", picture, directory=directory)
    close(found["eigenvalues"][0][0], -(3 * 1.5 ** 2 - 1), 1e-12, "w^4 / 4 - w^2 / 2 at 1.5")
    assert found["flow"]["kind"] == "stable node" and "alternating" not in found, text
    assert "the game plays" not in text, text
    close(found["simultaneous"]["largest_rate"], 2 / (3 * 1.5 ** 2 - 1), 1e-12, "one player")
    with open(picture, encoding="utf-8") as file:
        assert 'id="curve"' in file.read()


LINE = """
network P() -> [1] { param w: [1] = 1.5; return w }
game line { player P minimizes E[P()^4 / 4 - P()^2 / 2] with sgd(lr = 0.1) }
"""


def errors(quadratic, gan, gan_run, directory):
    """Each tells what is wrong, and leaves no file."""
    narrow = compiled(directory, "narrow", QUADRATIC.replace("PLAY", "phi; theta"))
    point = os.path.join(directory, "narrow.safetensors")
    write_safetensors(point, {"phi.w": ([1], [1.0]), "theta.w": ([1], [0.0]), "C.c": ([3], [0.1, 0.1, 1.0])})
    picture = os.path.join(directory, "none.svg")

    def fails(binary, source, *options, code=64):
        _, error = run([binary, "analyze", "--from", source, "--portrait", picture, *options], expect=code)
        assert not os.path.exists(picture), options
        return error

    assert "compile the game with --float=f64" in fails(narrow, point)
    assert "a portrait is of a game of one or two parameters; small has 97" in fails(gan, gan_run)
    assert "no player 'fi'" in fails(quadratic, point, "--rate", "fi=1")
    assert "above 0" in fails(quadratic, point, "--rate", "-1")
    assert "--start expects 2 numbers, got 1" in fails(quadratic, point, "--start", "1")
    assert "cannot open" in fails(quadratic, os.path.join(directory, "missing"), code=66)
    assert "are one point" in fails(quadratic, point, "--to", point)
    _, error = run([quadratic, "analyze", "--from", point, "--portrait", "portrait.gif"], expect=64)
    assert "ends in .svg or .png" in error, error
    _, error = run([quadratic, "analyze", "--from", point, "--start", "1,1"], expect=64)
    assert "--start is for --portrait" in error, error
    with open(picture, "w", encoding="utf-8") as file:
        file.write("a letter")
    _, error = run([quadratic, "analyze", "--from", point, "--portrait", picture], expect=64)
    assert "is of another kind" in error, error


def narrow_run(directory):
    """The run of a 32-bit build, with its networks and their states, is one of the 64-bit build, too."""
    narrow, wide = compiled(directory, "small", GAN), os.path.join(directory, "small--float=f64")
    out = os.path.join(directory, "narrow-run")
    run([narrow, "train", "--steps", "5", "--out", out, "--quiet"])
    found, _ = analyze(wide, out, directory=directory)
    assert found["iteration"] == 5 and found["parameters"] == 97, found
    _, error = run([wide, "eval", "--from", out], expect=65)
    assert "--float" in error, error


def main():
    directory = os.path.abspath(sys.argv[1])
    shutil.rmtree(directory, ignore_errors=True)
    os.makedirs(directory)
    plays = {"simultaneous": "phi & theta", "alternating": "phi; theta"}
    binaries = {name: compiled(directory, name, QUADRATIC.replace("PLAY", play), "--float=f64")
                for name, play in plays.items()}
    grid(binaries["alternating"], directory)
    played(binaries, directory)
    trajectories(binaries, directory)
    stopped(directory)
    gan, gan_run = leading(directory)
    path_between(binaries["simultaneous"], directory)
    portraits(binaries["simultaneous"], directory)
    errors(binaries["alternating"], gan, gan_run, directory)
    narrow_run(directory)


if __name__ == "__main__":
    main()
