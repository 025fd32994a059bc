#!/usr/bin/env python3
"""Times training iterations of Agon against PyTorch eager, interleaved.

usage: against_pytorch.py BUILD_DIRECTORY [--rounds N] [--threads N]

Both sides train the same game: same shapes, optimiser, losses and batch, f32,
alternating turns on fresh draws. Every round runs one after the other; the
table has medians over the rounds and the ratio PyTorch / Agon."""

import argparse
import csv
import os
import shutil
import statistics
import subprocess
import tempfile
import time

MODEL = """
const batch = {batch}
source white() -> [{out}] {{
  noise v: [{out}] ~ normal(0, 1)
  return v
}}
network G(z: [{z}]) -> [{out}] = z |> dense({width}) |> relu |> dense({width}) |> relu |> dense({out}){squash}
network D(x: [{out}]) -> [1] = x |> dense({width}) |> relu |> dense({width}) |> relu |> dense(1)
game bench {{
  data  x: [{out}]{source}
  noise z: [{z}] ~ normal(0, 1)
  player D maximizes E[log(sigmoid(D(x)))] + E[log(1 - sigmoid(D(G(z))))] with adam(lr = 1e-4, beta1 = 0.5)
  player G minimizes -E[log(sigmoid(D(G(z))))] with adam(lr = 1e-4, beta1 = 0.5)
  play {{ D; G }}
}}
"""

WORKLOADS = {
    "ring 128-128, batch 256": dict(batch=256, z=2, out=2, width=128, squash="", source=" ~ ring()", steps=2000),
    "ring 128-128, batch 64": dict(batch=64, z=2, out=2, width=128, squash="", source=" ~ ring()", steps=4000),
    "MNIST MLP 1200-1200, batch 100": dict(batch=100, z=100, out=784, width=1200, squash=" |> sigmoid",
                                           source=" ~ white()", steps=60),
}


def agon_seconds(binary, steps, threads):
    out = binary + "-run"
    shutil.rmtree(out, ignore_errors=True)
    every = max(1, steps // 4)
    subprocess.run([binary, "train", "--steps", str(steps), "--out", out, "--quiet", "--threads", str(threads),
                    "--log-every", str(every)], check=True, stdout=subprocess.DEVNULL)
    with open(os.path.join(out, "log.csv")) as file:
        rates = [float(row["steps_per_s"]) for row in csv.DictReader(file)][1:]
    return 1 / statistics.median(rates)


def torch_game(torch, batch, z, out, width, squash, **_):
    nn = torch.nn
    last = [nn.Sigmoid()] if squash else []
    g = nn.Sequential(nn.Linear(z, width), nn.ReLU(), nn.Linear(width, width), nn.ReLU(), nn.Linear(width, out), *last)
    d = nn.Sequential(nn.Linear(out, width), nn.ReLU(), nn.Linear(width, width), nn.ReLU(), nn.Linear(width, 1))
    opt_g = torch.optim.Adam(g.parameters(), lr=1e-4, betas=(0.5, 0.999))
    opt_d = torch.optim.Adam(d.parameters(), lr=1e-4, betas=(0.5, 0.999))
    softplus = nn.functional.softplus

    def draw():
        if out == 2:
            angle = torch.randint(0, 8, (batch,)) * (2 * torch.pi / 8)
            return torch.stack([angle.cos(), angle.sin()], 1) * 2 + 0.02 * torch.randn(batch, 2)
        return torch.randn(batch, out)

    def iteration():
        with torch.no_grad():
            fake = g(torch.randn(batch, z))
        loss = softplus(-d(draw())).mean() + softplus(d(fake)).mean()
        opt_d.zero_grad(set_to_none=True)
        loss.backward()
        opt_d.step()
        for p in d.parameters():
            p.requires_grad_(False)
        loss = softplus(-d(g(torch.randn(batch, z)))).mean()
        opt_g.zero_grad(set_to_none=True)
        loss.backward()
        opt_g.step()
        for p in d.parameters():
            p.requires_grad_(True)

    return iteration


def torch_seconds(torch, iteration, steps, threads):
    torch.set_num_threads(threads)
    for _ in range(10):
        iteration()
    begin = time.perf_counter()
    for _ in range(steps):
        iteration()
    return (time.perf_counter() - begin) / steps


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("build")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, nargs="*", default=[1, 2])
    options = parser.parse_args()
    try:
        import torch
    except ImportError:
        torch = None
        print("PyTorch: not measured (no module torch in this Python)")
    else:
        print(f"PyTorch {torch.__version__}")
    print(f"{'workload':34} {'threads':>7} {'Agon ms':>9} {'PyTorch ms':>11} {'ratio':>6}")
    with tempfile.TemporaryDirectory() as scratch:
        for name, shape in WORKLOADS.items():
            model = os.path.join(scratch, "bench.agon")
            with open(model, "w") as file:
                file.write(MODEL.format(**shape))
            binary = os.path.join(scratch, "bench")
            subprocess.run([os.path.join(options.build, "bin", "agonc"), model, "-o", binary], check=True)
            iteration = torch_game(torch, **shape) if torch else None
            for threads in options.threads:
                ours, theirs = [], []
                for _ in range(options.rounds):
                    ours.append(agon_seconds(binary, shape["steps"], threads))
                    if torch:
                        theirs.append(torch_seconds(torch, iteration, max(20, shape["steps"] // 10), threads))
                a = statistics.median(ours) * 1e3
                line = f"{name:34} {threads:7} {a:9.3f}"
                if torch:
                    t = statistics.median(theirs) * 1e3
                    line += f" {t:11.3f} {t / a:6.2f}"
                print(line, flush=True)


if __name__ == "__main__":
    main()
