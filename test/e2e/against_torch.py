# REQUIRES: torch, long
# RUN: %torch_python %s %t %root
"""Whole networks against PyTorch: with the same weights and data, every player's objective and every gradient agree.

A game with fixed data is trained for one simultaneous turn of plain gradient descent, so that the old weights minus the
new ones are the gradients times the rate, which is chosen so large that the weights' own digits do not matter. In f64
they agree to 1e-8 of the largest entry of each tensor. In f32 they agree to 1e-4, or are at most 4 times as far off as
what PyTorch itself computes in f32. A rectifier within a rounding error of its kink makes a jump of that error, on
either side; it does so at one draw of the data, not at every one, so f32 has three."""
import csv
import json
import os
import struct
import sys

import numpy as np
import torch

scratch, root, *chosen = sys.argv[1:]
inputs = os.path.join(root, "test", "e2e", "Inputs")
sys.path[:0] = [inputs, os.path.join(inputs, "pytorch")]
import networks
from support import compile_model, run

MODELS = os.path.join(root, "bench", "models")
GAN = """player D minimizes E[softplus(-D(x))] + E[softplus(D(G(z)))] with sgd(lr = rate)
  player G minimizes E[softplus(-D(G(z)))] with sgd(lr = rate)
  play { D & G }"""
HINGE = """player D minimizes E[hinge(D(x))] + E[hinge(-D(G(z)))] with sgd(lr = rate)
  player G minimizes -E[D(G(z))] with sgd(lr = rate)
  play { D & G }"""
SAGAN = """
network G(z: [32]) -> [3, 32, 32] {
  let h = z |> dense(64 * 16, init = glorot_uniform) |> reshape(64, 4, 4)
  h = h |> res_block_up(64) |> res_block_up(64) |> self_attention |> res_block_up(32)
  init_attention()
  return h |> batchnorm |> relu |> conv(3, 3, pad = 1) |> tanh
}
network D(x: [3, 32, 32]) -> [1] =
  x |> res_block_down(32, first = true, weight = spectral_norm) |> self_attention
    |> res_block_down(64, weight = spectral_norm) |> res_block(64, norm = identity, weight = spectral_norm)
    |> relu |> global_sumpool |> dense(1, weight = spectral_norm)
""".replace("  init_attention()\n", "")
PIX2PIX = """
network G(x: [2, 32, 32]) -> [3, 32, 32] = x |> unet(8, depth = 4, out = 3, drop = 0)
network D(x: [2, 32, 32], y: [3, 32, 32]) -> [1, 6, 6] = concat(x, y) |> patchgan(8, layers = 2)
"""
LSTM = """
network G(z: [9, 5]) -> [9, 3] = z |> lstm(16) |> row_dense(3) |> tanh
network D(x: [9, 3]) -> [1] = x |> lstm(12, sequences = false) |> dense(1)
"""
CYCLE = """let fake_x = A(y)
  let fake_y = B(x)
  let cycle = E[l1(A(fake_y), x)] + E[l1(B(fake_x), y)]
  let same = E[l1(A(x), x)] + E[l1(B(y), y)]
  player T(A, B) minimizes E[(DA(fake_x) - 1)^2] + E[(DB(fake_y) - 1)^2] + 10 * cycle + 5 * same with sgd(lr = rate)
  player DA minimizes 0.5 * (E[(DA(x) - 1)^2] + E[DA(fake_x)^2]) with sgd(lr = rate)
  player DB minimizes 0.5 * (E[(DB(y) - 1)^2] + E[DB(fake_y)^2]) with sgd(lr = rate)
  play { T & DA & DB }"""


RATE = 2.0**20


class Case:
    def __init__(self, model, shapes, players, network, batch=4, **constants):
        self.model, self.shapes, self.players, self.network = model, shapes, players, network
        self.constants = {"batch": batch, **constants}

    def source(self):
        path = os.path.abspath(os.path.join(MODELS, self.model))
        networks = f'import "{path}"' if self.model.endswith(".agon") else "const batch = 4\n" + self.model
        fields = ", ".join(f"{name}: {list(shape)}" for name, shape in self.shapes.items())
        return f"{networks}\nconst rate = {RATE}\ngame comparison {{\n  data ({fields})\n  {self.players}\n}}\n"


