# RUN: %python %s %t
"""What optimisers demand of their arguments is judged where a run may break it:
`--set` before the run, an expression of t at the first step that is wrong, with
the state before kept. clip_norm holds its limit for gradients of any size."""

import math
import os
import shutil
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "Inputs"))
sys.dont_write_bytecode = True
from support import compile_model, read_safetensors, run

GAME = """const size = 1
network A() -> [] { param w: [3] = 0; return sum(w * [1, 2, -2]) }
network B() -> [] { param w: [1] = 0; return sum(w) }
game g {
  player A minimizes E[A() * size] with clip_norm(3) then sgd(lr = 1)
  player B minimizes E[B()] with sgd(lr = 0.1 * (1 - t / 8)) then clamp(lo = -5, hi = 5)
  play { A; repeat 2 { B } }
}
"""


def tells(text, *words):
    for word in words:
        assert word in text, f"expected '{word}' in: {text}"


def main(directory):
    shutil.rmtree(directory, ignore_errors=True)
    os.makedirs(directory)
    source = os.path.join(directory, "g.agon")
    with open(source, "w") as file:
        file.write(GAME)
    game = compile_model(source, os.path.join(directory, "g"))
    out = os.path.join(directory, "run")
    train = [game, "train", "--steps", "20", "--out", out, "--quiet", "--force"]

    for setting, words in (("A.lr=-1", ("sgd of player A requires `lr >= 0 and lr < inf`, got A.lr = -1",)),
                           ("A.limit=0", ("clip_norm of player A requires `limit > 0 and limit < inf`",
                                         ", got A.limit = 0")),
                           ("B.lo=6", ("clamp of player B requires `lo < hi`, got B.lo = 6, B.hi = 5",))):
        _, error = run([*train, "--set", setting], expect=64)
        tells(error, *words)
        assert not os.path.exists(out), "nothing is written before the arguments are judged"
    run([game, "bench", "--steps", "1", "--set", "A.lr=-1"], expect=64)
    _, error = run([game, "sweep", "--steps", "20", "--out", out, "--quiet", "--set", "A.lr=0.5,-1"], expect=64)
    tells(error, "sgd of player A requires `lr >= 0 and lr < inf`, got A.lr = -1")
    assert not os.path.exists(out), "no run of a sweep begins before all arguments are judged"

    # B moves twice an iteration: its ninth step, the first with a negative rate, is of iteration 5.
    _, error = run(train, expect=1)
    tells(error, "sgd of player B requires `lr >= 0 and lr < inf`, got B.lr = -0.0125", "at step 5;", "step 4 is kept")
    state = read_safetensors(os.path.join(out, "checkpoint.safetensors"))
    assert state["step.B"] == [8] and state["step.A"] == [4], state
    run([*train, "--set", "B.lr=0.5"])
    run([game, "train", "--steps", "30", "--out", out, "--resume", "--quiet"])
    _, error = run([game, "train", "--steps", "40", "--out", out, "--resume", "--quiet", "--set", "A.lr=-1"], expect=64)
    assert "note" not in error, "what is refused is not announced: " + error

    # The gradient is size * [1, 2, -2], of length 3 * size.
    for size in (1e-30, 1e-20, 1e-3, 1, 1e3, 2e19, 1e30, 1.5e38):
        clipped = compile_model(source, os.path.join(directory, "clip"), "-D", f"size={size}")
        run([clipped, "train", "--steps", "1", "--out", out, "--quiet", "--force"])
        moved = read_safetensors(os.path.join(out, "checkpoint.safetensors"))["A.w"]
        for value, slope in zip(moved, (1, 2, -2)):
            expected = -slope * min(1, size)
            assert math.isclose(value, expected, rel_tol=1e-5), f"size {size}: {moved}"
    print("arguments: judged; limits held")


main(sys.argv[1])
