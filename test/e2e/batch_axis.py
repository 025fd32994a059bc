# RUN: %python %s %t
"""What no sample reaches has no batch axis: values, derivatives and training of
networks that are applied to parameters are those of the formula, whatever the
size of the minibatch."""

import csv
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "Inputs"))
sys.dont_write_bytecode = True
from support import compile_model, gradient_failure, read_safetensors, run

scratch = sys.argv[1]
os.makedirs(scratch, exist_ok=True)

# No parameter moves; p = 3 and a = 2.
VALUES = """
network theta() -> [1] { param w: [1] = 3; return w }
network N(x: [1]) -> [1] { param a: [1] = 2; return a * x^2 }
network Two(x: [2]) -> ([2], [2]) { param v: [2] = [1, 3]; return (x * v, v^2) }
network W(h: [2]) -> [2, 3] = reshape(h @ reshape(iota(12), [2, 6]), [2, 3])
network table() -> [4, 3] { param t: [4, 3] = reshape(iota(12), [4, 3]); return t }
network filters() -> [2, 1, 3] { param f: [2, 1, 3] = [[[1, 2, 3]], [[4, 5, 6]]]; return f }
network Normed(x: [2]) -> [2] = x |> batchnorm
network Dropped(x: [1]) -> [1] { param c: [1] = 2; return (c * x) |> dropout(0.5) }
network Counted(x: [1]) -> [1] {
  state s: [1] = 5
  param c: [1] = 2
  if training { s <- s + x }
  return c * x * s
}
source points() -> ([2], class(4)) {
  noise x: [2] ~ normal(1, 1)
  noise y: class(4) ~ categorical(4)
  return (x, y)
}
game values {
  data (x: [2], y: class(4)) ~ points()
  noise z: [1, 5] ~ normal(0, 1)
  let p = theta()
  let q = N(p)
  let (a, b) = Two(x)
  let h = W([1, p[0]])
  let t = table()
  let f = filters()
  let image = reshape(iota(5), [1, 5])
  let inner = p - 0.1 * grad(E[(2 * p - 1)^2], p)
  let J = E[p * q + sum(x) * p]
  let D = Dropped(p)

  metric slope = E[grad(E[p * p], p)]
  metric slope_of_slope = E[grad(E[grad(p^3, p)^2], p)]
  metric through = E[grad(q, p)]
  metric twice = E[grad(N(q), p)]
  metric bare = N([2]) + N(p + 1)
  metric unrolled = E[grad(inner^2, p)]
  metric shared_result = E[grad(sum(b), b)] + E[b]
  metric other_result = E[a] - (E[x[0]] + 3 * E[x[1]]) / 2
  metric mixed = E[grad(J, p)] - E[sum(x)]
  metric weights = E[grad(E[sum(x @ h)], h)] - E[x]
  metric filtered = E[convolve(z, f)] - E[5 * sum(z[0, 0:3]) + 7 * sum(z[0, 1:4]) + 9 * sum(z[0, 2:5])] / 6
  metric filter_slope = sum(grad(sum(convolve(image, f)), f) * [[[1, 0, 0]], [[0, 0, 1]]])
  metric rows = E[gather(t, label(2, 4))] + 12 * E[grad(sum(gather(t, label(2, 4))), t)]
  metric labelled = 12 * E[grad(E[sum(gather(t, y))], t)]
  metric normed = sum(Normed([1, 2])) * sqrt(1 + 1e-5)
  metric dropped = E[D] + E[grad(E[D], p)]

  player P(theta, N, Two, table, filters, Normed, Dropped, Counted)
    minimizes J + E[a] + E[b] + E[t + f[0]] + sum(Normed(p * [1, 1])) + E[Counted(p)] + E[D] with sgd(lr = 0)
}
"""
EXPECTED = {
    "slope": 2 * 3,
    "slope_of_slope": 36 * 3 ** 3,  # of (3 p^2)^2
    "through": 2 * 2 * 3,
    "twice": 4 * 2 ** 3 * 3 ** 3,  # of a (a p^2)^2
    "bare": 2 * 2 ** 2 + 2 * 4 ** 2,
    "unrolled": 2 * (0.2 * 3 + 0.4) * 0.2,  # of (0.2 p + 0.4)^2
    "shared_result": 1 + (1 + 9) / 2,
    "other_result": 0,
    "mixed": 6 * 3 ** 2,  # of 2 p^3
    "weights": 0,
    "filtered": 0,
    "filter_slope": (0 + 1 + 2) + (2 + 3 + 4),
    "rows": 7 + 3,
    "labelled": 3,
    "normed": 3,
    "dropped": 6 + 2,
}

