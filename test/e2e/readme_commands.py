# RUN: %python %s %root %bin %t
"""Every command that the README gives, in its order, on the model that the README gives. Training takes fewer steps
than it says, and pictures of MNIST's shape stand in for MNIST; all else is word for word."""

import gzip
import os
import re
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "Inputs"))
from support import run, small_digits

root, bin_directory, scratch = map(os.path.abspath, sys.argv[1:4])
shutil.rmtree(scratch, ignore_errors=True)
os.makedirs(scratch)
os.symlink(os.path.join(root, "examples"), os.path.join(scratch, "examples"))
os.symlink(os.path.dirname(bin_directory), os.path.join(scratch, "build"))

with open(os.path.join(root, "README.md"), encoding="utf-8") as file:
    text = file.read()
blocks = re.findall(r"^```\w*\n(.*?)^```$", text, flags=re.M | re.S)

models = [block for block in blocks if re.search(r"^game \w+ {", block, flags=re.M)]
assert len(models) == 1, "the README gives one model"
with open(os.path.join(scratch, "ring.agon"), "w", encoding="utf-8") as file:
    file.write(models[0])
digits, _ = small_digits(scratch)
for name in ("train-images-idx3-ubyte.gz", "t10k-images-idx3-ubyte.gz"):
    with open(digits, "rb") as plain, gzip.open(os.path.join(scratch, name), "wb") as file:
        file.write(plain.read())

environment = dict(os.environ, PATH=bin_directory + os.pathsep + os.environ["PATH"])


def fewer_steps(command):
    """A hundredth of the steps, 500 at most, and what a trace of 20 iterations needs at least."""
    return re.sub(r"--steps (\d+)", lambda found: f"--steps {min(max(30, int(found[1]) // 100), 500)}", command)


played = 0
for block in blocks:
    for line in block.splitlines():
        command = line.split("  #")[0].strip()
        if not re.match(r"(build/bin/)?agonc |\./[\w-]+ ", command):
            continue
        played += 1
        done = subprocess.run(fewer_steps(command), shell=True, cwd=scratch, env=environment, capture_output=True,
                              text=True, stdin=subprocess.DEVNULL)
        assert done.returncode == 0, f"{command}: exit code {done.returncode}\n{done.stdout}\n{done.stderr}"
        for name in re.findall(r" (?:-o|--profile) (\S+)", command):
            assert os.path.exists(os.path.join(scratch, name)), f"{command}: made no {name}"
assert played >= 15, f"only {played} commands were found in the README"

# The commands of the Makefile, as far as they neither install nor take an hour: each is there, and `make bench` plays.
for target in re.findall(r"`?make ([\w-]+)`?", text):
    run(["make", "-n", "-C", root, target])
build = os.path.relpath(os.path.dirname(bin_directory), root)
recipe, _ = run(["make", "-n", "-s", "-C", root, "bench", f"BUILD={build}", "BENCH=--quick --only ring64 --sides agon"])
(bench,) = [line for line in recipe.splitlines() if "bench/run.py" in line]
done = subprocess.run(bench, shell=True, cwd=root, env=environment, capture_output=True, text=True)
assert done.returncode == 0 and "ring" in done.stdout, f"{bench}\n{done.stdout}\n{done.stderr}"
