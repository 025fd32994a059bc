# RUN: %python %s %root
"""No line of C++, TableGen, Python, shell or CMake has more than 120 columns. Texts of several lines within C++,
programs in MLIR most of them, have their own."""

import os
import re
import sys

SOURCES = (".h", ".cpp", ".c", ".def", ".td", ".py", ".sh", ".cmake", "CMakeLists.txt", "Makefile")
COLUMNS = 120

root = sys.argv[1]
long_lines, files = [], 0
for folder, folders, names in os.walk(root):
    # What is built and what git keeps is not ours.
    folders[:] = [each for each in folders if not each.startswith((".git", "build", "out", ".venv"))]
    for name in names:
        if name.endswith(SOURCES):
            files += 1
            path = os.path.join(folder, name)
            with open(path, encoding="utf-8") as file:
                # A text of several lines becomes as many empty ones, with what stands before and behind it.
                text = re.sub(r'R"\(.*?\)"', lambda raw: "\n" * raw.group().count("\n"), file.read(), flags=re.DOTALL)
            long_lines += [f"{os.path.relpath(path, root)}:{number}: {len(line)} columns, at most {COLUMNS}"
                           for number, line in enumerate(text.split("\n"), 1) if len(line) > COLUMNS]

assert files > 200, files
if long_lines:
    sys.exit("\n".join(long_lines))
