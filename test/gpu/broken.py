# RUN: %python %s %build/test/gpu/stub %t
"""Kernels that the compiler makes, each broken by one edit of its LLVM IR: a barrier is left out, a bound is off by
one, an address of shared memory is a word too high, two registers of a fragment are swapped, a wait for cp.async is
left out. A game with one broken kernel stops at a fault that the emulated device finds, or comes to other weights."""

import os
import re
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "e2e", "Inputs"))
from support import read_safetensors, relative_distance, run

# Most extents are odd: so a thread that has two neighbours asks for the last one alone. The weights of 37 x 32 are what
# cp.async can copy.
GAME = """const batch = 25
network D(x: [1, 7, 7]) -> [1] =
  x |> conv(5, 3, pad = 1, init = normal(0, 0.3)) |> leaky_relu(0.2) |> flatten
    |> dense(37, init = normal(0, 0.1)) |> tanh |> dense(32, init = normal(0, 0.3)) |> tanh
    |> dense(1, init = normal(0, 0.3))
game broken {
  noise x: [1, 7, 7] ~ normal(0, 1)
  player D minimizes E[softplus(-D(x))] with sgd(lr = 0.1)
  play { D }
}
"""
# Weights that differ by less came to be in another order of summation.
TOLERANCE = 1e-4


def without(pattern, body):
    """Without the first line that the pattern is in."""
    return re.sub(rf"^.*{pattern}.*\n", "", body, count=1, flags=re.MULTILINE)


def no_barrier(body):
    return without(r"call void @llvm\.nvvm\.barrier\.cta\.sync", body)


def no_wait(body):
    return without(r"call void @llvm\.nvvm\.cp\.async\.wait", body)


def less(body, chosen):
    """One of the bounds with which indices are compared is one less, wherever it stands."""
    comparison = r"(icmp (?:samesign )?(?:ult|ugt) i32 %\S+, ){}\b"
    bound = chosen([int(match[2]) for match in re.finditer(comparison.format(r"(\d+)"), body)])
    return re.sub(comparison.format(bound), rf"\g<1>{bound - 1}", body)


def bound(body):
    return less(body, max)


def inserted(body):
    """The bound of what is inserted, which comes last: of what is around it nothing is seen where zeros lay before."""
    return less(body, lambda bounds: bounds[-1])


def address(body):
    """What a load from shared memory, or an ldmatrix, reads lies a word further."""
    return re.sub(r"^( *)(%\S+ = .*?(?:load|ldmatrix) ?.*?)(ptr addrspace\(3\) )([@%][^\s,)]+)",
                  r"\1%broken = getelementptr i8, \3\4, i64 4\n\1\2\3%broken", body, count=1, flags=re.MULTILINE)


def fragment(body):
    """The first two registers of A in every mma."""
    return re.sub(r"(@llvm\.nvvm\.mma\.\S+?\()([^,]+), ([^,]+),", r"\1\3, \2,", body)


# By the region's name. Of the maps it is the one that makes the weights, for what it leaves out is seen in them. In
# bf16 nothing is copied as it lies, and f32 has no fragments.
EDITS = {"elementwise [245, 37]": (bound,), "insert": (inserted,), "reduction": (bound, no_barrier, address),
         "contraction": (bound, no_barrier, address, fragment, no_wait)}


class Game:
    def __init__(self, stub, scratch, precision):
        self.stub, self.scratch, self.precision = stub, os.path.join(scratch, precision), precision
        shutil.rmtree(self.scratch, ignore_errors=True)
        os.makedirs(self.scratch)
        source, self.binary = os.path.join(self.scratch, "broken.agon"), os.path.join(self.scratch, "broken")
        with open(source, "w", encoding="utf-8") as file:
            file.write(GAME)
        words = ["agonc", source, "--target=cuda", f"--precision={precision}", "-o"]
        run([*words, self.binary])
        self.code = run([*words, "-", "--emit=gpu"])[0]
        launches = run([*words, "-", "--emit=kernels"])[0]
        self.kernels = re.findall(r'agon\.launch @device::@(\w+) .*? tasks (\d+) .*? is \w+ "([^"]*)"', launches)
        self.weights = self.train("right", self.code)
        assert isinstance(self.weights, dict), self.weights

    def train(self, name, code):
        """The weights after one iteration, or what stopped the game."""
        kernels = os.path.join(self.scratch, name)
        with open(kernels + ".ll", "w", encoding="utf-8") as file:
            file.write(code)
        run(["agon-emulate", kernels + ".ll", "-o", kernels + ".so"])
        out, log = kernels + "-run", kernels + ".calls"
        result = subprocess.run([self.binary, "train", "--steps", "1", "--seed", "3", "--device", "cuda", "--quiet",
                                 "--out", out], capture_output=True, text=True,
                                env={**os.environ, "AGON_EMULATED_KERNELS": kernels + ".so",
                                     "LD_LIBRARY_PATH": self.stub, "AGON_STUB_LOG": log})
        if result.returncode != 0:
            with open(log, encoding="utf-8") as file:
                return next(line for line in file if line.startswith("fault ")).strip()
        tensors = read_safetensors(os.path.join(out, "checkpoint.safetensors"))
        return {tensor: values for tensor, values in tensors.items() if tensor.startswith("D.")}

    def body(self, kernel):
        return re.search(rf"^define ptx_kernel void @{kernel}\(.*?^}}", self.code, re.MULTILINE | re.DOTALL)

    def catch(self, kind, edit, needed):
        """Breaks the kernel of this kind that has the most blocks of those that can be broken so."""
        for kernel, *_ in sorted((each for each in self.kernels if kind in each[2]), key=lambda each: -int(each[1])):
            match = self.body(kernel)
            broken = edit(match[0])
            if broken == match[0]:
                continue
            found = self.train(f"{kind.split()[0]}-{edit.__name__}",
                               self.code[:match.start()] + broken + self.code[match.end():])
            what = f"{self.precision}: {kernel}, {kind}, {edit.__name__}"
            if isinstance(found, str):
                said = found
            else:
                worst = max(self.weights, key=lambda each: relative_distance(found[each], self.weights[each]))
                distance = relative_distance(found[worst], self.weights[worst])
                assert not distance <= TOLERANCE, f"{what}: nobody noticed, {distance:.1e}"
                said = f"{worst} differs by {distance:.1e}"
            print(f"{what}: {said}")
            return
        assert not needed, f"{self.precision}: {kind}, {edit.__name__}: no kernel has it"


def main():
    stub, scratch = sys.argv[1:]
    for precision in ("f32", "tf32", "bf16"):
        game = Game(stub, scratch, precision)
        for kind, edits in EDITS.items():
            # Only contractions depend on the precision.
            if kind == "contraction" or precision == "f32":
                for edit in edits:
                    game.catch(kind, edit, edit != {"f32": fragment, "bf16": no_wait}.get(precision))


if __name__ == "__main__":
    main()
