# REQUIRES: numpy
# RUN: %torch_python %s %examples %bin %t
# UNSUPPORTED: sanitized
# A library that has sanitizers can only be used by a program that has them.
"""agon.py: networks and training from Python, with arrays by the buffer protocol and by DLPack; shapes and types are
judged before anything is called."""

import array
import os
import shutil
import sys

import numpy as np

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "Inputs"))
sys.dont_write_bytecode = True
from support import compile_model, run

examples, binaries, scratch = sys.argv[1:4]
sys.path.insert(0, binaries)
import agon

shutil.rmtree(scratch, ignore_errors=True)
os.makedirs(scratch)
os.chdir(scratch)
ring = os.path.join(examples, "ring.agon")


def refused(kind, text, call):
    try:
        call()
    except kind as error:
        assert text in str(error), error
        return error
    raise AssertionError(f"expected {kind}: {text}")


class Exported:
    """An array that only DLPack gets at."""

    def __init__(self, values):
        self.values = values

    def __dlpack__(self, **options):
        return self.values.__dlpack__(**options)

    def __dlpack_device__(self):
        return self.values.__dlpack_device__()


binary = compile_model(ring, "ring")
run([binary, "train", "--steps", "4", "--out", "run", "--quiet", "--force"])
run([binary, "sample", "--from", "run", "-n", "300", "--seed", "5", "-o", "sampled.npy", "--force"])
run(["agonc", ring, "--emit=lib", "--network", "G", "--weights", "run", "-o", "libG.so"])
run(["agonc", ring, "--emit=lib", "-o", "libring.so"])

with agon.Network("libG.so", threads=1) as G:
    assert (G.name, G.signature) == ("G", "(z: [2]) -> [2]")
    z = G.draw(300, seed=5)["z"]
    expected = np.load("sampled.npy")
    assert np.array_equal(G(z), expected) and np.array_equal(G(z=z), expected) and np.array_equal(G({"z": z}), expected)
    assert np.array_equal(G(Exported(z)), expected)
    assert np.array_equal(G(memoryview(z)), expected)
    assert np.array_equal(G(z[:, ::-1][:, ::-1]), expected)  # not dense
    assert np.array_equal(G(z.astype(np.float64)), expected)
    assert G(z[:1]).shape == (1, 2) and G(z[:0]).shape == (0, 2)
    refused(ValueError, "expects z of shape (batch, 2), got (300, 3)", lambda: G(np.zeros((300, 3), np.float32)))
    refused(ValueError, "got (2,)", lambda: G(array.array("f", [1, 2])))
    refused(TypeError, "expects z of float32, got complex64", lambda: G(z * 1j))
    refused(TypeError, "G lacks z", G)
    refused(TypeError, "takes 1 inputs, got 2", lambda: G(z, z))
    refused(TypeError, "got y", lambda: G(y=z))
assert refused(agon.Error, "closed", lambda: G(z)).code == 64
refused(agon.Error, "cannot open none", lambda: agon.Network("libG.so", weights="none"))
refused(agon.Error, "expected 0 to 4096 threads", lambda: agon.Network("libG.so", threads=100000))
refused(agon.Error, "expected 0 to 4096 threads", lambda: agon.Game("libring.so", threads=-1))
refused(agon.Error, "no library of a network", lambda: agon.Network("libring.so"))
refused(agon.Error, "no library that trains", lambda: agon.Game("libG.so"))

# Noise and labels of two kinds, an average, draws of the network's own, several results, a word of C as a name; the
# last minibatch is not full.
with open("cond.agon", "w", encoding="utf-8") as file:
    file.write("""const batch = 7
layer noisy(x: [n]) -> [n] { noise e: [n] ~ normal(0, 1); return x + 0.1 * e }
network G(z: [2], y: class(3), k: class(4)) -> [4] =
  concat(z, concat(one_hot(y), one_hot(k))) |> dense(8) |> batchnorm |> relu |> noisy |> dense(4)
network D(x: [4], y: class(3)) -> ([1], [3]) { let h = concat(x, one_hot(y)) |> dense(3); return (h[0:1], h) }
game cond {
  data (x: [4], y: class(3))
  noise float: [2] ~ uniform(-1, 1)
  noise k: class(4) ~ categorical(4)
  let (real, a) = D(x, y)
  let (fake, b) = D(G(float, y, k), y)
  player D minimizes E[softplus(-real)] + E[softplus(fake)] + 0.1 * E[a^2] with sgd(lr = 0.1)
  player G minimizes E[softplus(-fake)] with sgd(lr = 0.1)
  average G with ema(0.5)
  play { D; G }
}
""")
np.save("x.npy", np.random.default_rng(1).standard_normal((40, 4)).astype(np.float32))
np.save("y.npy", np.arange(40, dtype=np.int32) % 3)
binary = compile_model("cond.agon", "cond")
run([binary, "train", "--steps", "5", "--data", "x=x.npy", "--data", "y=y.npy", "--out", "cond-run", "--quiet",
     "--force"])
