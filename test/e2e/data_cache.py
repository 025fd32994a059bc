# RUN: %python %s %t
"""`--data-cache` of every command that takes `--data`: data lies in a file of the folder, and results are the same."""

import os
import resource
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "Inputs"))
sys.dont_write_bytecode = True
from arrays import write_npy
from support import compile_model, run

scratch = sys.argv[1]
shutil.rmtree(scratch, ignore_errors=True)
os.makedirs(scratch)
os.chdir(scratch)

with open("plane.agon", "w", encoding="utf-8") as file:
    file.write("""const batch = 50
network G(z: [2]) -> [2] { param s: [1] = 1; return s * z }
network F(v: [2]) -> [2] { param s: [1] = 3; return s * v }
game plane {
  data x: [2]
  noise z: [2] ~ normal(0, 1)
  player P(G, F) minimizes E[(G(z) - F(x))^2] with sgd(lr = 0.1)
}
""")
binary = compile_model("plane.agon", "plane", "--float=f64")
RECORDS = 300000  # 4.8 MB: smaller blocks are not worth a file
write_npy("x.npy", [RECORDS, 2], [(i * 37 % 1009) / 1009 for i in range(2 * RECORDS)])
data = ["--data", "x=x.npy"]
run([binary, "train", "--steps", "3", "--out", "run", *data, "--quiet"])
os.mkdir("cache")


def limited(command):
    """Runs it where no file may be larger than 4 MB."""
    return subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL,
                          preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (4000000, 4000000)))


source, n = ["--from", "run"], ["-n", "200"]
commands = {
    "train": (["--steps", "3", "--quiet", "--force", "--out"], "again"),
    "sweep": (["--steps", "3", "--seeds", "2", "--quiet", "--force", "--out"], "seeds"),
    "eval": ([*source, "--json"], None),
    "sample": ([*source, *n, "--force", "-o"], "sampled.png"),
    "measure": ([*source, *n, "--records", "200", "--metric", "mmd,sliced", "--json"], "measured.json"),
    "apply": ([*source, "--network", "F", "--force", "-o"], "applied.npy"),
    "analyze": ([*source, "--rate", "0.1", "--json"], "analysis.json"),
    "gradcheck": ([], None),
    "bench": (["--steps", "2"], None),
    "data": (["--json"], None),
}
shown, _ = run([binary, "--help"])
listed = [line.split()[0] for line in shown.splitlines() if line.startswith("  ") and line.split()[0].isalpha()]
takers = [name for name in listed if "--data FIELD" in run([binary, name, "--help"])[0]]
assert sorted(takers) == sorted(commands), takers


def result(command, output):
    text, _ = run([binary, command, *data, *words])
    if output is None:
        return text
    if os.path.isdir(output):
        output = {"again": "again/checkpoint.safetensors", "seeds": "seeds/seed=1/checkpoint.safetensors"}[output]
    with open(output, "rb") as file:
        return file.read()


for command, (words, output) in commands.items():
    words = words + ([output] if output else [])
    plain = result(command, output)
    words += ["--data-cache", "cache"]
    if command != "bench":  # times
        assert result(command, output) == plain, command
    assert os.listdir("cache") == []
    failed = limited([binary, command, *data, *words])
    assert failed.returncode == 74 and "cannot keep 4.6 MiB of data in cache: File too large" in failed.stderr, failed
print("data may lie on the disk")