IMAGE = (3, 32, 32)
CASES = {
    "dcgan64": Case("dcgan64.agon", {"x": (3, 64, 64), "z": (100,)}, GAN, lambda p, d: networks.dcgan(p, d, 5)),
    "dcgan32": Case("dcgan32.agon", {"x": IMAGE, "z": (100,)}, GAN, lambda p, d: networks.dcgan(p, d, 4)),
    "sngan32": Case("sngan32.agon", {"x": IMAGE, "z": (128,)}, HINGE, lambda p, d: networks.sngan(p, d, 32),
                    width=32, d_width=32),
    "wgan_gp_resnet32": Case(
        "wgan_gp_resnet32.agon", {"x": IMAGE, "z": (128,), "u": ()},
        """let xhat = u * x + (1 - u) * stop_gradient(G(z))
  player D minimizes E[D(G(z))] - E[D(x)] + 10 * E[(norm(grad(D(xhat), xhat)) - 1)^2] with sgd(lr = rate)
  player G minimizes -E[D(G(z))] with sgd(lr = rate)
  play { D & G }""", lambda p, d: networks.wgan_gp(p, d, 32), width=32),
    "stylegan2_32": Case(
        "stylegan2_32.agon", {"x": IMAGE, "z": (64,)},
        """let fake = G(F(z))
  player D minimizes E[softplus(D(fake))] + E[softplus(-D(x))] + 0.5 * E[sum(grad(D(x), x)^2)] with sgd(lr = rate)
  player P(F, G) minimizes E[softplus(-D(fake))] with sgd(lr = rate)
  play { D & P }""", networks.stylegan2, style=64, base=512, most=32),
    "cyclegan64": Case("cyclegan64.agon", {"x": (3, 64, 64), "y": (3, 64, 64)}, CYCLE,
                       lambda p, d: networks.cyclegan(p, d, 1), batch=2, base=8, blocks=1),
    "pix2pix": Case(PIX2PIX, {"x": (2, 32, 32), "y": IMAGE},
                    """let fake = G(x)
  player D minimizes 0.5 * (E[softplus(-D(x, y))] + E[softplus(D(x, fake))]) with sgd(lr = rate)
  player G minimizes E[softplus(-D(x, fake))] + 100 * E[l1(fake, y)] with sgd(lr = rate)
  play { D & G }""", networks.pix2pix),
    "sagan32": Case(SAGAN, {"x": IMAGE, "z": (32,)},
                    "init G.self_attention_0.gamma = 0.7\n  init D.self_attention_0.gamma = 0.4\n  " + HINGE,
                    networks.sagan),
    "lstm": Case(LSTM, {"x": (9, 3), "z": (9, 5)}, GAN, networks.sequences),
}


def tensors_of(path):
    """Every tensor of a checkpoint, in f64."""
    with open(path, "rb") as file:
        length, = struct.unpack("<Q", file.read(8))
        header, blob = json.loads(file.read(length)), file.read()
    types = {"F32": np.float32, "F64": np.float64, "I64": np.int64, "I32": np.int32, "U64": np.uint64, "U8": np.uint8}
    out = {}
    for name, entry in header.items():
        if name == "__metadata__":
            continue
        begin, end = entry["data_offsets"]
        out[name] = np.frombuffer(blob[begin:end], types[entry["dtype"]]).reshape(entry["shape"]).astype(np.float64)
    return out