for options, average in ([], []), (["--weights", "current"], ["--average=current"]):
    run([binary, "sample", "--from", "cond-run", "-n", "23", "--seed", "4", *options, "-o", "cond.npy", "--force"])
    os.makedirs("cond-lib", exist_ok=True)  # not beside the header of ring's G
    library = f"cond-lib/libG{len(average)}.so"
    run(["agonc", "cond.agon", "--emit=lib", "--network", "G", "--weights", "cond-run", *average, "-o", library])
    with agon.Network(library) as G:
        assert set(G.inputs) == {"float", "y", "k"}, G.inputs
        drawn = G.draw(23, seed=4)
        G.seed(4)
        assert np.array_equal(G(drawn), np.load("cond.npy")), average
        assert np.array_equal(drawn["y"], np.arange(23) % 3)
        for name, classes in ("y", 3), ("k", 4):
            for value in classes, -1, 2**32:
                labels = drawn[name].astype(np.int64)
                labels[[17, 20]] = value
                error = refused(agon.Error, f"{name}: sample 17 is {value}, expected a class from 0 to {classes - 1}",
                                lambda labels=labels: G({**drawn, name: labels}))
                assert error.code == 65
run(["agonc", "cond.agon", "--emit=lib", "--network", "D", "--weights", "cond-run", "-o", "libD.so"])
with agon.Network("libD.so") as D:
    score, classes = D(np.load("x.npy"), np.load("y.npy"))
    assert score.shape == (40, 1) and classes.shape == (40, 3) and np.array_equal(score[:, 0], classes[:, 0])
    refused(ValueError, "equally many samples", lambda: D(np.load("x.npy"), np.load("y.npy")[:3]))
    refused(TypeError, "expects y of int32, got float64", lambda: D(np.load("x.npy"), np.zeros(40)))
    refused(agon.Error, "y: sample 3 is 3, expected a class from 0 to 2", lambda: D(np.load("x.npy"), np.arange(40)))
    refused(agon.Error, "no noise that the game draws", lambda: D.draw(3))

# A loop that makes its own minibatches: points of one mode of the ring, which D is to know from G's.
random = np.random.default_rng(0)
with agon.Game("libring.so", seed=1, threads=1) as game:
    assert game.names("network") == ["G", "D"] and game.names("field") == ["x"] and "D.lr" in game.names("setting")
    game.set("D.lr", 1e-3)
    for turn in range(30):
        minibatch = (np.array([2, 0]) + 0.02 * random.standard_normal((game.batch, 2))).astype(np.float32)
        game.give("x", Exported(minibatch) if turn % 2 else minibatch)
        game.step()
    assert game.iteration == 30 and np.isfinite(game["D"]) and 0 < game["realness"] < 1
    W = game.weights("D.dense_0.W")
    assert W.shape == (2, 128)
    points = game.sample(10, (2,), seed=3)
    scores = game.apply("D", points, (1,))
    h = points
    for layer in range(3):
        h = h @ game.weights(f"D.dense_{layer}.W") + game.weights(f"D.dense_{layer}.b")
        h = np.where(h > 0, h, 0.2 * h) if layer < 2 else h
    assert np.allclose(scores, h, rtol=1e-4, atol=1e-5)
    game.save("state.safetensors")
    game.set_weights("D.dense_0.W", 0 * W)
    assert not game.weights("D.dense_0.W").any()
    refused(ValueError, "has the shape (2, 128), got (3,)", lambda: game.set_weights("D.dense_0.W", [1, 2, 3]))
    refused(TypeError, "got complex64", lambda: game.give("x", minibatch * 1j))
    assert refused(agon.Error, "expects records of [2]", lambda: game.give("x", minibatch[:, :1])).code == 65
    assert refused(agon.Error, "no parameter and no state 'D.W'", lambda: game.weights("D.W")).code == 64
with agon.Game("libring.so", threads=1) as game:
    game.resume("state.safetensors")
    assert game.iteration == 30 and np.array_equal(game.weights("D.dense_0.W"), W)
    assert np.array_equal(game.sample(10, (2,), seed=3), points)

# Records in memory come in the order of those of a file.
points = (2 * random.random((500, 2)) - 1).astype(np.float32)
np.save("points.npy", points)
for name, data in ("file", lambda game: game.bind("x=points.npy")), ("memory", lambda game: game.give("x", points)):
    with agon.Game("libring.so", seed=2) as game:
        data(game)
        game.step(6)
        game.save(name + ".safetensors")
with open("file.safetensors", "rb") as one, open("memory.safetensors", "rb") as other:
    assert one.read() == other.read()
print("agon.py does what the binary does")
