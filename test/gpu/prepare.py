#!/usr/bin/env python3
"""Compiles what test/gpu/run.sh plays on a machine with a device, and packs it: into FOLDER, and as FOLDER.tar.xz.

  python3 test/gpu/prepare.py BUILD FOLDER
"""

import argparse
import os
import pathlib
import shutil
import sys
import tarfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "test/e2e/Inputs"), str(ROOT / "bench/workloads")]
from support import data_options, run
from table import WORKLOADS

# Each kind of kernel is in one of them: dense, convolutions, recurrence, derivatives of derivatives, data of bytes.
GAMES = ["ring", "wgan_gp", "dcgan_mnist", "seqgan", "mnist_2014", "cyclegan", "semisupervised", "dcgan64"]
# What is timed, by its name in bench/workloads/table.py.
TIMED = ["ring256", "mnist_2014", "wgan_gp", "dcgan64", "sngan32", "stylegan2_32", "cyclegan64"]
# What bench/gpu/peers.py needs.
SCRIPTS = ["gpu/peers.py", *(f"workloads/{name}.py" for name in (
    "child", "sides", "table", "torch_clock", "torch_games", "torch_networks", "torch_side"))]


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--games", nargs="*", metavar="GAME", default=GAMES,
                        help="examples/GAME.agon or bench/models/GAME.agon, whose numbers are judged")
    parser.add_argument("--workloads", nargs="*", choices=WORKLOADS, default=TIMED, help="what is timed")
    parser.add_argument("--precisions", nargs="*", choices=["f32", "tf32", "bf16"], default=["f32", "tf32"],
                        help="of the workloads")
    parser.add_argument("--products", nargs="*", choices=["f32", "tf32", "bf16"], default=["f32", "tf32", "bf16"],
                        help="products of matrices that are timed")
    parser.add_argument("--smallest", type=int, default=512, help="rows of the smallest product")
    parser.add_argument("--steps", type=int, help="iterations that `bench` times")
    parser.add_argument("--target", default="cuda:sm_80,sm_90a")
    options = parser.parse_args()
    options.build, options.folder = options.build.resolve(), options.folder.resolve()
    return options


def file_of(name):
    return next(path for path in (ROOT / f"examples/{name}.agon", ROOT / f"bench/models/{name}.agon") if path.exists())


def main():
    options = arguments()
    folder = options.folder
    folder.mkdir(parents=True, exist_ok=True)
    os.environ["PATH"] = f"{options.build}/bin:{os.environ['PATH']}"
    shutil.copy(options.build / "bin/agon-checkpoint-distance", folder)
    shutil.copy(ROOT / "test/gpu/run.sh", folder)
    for script in SCRIPTS:
        (folder / "bench" / script).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / "bench" / script, folder / "bench" / script)

    def compile_model(file, name, *words):
        run(["agonc", str(file), "-o", str(folder / name), f"--target={options.target}", "--march=portable", *words])
        print(name, flush=True)

    with open(folder / "games", "w") as games:
        for name in options.games:
            file = file_of(name)
            compile_model(file, name)
            data = data_options(str(folder / name), str(folder))
            words = [word.replace(str(folder) + os.sep, "") for word in data]
            games.write(" ".join([name, *words]) + "\n")
    timed = [(name, precision, ROOT / WORKLOADS[name].model, f"batch={WORKLOADS[name].batch}")
             for name in options.workloads for precision in options.precisions]
    timed += [("matmul", precision, ROOT / "bench/gpu/matmul.agon", f"smallest={options.smallest}")
              for precision in options.products]
    with open(folder / "workloads", "w") as workloads:
        for name, precision, file, constant in timed:
            compile_model(file, f"{name}-{precision}", "-D", constant, f"--precision={precision}")
            words = ["--steps", str(options.steps)] if options.steps else []
            workloads.write(" ".join([name, precision, *words]) + "\n")
    precisions = [each for each in options.precisions if each != "bf16"]
    sizes = [str(options.smallest * factor) for factor in (1, 2, 4, 8)]
    peers = ["--games", *options.workloads, "--precisions", *precisions, "--sizes", *sizes]
    (folder / "peers").write_text(" ".join(peers) + "\n")
    # The largest window of the compressor sees that all binaries have one runtime.
    with tarfile.open(f"{folder}.tar.xz", "w:xz", preset=9) as archive:
        archive.add(folder, folder.name)
    print(f"{folder}.tar.xz: {os.path.getsize(f'{folder}.tar.xz') >> 20} MiB")


if __name__ == "__main__":
    main()