def compare(name, case, real, tolerance, seed):
    folder = os.path.join(scratch, f"{name}-{real}")
    os.makedirs(folder, exist_ok=True)
    source = os.path.join(folder, "model.agon")
    with open(source, "w") as file:
        file.write(case.source())
    constants = [f"-D{key}={value}" for key, value in case.constants.items()]
    binary = compile_model(source, os.path.join(folder, "model"), f"--float={real}", *constants)
    generator, batch = np.random.default_rng(seed), case.constants["batch"]
    data, options = {}, []
    for key, shape in case.shapes.items():
        values = generator.uniform(0, 1, (batch, *shape)) if key == "u" else generator.normal(0, 1, (batch, *shape))
        values = values.astype(np.float32)
        np.save(os.path.join(folder, key + ".npy"), values)
        data[key] = torch.tensor(values.astype(np.float64))
        options += ["--data", f"{key}={os.path.join(folder, key)}.npy"]
    state = []
    for steps in (0, 1):
        out = os.path.join(folder, f"out{steps}")
        run([binary, "train", *options, "--steps", str(steps), "--out", out, "--force", "--quiet"])
        state.append(tensors_of(os.path.join(out, "checkpoint.safetensors")))
    before, after = state
    wide = gradients_of(case, before, data, torch.float64)
    narrow = gradients_of(case, before, data, torch.float32) if real == "f32" else wide
    with open(os.path.join(folder, "out1", "log.csv")) as file:
        logged = list(csv.DictReader(file))[-1]
    worst = allowed = 0.0
    for player, (loss, gradients) in wide.items():
        distance = abs(float(logged[player]) - loss) / max(1.0, abs(loss))
        assert distance < max(tolerance, 1e-5), f"{name} {real}: {player} is {logged[player]}, PyTorch says {loss}"
        largest = max(np.abs(gradient).max() for gradient in gradients.values())
        for key, expected in gradients.items():
            # A bias before a normalisation has a gradient of zero: only rounding is left of it.
            scale = max(np.abs(expected).max(), 1e-3 * largest)
            distance = np.abs((before[key] - after[key]) / RATE - expected).max() / scale
            own = np.abs(narrow[player][1][key] - expected).max() / scale
            worst, allowed = max(worst, distance), max(allowed, own)
            assert distance < max(tolerance, 4 * own), (
                f"{name} {real}: d{player}/d{key} differs by {distance:.2e}, PyTorch in {real} by {own:.2e}")
    own = f", PyTorch's own {allowed:.1e}" if real == "f32" else ""
    print(f"{name} {real}: objectives and {sum(map(trained, before))} gradients agree, worst {worst:.1e}{own}",
          flush=True)


def gradients_of(case, tensors, data, dtype):
    """player -> (objective, {parameter: gradient}) as PyTorch computes them."""
    torch.set_default_dtype(dtype)
    parameters = {key: torch.tensor(value, dtype=dtype, requires_grad=True) for key, value in tensors.items()
                  if "." in key}
    losses = case.network(parameters, {key: value.to(dtype) for key, value in data.items()})
    result = {}
    for player, loss in losses.items():
        owned = [key for key in parameters if owner_of(case, key) == player and trained(key)]
        found = torch.autograd.grad(loss, [parameters[key] for key in owned], retain_graph=True, allow_unused=True)
        result[player] = (float(loss.detach()), {
            key: np.zeros(tensors[key].shape) if gradient is None else gradient.numpy().astype(np.float64)
            for key, gradient in zip(owned, found)})
    return result


def owner_of(case, key):
    network = key.split(".")[0]
    for line in case.players.splitlines():
        words = line.strip()
        if words.startswith("player "):
            head = words[len("player "):].split(" m")[0]
            name, _, rest = head.partition("(")
            owned = [part.strip() for part in rest.rstrip(") ").split(",")] if rest else [name.strip()]
            if network in owned:
                return name.strip()
    return None


def trained(key):
    """Parameters; not states, and not the strength of a noise that PyTorch does not draw."""
    return key.split(".")[-1] not in ("mean", "var", "u", "strength") and not key.startswith(("optimizer", "gradient"))


for name in chosen or CASES:
    compare(name, CASES[name], "f64", 1e-8, seed=1)
    for seed in (1, 2, 3):
        try:
            compare(name, CASES[name], "f32", 1e-4, seed)
            break
        except AssertionError as error:
            print(f"seed {seed}: {error}", flush=True)
            if seed == 3:
                raise