# A prior that is learned, weights that a network makes of an embedding, and a consensus term.
HYPER = """
network prior() -> [2, 4] { param m: [2, 4] ~ normal(0, 0.5); return m }
network embedding() -> [3] { param e: [3] ~ normal(0, 1); return e }
network maker(e: [3]) -> ([4, 2], [2]) {
  let h = e |> dense(8) |> tanh
  return (h |> dense(8) |> reshape(4, 2), h |> dense(2))
}
network G(z: [4], w: [4, 2], b: [2]) -> [2] = tanh(z) @ w + b
network D(x: [2]) -> [1] = x |> dense(8) |> tanh |> dense(1)
game hyper {
  data x: [2] ~ ring()
  noise z: [4] ~ normal(0, 1)
  let m = prior()
  let code = m[0] + exp(m[1]) * z
  let (w, b) = maker(embedding())
  let fake = G(code, w, b)
  value V = E[softplus(-D(x))] + E[softplus(D(fake))]
  player D minimizes V + 0.1 * E[norm(grad(D(x), x))^2] with sgd(lr = 0.1)
  player P(prior, embedding, maker) minimizes -V + 0.1 * sum(grad(V, m)^2) + 0.1 * sum(grad(V, w)^2) + D([0.1, 0.2])^2
    with sgd(lr = 0.1)
  play { D & P }
}
"""

ROTATION = """
network theta() -> [1] { param w: [1] = 1; return w }
network phi()   -> [1] { param w: [1] = 0; return w }
game rotation {
  value J = E[phi() * theta()] - 0.05 * E[phi()^2] + 0.05 * E[theta()^2]
  player phi maximizes J with sgd(lr = 0.1)
  player theta minimizes J with sgd(lr = 0.1)
  play { phi & theta }
}
"""


def build(name, text, batch):
    source = os.path.join(scratch, name + ".agon")
    with open(source, "w", encoding="utf-8") as file:
        file.write(text)
    return compile_model(source, f"{source[:-5]}{batch}", "--float=f64", "-D", f"batch={batch}")


def train(binary, steps):
    directory = binary + "_run"
    run([binary, "train", "--steps", str(steps), "--out", directory, "--quiet", "--force", "--seed", "3"])
    return directory, read_safetensors(os.path.join(directory, "checkpoint.safetensors"))


for batch in (8, 64):
    directory, tensors = train(build("values", VALUES, batch), 2)
    with open(os.path.join(directory, "log.csv"), encoding="utf-8") as file:
        row = list(csv.DictReader(file))[-1]
    for name, expected in EXPECTED.items():
        got = float(row[name])
        assert abs(got - expected) < 1e-6 * max(1, abs(expected)), (batch, name, got, expected)
    assert tensors["Counted.s"] == [5 + 2 * 3], tensors["Counted.s"]
    assert tensors["Normed.batchnorm_0.mean"] == [0, 0] and tensors["Normed.batchnorm_0.var"] == [1, 1]

    binary = build("hyper", HYPER, batch)
    assert not (failure := gradient_failure(binary)), failure
    directory, _ = train(binary, 3)
    run([binary, "sample", "--from", directory, "-n", "5", "-o", os.path.join(scratch, "samples.npy")])

    tensors = train(build("rotation", ROTATION, batch), 50)[1]
    theta, phi = 1.0, 0.0
    for _ in range(50):
        theta, phi = theta - 0.1 * (phi + 0.1 * theta), phi + 0.1 * (theta - 0.1 * phi)
    for name, expected in (("theta.w", theta), ("phi.w", phi)):
        assert abs(tensors[name][0] - expected) < 1e-13, (batch, name, tensors[name], expected)
print("the same at every size of the minibatch")
