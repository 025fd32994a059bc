#!/usr/bin/env python3
"""Assembles the kernels of models for GPUs with ptxas, and tells their registers and spills.

  python3 bench/gpu/registers.py                       all examples and models, into bench/gpu/registers.md
  python3 bench/gpu/registers.py --check FILE...       these alone; fails where ptxas does, and where a contraction's
                                                       kernel spills or takes more than 255 registers

Needs agonc on PATH and ptxas ($AGON_PTXAS, on PATH, or in CUDA's usual place), but no GPU.
"""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
PTXAS = os.environ.get("AGON_PTXAS") or shutil.which("ptxas") or "/usr/local/cuda/bin/ptxas"
ARCHITECTURES = ("sm_80", "sm_90a", "sm_100")


def run(*command):
    result = subprocess.run(command, capture_output=True, text=True)
    if result.returncode:
        sys.exit(f"{' '.join(map(str, command))}: exit code {result.returncode}\n{result.stdout}{result.stderr}")
    return result.stdout + result.stderr


def kernels_of(model, options):
    """Of each architecture: name -> (whether a contraction, registers, bytes of spill stores and loads)."""
    launches = run("agonc", model, "--target=cuda", "--emit=kernels", "-o", "-", *options)
    contractions = set(re.findall(r"agon\.launch @device::@(\w+) .* is contraction ", launches))
    found = {architecture: {} for architecture in ARCHITECTURES}
    with tempfile.TemporaryDirectory() as scratch:
        ptx = pathlib.Path(scratch, "kernels.ptx")
        run("agonc", model, "--target=cuda", "--emit=ptx", "-o", ptx, *options)
        for architecture, kernels in found.items():
            said = run(PTXAS, f"-arch={architecture}", "-v", ptx, "-o", ptx.with_suffix(".cubin"))
            for name, body in re.findall(r"Compiling entry function '(\w+)'.*?\n(.*?)(?=Compiling entry|\Z)", said,
                                         re.S):
                spills = sum(map(int, re.findall(r"(\d+) bytes spill", body)))
                kernels[name] = (name in contractions, int(re.search(r"Used (\d+) registers", body)[1]), spills)
            assert kernels, said
    return found


def summary(kernels):
    hot = [each for each in kernels.values() if each[0]]
    spilling = [each for each in kernels.values() if each[2]]
    return (f"{len(kernels)} | {max((each[1] for each in hot), default=0)} | {sum(each[2] for each in hot)} | "
            f"{max(each[1] for each in kernels.values())} | {len(spilling)}")


def check(models):
    for model in models:
        for architecture, kernels in kernels_of(model, ["-D", "batch=8"]).items():
            for name, (is_contraction, registers, spills) in kernels.items():
                if is_contraction and (registers > 255 or spills):
                    sys.exit(f"{model}, {architecture}: {name} takes {registers} registers and spills {spills} bytes")
        print(f"{pathlib.Path(model).stem}: {len(kernels)} kernels")


def main():
    if sys.argv[1:2] == ["--check"]:
        return check(sys.argv[2:])
    models = sorted(ROOT.glob("examples/*.agon")) + sorted(ROOT.glob("bench/models/*.agon"))
    version = run(PTXAS, "--version").strip().splitlines()[-2].split(",")[-1].strip()
    columns = ("model", "architecture", "kernels", "contractions' registers", "their spills",
               "all kernels' registers", "spilling")
    lines = ["# Registers and spills of GPU kernels", "",
             f"By `bench/gpu/registers.py`, ptxas {version}; models in their own sizes, precision f32, the PTX of",
             "sm_80 assembled for each architecture, as a driver does it. Of the kernels of contractions the most",
             "registers, and the bytes that they spill, all together; of all kernels the most registers, and how many",
             "spill.", "",
             "| " + " | ".join(columns) + " |", "|---" * len(columns) + "|"]
    for model in models:
        for architecture, kernels in kernels_of(model, []).items():
            lines.append(f"| {model.parent.name}/{model.stem} | {architecture} | {summary(kernels)} |")
            print(lines[-1], flush=True)
    (ROOT / "bench/gpu/registers.md").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
