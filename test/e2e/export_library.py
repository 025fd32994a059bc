# RUN: %python %s %examples %t
# UNSUPPORTED: sanitized
# A library that has sanitizers can only be used by a program that has them.
"""Networks as libraries for C: programs of C99 that use them get the bits that `sample` and `apply` write, from a
shared library and a static one, with weights within or of a file, and nothing else is seen of them."""

import array
import os
import random
import re
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "Inputs"))
sys.dont_write_bytecode = True
from arrays import read_npy, write_npy
from support import compile_model, run

examples, scratch = sys.argv[1:3]
inputs = os.path.join(os.path.dirname(os.path.abspath(__file__)), "Inputs")
shutil.rmtree(scratch, ignore_errors=True)
os.makedirs(scratch)
os.chdir(scratch)
random.seed(3)
ring = os.path.join(examples, "ring.agon")
COUNT = 300  # more than a minibatch, which is not a multiple of it


def floats(path):
    """The elements of an .npy file, as bytes."""
    _, values = read_npy(path)
    return array.array("f", values).tobytes()


def export(network, output, *options):
    return run(["agonc", ring, "--emit=lib", "--network", network, "-o", output, *options])


def program(source, output, *libraries):
    run(["cc", "-std=c99", "-Wall", "-Wextra", "-Werror", "-I.", os.path.join(inputs, source), "-o", output, *libraries,
         "-lm"])
    return os.path.abspath(output)


def output_of(command, content=b""):
    result = subprocess.run(command, input=content, capture_output=True)
    assert result.returncode == 0, (command, result)
    return result.stdout


binary = compile_model(ring, "ring")
run([binary, "train", "--steps", "3", "--out", "run", "--quiet", "--force"])
run([binary, "sample", "--from", "run", "-n", str(COUNT), "--seed", "3", "-o", "sampled.npy", "--force"])
expected = floats("sampled.npy")

export("G", "libG.so", "--weights", "run")
shared = program("draw_G.c", "shared", "libG.so", f"-Wl,-rpath,{os.getcwd()}")
assert output_of([shared, str(COUNT), "3"]) == expected
assert output_of([shared, "5", "3"]) == expected[:5 * 8]
assert output_of([shared, "0", "3"]) == b""
export("G", "libG.a", "--weights", "run")
static = program("draw_G.c", "static", "libG.a")
assert output_of([static, str(COUNT), "3"]) == expected

# The program of docs/exports.md, word for word.
with open(os.path.join(examples, "..", "docs", "exports.md"), encoding="utf-8") as file:
    page = file.read()
with open("main.c", "w", encoding="utf-8") as file:
    file.write(re.search(r'^```\n(#include "G.h".*?)^```$', page, re.M | re.S)[1])
commands = re.findall(r"^cc .*main.c libG.*-o main", page, re.M)
assert len(commands) == 2, commands
for command in commands:
    run(["sh", "-c", command])
    assert output_of(["./main"]) == b""

# A shared library needs libc and libm, and shows its own functions alone.
needed = [line.split("[")[1].rstrip("]") for line in run(["readelf", "-d", "libG.so"])[0].splitlines()
          if "NEEDED" in line]
assert all(name.split(".")[0] in ("libc", "libm", "ld-linux-x86-64") for name in needed), needed
functions = {f"G_{name}" for name in ("create", "free", "run", "draw", "error", "description")}
shown = {line.split()[-1] for line in run(["nm", "-D", "--defined-only", "libG.so"])[0].splitlines()}
assert shown == functions | {"agon_network_description"}, shown
shown = {line.split()[-1] for line in run(["nm", "-g", "--defined-only", "libG.a"])[0].splitlines() if " " in line}
assert shown == functions, shown

with open("both.cpp", "w", encoding="utf-8") as file:
    file.write("""#include "G.h"
#include <iostream>
#include <sstream>
int main() {
  std::ostringstream text;
  text.imbue(std::locale::classic());
  G_network *g = G_create(nullptr, 1, nullptr, 0);
  float z[2] = {1, 2}, out[2];
  text << G_run(g, 1, z, out);
  G_free(g);
  try {
    throw std::runtime_error(text.str());
  } catch (const std::exception &error) {
    std::cout << error.what();
  }
}
""")
for options in [], ["-static"]:
    run(["c++", *options, "both.cpp", "libG.a", "-o", "both"])
    assert output_of(["./both"]) == b"0"

# Weights of a run's directory, or of the file; what cannot be had is told. The header is the same.
with open("G.h", encoding="utf-8") as file:
    header = file.read()
export("G", "libG.so")
with open("G.h", encoding="utf-8") as file:
    assert file.read() == header
