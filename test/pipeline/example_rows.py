# RUN: %python %s %examples
"""Every example has a row of its own in examples/README.md, and stands beside a system there."""

import os
import re
import sys

folder = sys.argv[1]
with open(os.path.join(folder, "README.md"), encoding="utf-8") as file:
    own, systems = file.read().split("## From systems to examples")
files = {name[:-5] for name in os.listdir(folder) if name.endswith(".agon")}
rows = re.findall(r"^\| \[(\w+)\]\(\1\.agon\) \|", own, flags=re.MULTILINE)
wrong = [f"{name} has {rows.count(name)} rows" for name in sorted(files) if rows.count(name) != 1]
wrong += [f"{name} is no file" for name in rows if name not in files]
wrong += [f"no system names {name}" for name in sorted(files - {"classifier"} - set(re.findall(r"\[(\w+)\]", systems)))]
cells = [line.count(" | ") for line in systems.splitlines() if line.startswith("| ")]
wrong += ["a system stands without an example or a command"] * (len(cells) < 26 or min(cells) < 1)
sys.exit("\n".join(wrong) or 0)
