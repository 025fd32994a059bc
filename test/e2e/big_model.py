# RUN: %python %s %t
"""A model that no machine can hold: agonc warns with the sizes, `info` tells of
it, and whatever plays it is refused before a file is written."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "Inputs"))
sys.dont_write_bytecode = True
from support import run

GAME = """network N(x: [1500000]) -> [700000] = x |> dense(700000)
game big {
  noise x: [1500000] ~ normal(0, 1)
  player N minimizes E[N(x)] with sgd()
}
"""


def main(directory):
    os.makedirs(directory, exist_ok=True)
    source, binary, out = (os.path.join(directory, name) for name in ("big.agon", "big", "run"))
    with open(source, "w") as file:
        file.write(GAME)
    _, warning = run(["agonc", source, "-o", binary])
    assert "warning: the model needs " in warning and "TiB of memory; this machine has " in warning, warning
    told, _ = run([binary, "info"])
    assert "TiB" in told and "1,050,000,000,000" in told, told
    for command in (["train", "--steps", "1", "--out", out], ["bench", "--steps", "1"]):
        _, error = run([binary, *command], expect=69)
        assert "the model needs " in error and "TiB of memory, " in error and " are there" in error, error
    assert not os.path.exists(out)
    print("big model: warned, told, refused")


main(sys.argv[1])