assert output_of([shared, str(COUNT), "3", "run"]) == expected
assert output_of([shared, str(COUNT), "3", "run/checkpoint.safetensors"]) == expected
for arguments, text in [([], "holds no weights of G"), (["none"], "cannot open none"),
                        ([os.path.join(examples, "ring.agon")], "truncated or corrupt")]:
    result = subprocess.run([shared, "3", "3", *arguments], capture_output=True, text=True)
    assert result.returncode == 1 and text in result.stderr, result

# A network that takes records, as `apply` does.
points = [random.gauss(0, 1) for _ in range(2 * COUNT)]
write_npy("points.npy", [COUNT, 2], points)
run([binary, "apply", "--from", "run", "--network", "D", "--data", "x=points.npy", "-o", "applied.npy", "--force"])
export("D", "libD.so", "--weights", "run")
applied = program("apply_D.c", "applied", "libD.so", f"-Wl,-rpath,{os.getcwd()}")
assert output_of([applied, str(COUNT)], array.array("f", points).tobytes()) == floats("applied.npy")

# A network that means something else by now, or applies one that does; another minibatch is none.
with open(ring, encoding="utf-8") as file:
    text_of_ring = file.read()
with open("other.agon", "w", encoding="utf-8") as file:
    file.write(text_of_ring.replace("leaky_relu(0.2)", "leaky_relu(0.1)"))
for options, code, words in [(["--network", "D"], 65, "another model: network D was another"),
                             (["--network", "G"], 0, ""), (["--network", "G", "-D", "batch=7"], 0, "")]:
    _, errors = run(["agonc", "other.agon", "--emit=onnx", *options, "--weights", "run", "-o", "other.onnx"],
                    expect=code)
    assert words in errors, errors

# A header of another model, or of the user's own, is not replaced, nor is the library beside it.
with open("libG.so", "rb") as file:
    library = file.read()
for command, name, text in [(["other.agon", "--network", "G", "-o", "libG.so"], "G.h", header),
                            ([ring, "--network", "D", "-o", "libD.so"], "D.h", "int mine;\n"),
                            ([ring, "--network", "D", "-o", "libD.so"], "D.h", ""),
                            ([ring, "-o", "libring.so"], "agon.h", "/* mine */\n")]:
    with open(name, "w", encoding="utf-8") as file:
        file.write(text)
    _, errors = run(["agonc", command[0], "--emit=lib", *command[1:]], expect=64)
    assert f"{name} is there, and is no earlier version of the header of this library" in errors, errors
    assert "move it away, or give -o another folder" in errors and len(errors.splitlines()) == 1, errors
    with open(name, encoding="utf-8") as file:
        assert file.read() == text, name
    os.remove(name)
with open("libG.so", "rb") as file:
    assert file.read() == library
os.mkdir("elsewhere")
run(["agonc", "other.agon", "--emit=lib", "--network", "G", "-o", "elsewhere/libG.so"])
with open("elsewhere/G.h", encoding="utf-8") as file:
    other = file.read()
assert other == header.replace("(ring.agon)", "(other.agon)") != header
# Another minibatch, another signature: the same network of the same model.
export("G", "libG.so", "-D", "batch=7")
run(["agonc", "other.agon", "--emit=lib", "--network", "G", "-D", "z_dim=3", "-o", "elsewhere/libG.so"])
with open("elsewhere/G.h", encoding="utf-8") as file:
    assert "G_in_z_elements = 3" in file.read()
run(["agonc", ring, "--emit=lib", "-o", "elsewhere/libring.so"])
run(["agonc", "other.agon", "--emit=lib", "-o", "elsewhere/libother.so"])  # of all models the same agon.h

# Wrong use.
for options, code, text in [
        (["--emit=lib", "--network", "H", "-o", "libH.so"], 64, "there is no network 'H' (networks: G, D)"),
        (["--emit=lib", "--network", "G", "-o", "G.dll"], 64, "expected -o libNAME.so or -o libNAME.a"),
        (["--emit=lib", "--weights", "run", "-o", "libx.so"], 64, "name it by --network"),
        (["--emit=onnx", "--network", "G", "-o", "G.onnx"], 64, "--emit=onnx needs --weights"),
        (["--emit=onnx", "--network", "G", "--weights", "none", "-o", "G.onnx"], 66, "cannot open none"),
        (["--emit=onnx", "--network", "G", "--weights", ring, "-o", "G.onnx"], 65, "truncated or corrupt"),
        (["--network", "G", "-o", "G"], 64, "it goes with --emit=onnx and --emit=lib"),
        (["--emit=onnx", "--network", "G", "--weights", "run", "--march=native", "-o", "G.onnx"], 64,
         "it does not go with --emit=onnx")]:
    _, errors = run(["agonc", ring, *options], expect=code)
    assert text in errors and len(errors.splitlines()) == 1, errors
# Weights of an average that there is not.
_, errors = run(["agonc", ring, "--emit=lib", "--network", "G", "--average=slow", "-o", "libG.so"], expect=64)
assert "there are no weights 'slow' of G (weights: current)" in errors, errors

print("libraries compute what the binary does")
