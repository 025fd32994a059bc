# RUN: %python %s %t
"""Gradient checks, first and second order, of random networks: see
Inputs/network_generator.py. Half of the objectives hold a gradient penalty, so
that a check of their Hessian is one of the third derivative. And after a step
of training the optimised program agrees with the plain loops of -O0.

Arguments: the scratch directory, how many networks, the first seed. Network
number n is made from seed + n alone."""

import math
import os
import random
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "Inputs"))
sys.dont_write_bytecode = True
from network_generator import Network
from support import read_safetensors, run

TOGETHER = 3  # in one program


def program(networks, batch):
    lines = [f"const batch = {batch}\n"] + [network.text() for network in networks]
    lines.append("game random {\n  noise u: [4] ~ uniform(0, 1)\n  noise y: class(3) ~ categorical(3)\n")
    lines += [network.objective() for network in networks]
    return "".join(lines) + "  play { " + " & ".join(network.name for network in networks) + " }\n}\n"


def errors(binary, player, seed):
    """(parameter, order) -> the relative error, the least over some steps, and gradcheck's own words.

    A step that crosses a kink is off, and so is one too wide for the curvature: gradcheck judges by others then. What
    it passes, with its allowance for rounding, counts as no error."""
    best, words = {}, ""
    for step in ("1e-3", "1e-4", "1e-5"):
        checked = subprocess.run([binary, "gradcheck", "--seed", seed, "--player", player, "--eps", step,
                                  "--threads", "1"], capture_output=True, text=True)
        words += f"step {step}\n{checked.stdout}{checked.stderr}"
        rows = [line.split() for line in checked.stdout.splitlines() if line.startswith(player + " ")]
        assert rows and all(len(row) >= 11 for row in rows), words
        for _, parameter, _, first, _, _, second, _, _, _, verdict, *_ in rows:
            for order, error in (1, first), (2, second):
                error = 0 if verdict.startswith("ok") else float(error)
                best[parameter, order] = min(best.get((parameter, order), error), error)
        if max(best.values()) <= 1e-6:
            break
    return best, words


def trained(binary):
    """The checkpoint after one step."""
    run([binary, "train", "--steps", "1", "--seed", "6", "--out", binary + "-run", "--force", "--quiet",
         "--threads", "1"])
    return read_safetensors(os.path.join(binary + "-run", "checkpoint.safetensors"))


def check(job):
    """Nothing, or what is wrong."""
    seeds, batch, scratch = job
    networks = [Network(random.Random(seed), f"N{seed}", batch) for seed in seeds]
    path = os.path.join(scratch, f"networks_{seeds[0]}.agon")
    with open(path, "w") as file:
        file.write(program(networks, batch))
    for level in "-O3", "-O0":
        compiled = subprocess.run(["agonc", path, "-o", path[:-5] + level, "--float=f64", level],
                                  capture_output=True, text=True)
        if compiled.returncode:
            return f"{path} {level}\n{compiled.stderr}"
    fast, plain = (trained(path[:-5] + level) for level in ("-O3", "-O0"))
    wrong = []
    for network in networks:
        text = f"{path}: {network.name} ({', '.join(network.steps)})\n{network.text()}"
        own = {tensor: values for tensor, values in plain.items() if tensor.startswith(network.name + ".")}
        largest = max(math.hypot(*values) for values in own.values())
        for tensor, values in own.items():
            # A bias that a norm takes away again stays at 0, but for the rounding of its derivative.
            distance = math.dist(fast[tensor], values) / max(math.hypot(*values), 1e-3 * largest)
            if not distance < 1e-9:
                wrong.append(f"{text}-O3 and -O0 differ in {tensor} by {distance:.1e}")
        # Not every point is far enough from all kinks.
        for seed in ("3", "4", "5"):
            best, words = errors(path[:-5] + "-O3", network.name, seed)
            if max(best.values()) <= 1e-6:
                break
            print(f"{network.name} at the point {seed}: {max(best.values()):.1e}")
        else:
            wrong.append(text + words)
    return "\n".join(wrong)


def jobs(scratch, seed, count):
    for number, first in enumerate(range(0, count, TOGETHER)):
        seeds = [seed + n for n in range(first, min(first + TOGETHER, count))]
        yield seeds, (1, 3, 2)[number % 3], scratch


if __name__ == "__main__":
    scratch = sys.argv[1]
    count = int(sys.argv[2] if len(sys.argv) > 2 else os.environ.get("AGON_CASES", "30"))
    seed = int(sys.argv[3] if len(sys.argv) > 3 else os.environ.get("AGON_SEED", "1000"))
    os.makedirs(scratch, exist_ok=True)
    print("seeds", seed, "to", seed + count - 1)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        failures = [message for message in pool.map(check, jobs(scratch, seed, count)) if message]
    if failures:
        sys.exit("\n".join(failures))
    print(count, "networks checked")
