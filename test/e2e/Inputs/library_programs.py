"""The library's documented examples as complete programs: an expression within
a network of its own, an item of a game within a game."""

import os
import re
import sys

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "..")
sys.path.insert(0, os.path.join(ROOT, "scripts"))
sys.dont_write_bytecode = True
import library_reference


def inputs_of(types):
    """"x: [3, 8], y: class(10)" -> [("x", "[3, 8]"), ("y", "class(10)")]"""
    return re.findall(r"(\w+): (\[[^\]]*\]|class\(\d+\))", types)


def of_expression(lines):
    """The example as the body of a network; its real inputs and its value are
    scaled by a parameter, so that there is something to learn everywhere."""
    match = re.match(r"(.*?)\s*// (.*) -> (\[[^\]]*\])$", lines[-1])
    assert match, f"`// name: type -> shape` must end the example: {lines}"
    inputs = inputs_of(match[2])
    assert ", ".join(f"{name}: {type}" for name, type in inputs) == match[2], lines
    top = [line for line in lines[:-1] if re.match(r"(network|layer|fn) ", line)]
    lets = [line for line in lines[:-1] if line not in top]
    network = [f"network Example({', '.join(f'{n}: {t}' for n, t in inputs)}) -> {match[3]} {{", "param scale: [] = 1"]
    network += [f"let {name} = scale * {name}" for name, type in inputs if type[0] == "["]
    network += lets + [f"return scale * ({match[1]})", "}"]
    owned = ["Example"] + [line.split("(")[0][8:] for line in top if line.startswith("network ")]
    noises = [f"noise {name}: {type} ~ " + ("normal(0, 1)" if type[0] == "[" else f"categorical({type[6:-1]})")
              for name, type in inputs]
    return [*top, *network, "game example {", *noises, f"let r = Example({', '.join(n for n, _ in inputs)})",
            f"player P({', '.join(owned)}) minimizes E[sum(sin(r + 0.3) + 0.5 * r^2)] with sgd(lr = 0.1)", "}"]


def of_item(lines):
    """The example within a game of G and D on points of the plane, with C where it is named."""
    text = "\n".join(lines)
    data = re.search(r"^data .*?x: \[(\d+)\]", text, re.M)
    size = data[1] if data else "2"
    out = [f"network G(z: [4]) -> [{size}] = z |> dense(8) |> relu |> dense({size})",
           f"network D(x: [{size}]) -> [1] = x |> dense(8) |> relu |> dense(1)"]
    items = ["noise z: [4] ~ normal(0, 1)"]
    if not data:
        items.append("data x: [2] ~ normal(0, 1)")
    if "C(" in text:
        out.append(f"network C(x: [{size}]) -> [10] = x |> dense(10)")
        items.append("noise y: class(10) ~ categorical(10)")
    losses = {"D": "minimizes E[softplus(-D(x))] + E[softplus(D(G(z)))]", "G": "minimizes E[softplus(-D(G(z)))]",
              "C": "minimizes E[cross_entropy(C(x), y)]"}
    if re.search(r"^value V", text, re.M):
        losses.update(D="maximizes V", G="minimizes V")
    optimizer = "with adam(lr = 1e-4)"
    if lines[0].startswith("with"):
        optimizer, lines = text, []
    for player, loss in losses.items():
        if f"network {player}(" in "\n".join(out) and f"player {player} " not in text:
            items.append(f"player {player} {loss} {optimizer}")
    if not lines or not re.match(r"play\b", lines[-1]):
        lines = [*lines, f"play {{ {'; '.join('DGC' if 'C(' in text else 'DG')} }}"]
    return [*out, "game example {", *items, *lines, "}"]


def programs():
    """(name, whether it is an expression, the program's lines) of every example."""
    for file, _, declarations in library_reference.library():
        assert declarations, f"{file}.agon documents nothing"
        for declaration in declarations:
            assert declaration.paragraphs[0].endswith("."), f"`{declaration.name}`: a sentence ends with a full stop"
            assert declaration.examples, f"`{declaration.name}` has no example"
            for number, example in enumerate(declaration.examples):
                assert declaration.name in "\n".join(example), f"the example of `{declaration.name}` does not use it"
                item = re.match(r"(player|value|metric|data|average|with|noise|play)\b", example[0]) is not None
                lines = of_item(example) if item else of_expression(example)
                yield f"{file}_{declaration.name}_{number}", not item, lines
