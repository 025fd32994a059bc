# RUN: %python %s %root
"""Rooms include only what ARCHITECTURE allows; every include names its room; no
header includes itself, by whatever way."""

import os
import re
import sys

MAY_USE = {
    "support": [],
    "frontend/syntax": ["support"],
    "frontend/sema": ["frontend/syntax", "frontend/sema/graph", "frontend/sema/eval", "frontend/sema/game"],
    "frontend/sema/graph": ["frontend/sema", "frontend/syntax"],
    "frontend/sema/builtins": ["frontend/sema", "frontend/sema/graph", "frontend/syntax"],
    "frontend/sema/eval": ["frontend/sema", "frontend/sema/graph", "frontend/sema/builtins", "frontend/std",
                           "frontend/syntax"],
    "frontend/sema/game": ["frontend/sema", "frontend/sema/graph", "frontend/sema/eval", "frontend/syntax"],
    "frontend/std": [],
    "frontend/lower": ["frontend/sema", "frontend/syntax", "dialects/agon"],
    "dialects/agon": ["runtime/abi"],
    "compiler/autodiff": ["dialects/agon"],
    "compiler/game": ["dialects/agon", "compiler/autodiff"],
    "compiler/target": ["dialects/agon"],
    "compiler/tensor": ["dialects/agon", "compiler/target"],
    "compiler/region": ["dialects/agon"],
    "compiler/cpu": ["dialects/agon", "compiler/region", "compiler/target"],
    "compiler/codegen": ["dialects/agon", "compiler/target", "runtime/abi"],
    "compiler/pipeline": ["dialects/agon", "compiler/autodiff", "compiler/game", "compiler/tensor", "compiler/target",
                          "compiler/cpu", "compiler/codegen"],
    "compiler/tools": ["compiler/pipeline", "compiler/codegen", "compiler/target", "frontend/lower", "frontend/sema", "frontend/syntax",
                       "dialects/agon", "support"],
    "runtime/abi": [],
    "runtime/device": ["runtime/abi"],
    "runtime/core": ["runtime/abi", "runtime/device"],
    "runtime/cpu": ["runtime/abi", "runtime/device", "runtime/core"],
    "runtime/data": ["runtime/abi", "runtime/core"],
    "runtime/io": ["runtime/abi", "runtime/core", "support"],
    "runtime/cli": ["runtime/abi", "runtime/core", "runtime/cpu", "runtime/data", "runtime/io", "support"],
}
NO_MLIR = ["frontend/syntax", "frontend/sema", "runtime/", "support"]

root = sys.argv[1]
problems, files = [], 0
includes = {}
for top in ("frontend", "dialects", "compiler", "runtime", "support"):
    for folder, _, names in os.walk(os.path.join(root, top)):
        room = os.path.relpath(folder, root)
        for name in names:
            if not name.endswith((".h", ".cpp")):
                continue
            files += 1
            path = os.path.join(folder, name)
            if room not in MAY_USE:
                problems.append(f"{room}/{name}: this room is not in the list")
                continue
            for number, line in enumerate(open(path, encoding="utf-8"), 1):
                found = re.match(r'\s*#\s*include\s+["<]([^">]+)[">]', line)
                if not found:
                    continue
                place = f"{room}/{name}:{number}"
                if '"' in line and found.group(1) != f"{room}/{name}":
                    includes.setdefault(f"{room}/{name}", []).append(found.group(1))
                target = os.path.dirname(found.group(1))
                if target in MAY_USE:
                    if target != room and target not in MAY_USE[room]:
                        problems.append(f"{place}: {room} must not use {target}")
                elif '"' in line and os.path.exists(os.path.join(folder, found.group(1))):
                    problems.append(f"{place}: the include does not name its room")
                if target.startswith(("mlir", "llvm")) and room.startswith(tuple(NO_MLIR)):
                    problems.append(f"{place}: no MLIR or LLVM here")



def cycle(file, above=()):
    """The headers on a way from a header back to itself."""
    if file in above:
        return above[above.index(file):]
    if file in finished:
        return None
    finished.add(file)
    ways = (cycle(next, above + (file,)) for next in includes.get(file, ()))
    return next((way for way in ways if way), None)


def unit(file):
    return os.path.splitext(file)[0]


finished = set()
for file in list(includes):
    if file.endswith(".h") and (way := cycle(file)):
        problems.append(f"these headers include each other: {', '.join(way)}")
# In sema a header and its .cpp count as one, so that no group of files is closed by what the .cpp files include.
sema = {}
for file, targets in includes.items():
    if file.startswith("frontend/sema/"):
        sema.setdefault(unit(file), set()).update(unit(target) for target in targets if unit(target) != unit(file))
includes, finished = sema, set()
for file in list(includes):
    if way := cycle(file):
        problems.append(f"these files need each other: {', '.join(way)}")

assert files > 50, files
if problems:
    sys.exit("\n".join(problems))
