# RUN: %python %s %root
"""No script is named as a module of Python's library: a folder's scripts come before the library for all that a script
beside them imports, and for what that imports."""

import os
import sys

root = sys.argv[1]
scripts = []
for folder, folders, names in os.walk(root):
    folders[:] = [each for each in folders if not each.startswith((".git", "build", "out", ".venv"))]
    scripts += [os.path.relpath(os.path.join(folder, name), root) for name in names if name.endswith(".py")]

assert len(scripts) > 50, scripts
hiding = [script for script in scripts if os.path.basename(script)[:-3] in sys.stdlib_module_names]
if hiding:
    sys.exit("\n".join(f"{script}: hides Python's module of this name" for script in hiding))
