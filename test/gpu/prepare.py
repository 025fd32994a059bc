#!/usr/bin/env python3
"""Compiles games and their small data sets into a folder that test/gpu/run.sh takes to a machine with a device.

  python3 test/gpu/prepare.py BUILD FOLDER [GAME...]     a game is examples/GAME.agon or bench/models/GAME.agon
"""

import os
import pathlib
import shutil
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "test/e2e/Inputs"))
from support import data_options, run, small

# Each kind of kernel is in one of them: dense, convolutions, recurrence, derivatives of derivatives, data of bytes.
GAMES = ("ring", "wgan_gp", "dcgan_mnist", "seqgan", "mnist_2014", "cyclegan", "semisupervised", "dcgan64")


def main():
    build, folder = (pathlib.Path(argument).resolve() for argument in sys.argv[1:3])
    folder.mkdir(parents=True, exist_ok=True)
    os.environ["PATH"] = f"{build}/bin:{os.environ['PATH']}"
    shutil.copy(build / "bin/agon-checkpoint-distance", folder)
    shutil.copy(ROOT / "test/gpu/run.sh", folder)
    with open(folder / "games", "w") as games:
        for name in sys.argv[3:] or GAMES:
            file = next(path for path in (ROOT / f"examples/{name}.agon", ROOT / f"bench/models/{name}.agon")
                        if path.exists())
            run(["agonc", str(file), "-o", str(folder / name), "--target=cuda:sm_80,sm_90a", "--march=portable",
                 *small(str(file))])
            data = data_options(str(folder / name), str(folder))
            words = [word.replace(str(folder) + os.sep, "") for word in data]
            games.write(" ".join([name, *words]) + "\n")
            print(name, flush=True)


if __name__ == "__main__":
    main()
