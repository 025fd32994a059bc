# RUN: %python %s %root/docs/language.md %t
"""Every ```agon block of the language reference is a program that compiles."""

import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "Inputs"))
from support import run

reference, scratch = sys.argv[1:3]
os.makedirs(scratch, exist_ok=True)
text = open(reference, encoding="utf-8").read()
blocks = re.findall(r"```agon\n(.*?)```", text, re.S)
assert len(blocks) >= 20, f"only {len(blocks)} examples"
for number, block in enumerate(blocks):
    path = os.path.join(scratch, f"example_{number}.agon")
    with open(path, "w", encoding="utf-8") as file:
        file.write(block)
    run(["agonc", path, "--check"])
    if re.search(r"^game ", block, re.M):
        run(["agonc", path, "--emit=fused", "-o", path + ".mlir"])
