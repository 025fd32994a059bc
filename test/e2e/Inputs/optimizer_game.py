"""A game in which every player has parameters of several shapes, of its own, and the same objective, whose gradient is
known: what tests of optimizers compare with formulas, and with those of others."""

import math
import os

from support import read_safetensors, run

SHAPES = {"s": [], "v": [5], "M": [4, 3], "N": [2, 5], "K": [2, 3, 2, 2], "L": [6, 2, 2]}

# A sum of waves of every element, and the square of a sum over all of them.
SOURCE = """fn waves(w, k) {
  let i = iota(size(w))
  return sum((0.5 + 0.4 * sin(1.7 * i + k)) * (1 - cos(reshape(w, -1) + sin(0.9 * i + k))))
}
fn along(w, k) = sum(reshape(w, -1) * cos(0.6 * iota(size(w)) + k))
"""


def size(shape):
    return math.prod(shape)


def initial():
    """The parameters before the first step, as lists of numbers, in the order of SHAPES."""
    return [[math.sin(1.1 * i + k + 1) for i in range(size(shape))] for k, shape in enumerate(SHAPES.values())]


def gradient(weights):
    """Of the objective, by every element."""
    pull = sum(w * math.cos(0.6 * i + k) for k, each in enumerate(weights) for i, w in enumerate(each))
    return [[(0.5 + 0.4 * math.sin(1.7 * i + k)) * math.sin(w + math.sin(0.9 * i + k))
             + pull * math.cos(0.6 * i + k) for i, w in enumerate(each)] for k, each in enumerate(weights)]


def source(optimizers):
    """The game: of each of `optimizers`, name -> text, a player `min_name` and one `max_name` that mirrors it."""
    lines, items, players = [SOURCE], [], []
    for name, optimizer in optimizers.items():
        for side, goal in (("min", "minimizes "), ("max", "maximizes -")):
            player = f"{side}_{name}"
            lines.append(f"network {player}() -> [] {{")
            for k, (key, shape) in enumerate(SHAPES.items()):
                start = f"sin(1.1 * iota({size(shape)}) + {k + 1})"
                lines.append(f"  param {key}: {shape} = reshape({start}, {shape})")
            names = list(enumerate(SHAPES))
            lines.append("  let pull = " + " + ".join(f"along({key}, {k})" for k, key in names))
            lines.append("  return " + " + ".join(f"waves({key}, {k})" for k, key in names) + " + 0.5 * pull^2\n}")
            items.append(f"  player {player} {goal}E[{player}()] with {optimizer}")
            players.append(player)
    return "\n".join([*lines, "game steps {", *items, f"  play {{ {'; '.join(players)} }}", "}", ""])


def trained(binary, out, steps, *options):
    """The checkpoint's tensors."""
    run([binary, "train", "--steps", str(steps), "--out", out, "--quiet", *options])
    return read_safetensors(os.path.join(out, "checkpoint.safetensors"))


def weights_of(tensors, player):
    return [tensors[f"{player}.{key}"] for key in SHAPES]


def distance(found, expected):
    """The greatest difference within a parameter, in units of its greatest element."""
    return max(max(abs(a - b) for a, b in zip(f, e)) / max(abs(b) for b in e) for f, e in zip(found, expected))
