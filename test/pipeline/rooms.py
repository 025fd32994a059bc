# RUN: %python %s %root
"""Rooms include only what the table of docs/architecture.md allows; the table has a row for each room and no other;
every include names its room; no header includes itself, by whatever way."""

import os
import re
import sys
import tempfile

TOPS = ("frontend", "dialects", "compiler", "runtime", "support")
SOURCES = (".h", ".cpp", ".td", ".def")
# The libraries of the table, by what their includes begin with; every other one belongs to C++ or to the system.
LIBRARIES = {"mlir/": "MLIR", "llvm/": "MLIR", "fmt/": "fmt", "nlohmann/": "JSON", "CLI/": "CLI11", "png.h": "libpng",
             "jpeglib.h": "libjpeg",
             "webp/": "libwebp", "gif_lib.h": "giflib", "zlib.h": "zlib", "zstd": "libzstd", "Eigen/": "Eigen",
             "Spectra/": "Spectra"}


def read_table(root, problems):
    """room -> names of the rooms and libraries that it may use, from docs/architecture.md"""
    table = {}
    with open(os.path.join(root, "docs", "architecture.md"), encoding="utf-8") as page:
        lines = enumerate(page, 1)
        for _, line in lines:
            if line == "| room | holds | may use |\n":
                break
        next(lines, None)
        for number, line in lines:
            if line == "\n":
                break
            row = re.match(r"\| `([\w/]+)` \|.*\| ([^|]*) \|$", line)
            if not row:
                problems.append(f"docs/architecture.md:{number}: expected | `room` | what it holds | rooms, or – |")
                continue
            place, room, cell = f"docs/architecture.md:{number}", row.group(1), row.group(2)
            names = [] if cell == "–" else cell.split(", ")
            for name in names:
                if not re.fullmatch(r"`[\w/]+`", name) and name not in LIBRARIES.values():
                    problems.append(f"{place}: '{name}' is neither a `room` nor one of the libraries "
                                    f"{', '.join(sorted(set(LIBRARIES.values())))}")
            if room in table:
                problems.append(f"{place}: {room} has two rows")
            table[room] = [name.strip("`") for name in names]
            for name in [room] + [name.strip("`") for name in names if name.startswith("`")]:
                if not os.path.isdir(os.path.join(root, name)):
                    problems.append(f"{place}: there is no room {name}")
    return table


def read_includes(root, table, problems):
    """file -> the files of the house that it includes; tells of each include that the table does not allow"""
    includes = {}
    for top in TOPS:
        for folder, _, names in os.walk(os.path.join(root, top)):
            room = os.path.relpath(folder, root)
            sources = sorted(name for name in names if name.endswith(SOURCES))
            if sources and room not in table:
                problems.append(f"{room}: this room has no row in the table of docs/architecture.md")
                continue
            for name in sources:
                file = f"{room}/{name}"
                includes[file] = []
                with open(os.path.join(root, file), encoding="utf-8") as text:
                    for number, line in enumerate(text, 1):
                        found = re.match(r'\s*#?\s*include\s+["<]([^">]+)[">]', line)
                        if found:
                            check_include(root, file, found.group(1), f"{file}:{number}", table, problems)
                            includes[file].append(found.group(1))
    return includes


def check_include(root, file, target, place, table, problems):
    room, uses = os.path.dirname(file), os.path.dirname(target)
    for prefix, library in LIBRARIES.items():
        if target.startswith(prefix) and library not in table[room]:
            problems.append(f"{place}: {room} must not use {library}")
    if uses in table:
        if uses != room and uses not in table[room]:
            problems.append(f"{place}: {room} must not use {uses}")
    elif os.path.exists(os.path.join(root, room, target)):
        problems.append(f"{place}: the include does not name its room")


def cycles(includes):
    """The ways from a file back to itself."""
    finished, found = set(), []

    def follow(file, above):
        if file in above:
            return above[above.index(file):]
        if file in finished:
            return None
        finished.add(file)
        ways = (follow(next, above + (file,)) for next in includes.get(file, ()))
        return next((way for way in ways if way), None)

    for file in includes:
        if way := follow(file, ()):
            found.append(", ".join(way))
    return found


def unit(file):
    return os.path.splitext(file)[0]


def judge(root):
    problems = []
    table = read_table(root, problems)
    includes = read_includes(root, table, problems)
    headers = {file: [target for target in targets if target != file]
               for file, targets in includes.items() if file.endswith(".h")}
    problems += [f"these headers include each other: {way}" for way in cycles(headers)]
    # In sema a header and its .cpp count as one, so that no group of files is closed by what the .cpp files include.
    sema = {}
    for file, targets in includes.items():
        if file.startswith("frontend/sema/"):
            sema.setdefault(unit(file), set()).update(unit(target) for target in targets if unit(target) != unit(file))
    problems += [f"these files need each other: {way}" for way in cycles(sema)]
    return problems, len(includes)


def judge_small_tree(files, rows):
    """What is said of a house of these files, whose table has these rows."""
    with tempfile.TemporaryDirectory() as root:
        page = "| room | holds | may use |\n|---|---|---|\n" + "".join(f"| {row} |\n" for row in rows)
        for name, text in {**files, "docs/architecture.md": page}.items():
            os.makedirs(os.path.dirname(os.path.join(root, name)), exist_ok=True)
            with open(os.path.join(root, name), "w", encoding="utf-8") as file:
                file.write(text)
        return judge(root)[0]


def test_the_judge():
    files = {"support/A.h": "", "runtime/io/B.h": '#include "support/A.h"\n#include <zlib.h>\n'}
    rows = ["`support` | files | –", "`runtime/io` | pictures | `support`, zlib"]
    for changed_files, changed_rows, expected in [
            ({}, rows, []),
            ({}, [rows[0], "`runtime/io` | pictures | zlib"], ["runtime/io/B.h:1: runtime/io must not use support"]),
            ({}, [rows[0], "`runtime/io` | pictures | `support`"], ["runtime/io/B.h:2: runtime/io must not use zlib"]),
            ({}, rows[1:], ["support: this room has no row in the table of docs/architecture.md"]),
            ({}, rows + ["runtime/io | pictures"],
             ["docs/architecture.md:5: expected | `room` | what it holds | rooms, or – |"]),
            ({}, rows + ["`runtime/gone` | nothing | –"], ["docs/architecture.md:5: there is no room runtime/gone"]),
            ({}, [rows[0] + "e", rows[1]], ["docs/architecture.md:3: '–e' is neither a `room` nor one of the libraries "
                                            "CLI11, Eigen, JSON, MLIR, Spectra, fmt, giflib, libjpeg, libpng, libwebp, "
                                            "libzstd, zlib"]),
            ({}, [rows[0], rows[1] + ", `suport`"], ["docs/architecture.md:4: there is no room suport"]),
            ({"runtime/io/C.cpp": '#include "B.h"\n'}, rows,
             ["runtime/io/C.cpp:1: the include does not name its room"]),
            ({"support/A.h": '#include "support/D.h"\n', "support/D.h": '#include "support/A.h"\n'}, rows,
             ["these headers include each other: support/A.h, support/D.h"])]:
        problems = judge_small_tree({**files, **changed_files}, changed_rows)
        for problem in expected:
            assert problem in problems, (problem, problems)
        assert bool(problems) == bool(expected), problems


test_the_judge()
problems, files = judge(sys.argv[1])
assert files > 50, files
if problems:
    sys.exit("\n".join(problems))
