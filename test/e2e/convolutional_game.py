# RUN: %python %s %t
"""A small convolutional game, with batch normalisation, dropout, spectral
normalisation and a gradient penalty. The same seed gives the same checkpoint,
byte for byte: on every run, for every number of threads, and resumed. The
optimised program and the plain loops of -O0 agree to 1e-9 in f64, and each goes
on from the checkpoints of the other, though they store filters in unlike orders."""

import os
import random
import sys
from concurrent.futures import ThreadPoolExecutor

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "Inputs"))
sys.dont_write_bytecode = True
from arrays import write_npy
from support import compile_model, read_safetensors, relative_distance, run

# No bias stands before a batchnorm: its derivative is rounding, and Adam divides by that.
GAME = """const batch = 8
network G(z: [10]) -> [3, 16, 16] =
  z |> reshape(10, 1, 1) |> deconv(24, 4, bias = false) |> batchnorm |> relu
    |> deconv(17, 4, stride = 2, pad = 1, bias = false) |> batchnorm |> relu |> dropout(0.2)
    |> upsample(2, mode = bilinear) |> conv(12, 3, pad = 1, bias = false) |> batchnorm |> relu
    |> reflection_pad(1) |> conv(3, 3, weight = spectral_norm) |> tanh
network D(x: [3, 16, 16]) -> [1] =
  x |> conv(12, 4, stride = 2, pad = 1, weight = spectral_norm) |> leaky_relu(0.2)
    |> conv(24, 4, stride = 2, pad = 1, bias = false) |> batchnorm |> leaky_relu(0.2) |> channel_dropout(0.1)
    |> self_attention(weight = spectral_norm) |> minibatch_stddev
    |> conv(16, 3, pad = 1, groups = 1) |> groupnorm(4) |> silu |> maxpool(2) |> flatten
    |> dense(1, weight = spectral_norm)
game small {
  data  x: [3, 16, 16] in (-1, 1)
  noise z: [10] ~ normal(0, 1)
  let fake = G(z)
  init  D.self_attention_0.gamma = 0.5
  player D minimizes E[softplus(-D(diff_augment(x)))] + E[softplus(D(diff_augment(fake)))]
      + 0.1 * E[sum(grad(D(x), x)^2)]
    with adam(lr = 1e-3, beta1 = 0.5)
  player G minimizes E[softplus(-D(diff_augment(fake)))] with clip_norm(5) then adam(lr = 1e-3, beta1 = 0.5)
  play { repeat 2 { D }; G }
  metric realness = E[sigmoid(D(fake))]
}
"""


def main(scratch):
    os.makedirs(scratch, exist_ok=True)
    source = random.Random(3)
    records = 20
    data = os.path.join(scratch, "x.npy")
    write_npy(data, [records, 3, 16, 16], [source.uniform(-1, 1) for _ in range(records * 3 * 16 * 16)])
    path = os.path.join(scratch, "small.agon")
    with open(path, "w") as file:
        file.write(GAME)
    builds = [("f32", "-O3"), ("f64", "-O3"), ("f64", "-O0")]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        fast32, fast64, plain64 = pool.map(lambda b: compile_model(path, path[:-5] + b[0] + b[1], "--float=" + b[0],
                                                                   b[1]), builds)

    def train(binary, label, steps, *options):
        out = f"{binary}-{label}"
        if not any(option.startswith("--resume") for option in options):
            options += ("--force",)
        run([binary, "train", "--data", "x=" + data, "--steps", str(steps), "--out", out, "--quiet", *options])
        return os.path.join(out, "checkpoint.safetensors")

    def bits(*arguments):
        with open(train(*arguments), "rb") as file:
            return file.read()

    for binary in (fast32, fast64):
        expected = bits(binary, "one", 6, "--seed", "11", "--threads", "1")
        assert bits(binary, "again", 6, "--seed", "11", "--threads", "1") == expected, "a second run differs"
        assert bits(binary, "two", 6, "--seed", "11", "--threads", "2") == expected, "threads change the result"
        assert bits(binary, "three", 6, "--seed", "11", "--threads", "3") == expected, "threads change the result"
        train(binary, "resumed", 3, "--seed", "11", "--threads", "2")
        resumed = bits(binary, "resumed", 6, "--resume", "--seed", "11", "--threads", "1")
        assert resumed == expected, "resuming changes the result"
        assert bits(binary, "other", 6, "--seed", "12", "--threads", "2") != expected, "the seed does nothing"

    fast, plain = (read_safetensors(train(binary, "compared", 2, "--seed", "4")) for binary in (fast64, plain64))
    start = read_safetensors(train(plain64, "start", 0, "--seed", "4"))
    assert fast.keys() == plain.keys()
    for name, values in plain.items():
        distance = relative_distance(fast[name], values)
        assert distance < 1e-9, f"{name}: -O3 and -O0 differ by {distance:.2e}"
    still = [name for name, values in plain.items() if values == start[name]]
    assert not still, f"{still} did not change in training"

    # A copy of one's checkpoint, loaded and saved by the other, and another iteration from there.
    for first, second in ((fast64, plain64), (plain64, fast64)):
        saved = train(first, "lent", 2, "--seed", "4")
        with open(saved, "rb") as file:
            lent = file.read()
        out = f"{second}-borrowed"
        train(second, "borrowed", 0, "--seed", "4")
        with open(os.path.join(out, "checkpoint.safetensors"), "wb") as file:
            file.write(lent)
        resumed = bits(second, "borrowed", 2, "--resume=anyway")
        assert resumed == lent, f"{second} changes a checkpoint of {first}"
        borrowed = read_safetensors(train(second, "borrowed", 3, "--resume=anyway"))
        own = read_safetensors(train(first, "lent", 3, "--resume"))
        for name, values in own.items():
            distance = relative_distance(borrowed[name], values)
            assert distance < 1e-9, f"{name}: differs by {distance:.2e} after a checkpoint of {first}"
    print(len(plain), "tensors: the same bits on every run; -O3 agrees with -O0")


main(sys.argv[1])
