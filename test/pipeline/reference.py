# RUN: %python %s %root %bin/agon-opt %reference
"""`make reference` has every pass, pipeline and dialect that agon-opt knows, and every operation and attribute."""

import glob
import os
import re
import subprocess
import sys

root, agon_opt, reference = sys.argv[1:]
pages = {os.path.basename(path): open(path, encoding="utf-8").read() for path in glob.glob(reference + "/*.md")}
assert pages, f"no reference in {reference}: `make reference` writes it"
text = "\n".join(pages.values())

# A pass has a heading with its text below; a pipeline is named by one of its passes.
help_text = subprocess.run([agon_opt, "--help"], capture_output=True, text=True, check=True).stdout
passes, pipelines = help_text.split("Pass Pipelines:")
passes = re.findall(r"^ +--(agon-[\w-]+) ", passes, re.MULTILINE)
pipelines = re.findall(r"^ +--(agon-[\w-]+) ", pipelines, re.MULTILINE)
assert len(passes) > 20 and pipelines, help_text
missing = []
for name in passes:
    section = re.search(rf"^### `-{name}`\n(.*?)(?=^### `|\Z)", text, re.MULTILINE | re.DOTALL)
    if not section or len(section.group(1).split()) < 25:
        missing.append(f"{name}: a pass without a description")
missing += [f"{name}: a pipeline that no page names" for name in pipelines if f"`{name}`" not in text]

dialects = subprocess.run([agon_opt, "--show-dialects"], capture_output=True, text=True, check=True).stdout
dialects = re.findall(r"\bagon\w*", dialects.split(":")[1])
assert len(dialects) >= 2, dialects
missing += [f"{name}: a dialect without a page" for name in dialects if f"# '{name}' Dialect" not in text]

operations, attributes = [], []
for path in [path for top in ("dialects", "compiler") for path in glob.glob(f"{root}/{top}/**/*.td", recursive=True)]:
    with open(path, encoding="utf-8") as file:
        source = file.read()
    operations += re.findall(r'^def \w+\s*:\s*Agon_\w*Op\w*<"([\w.]+)"', source, re.MULTILINE)
    attributes += re.findall(r'AttrDef<\w+, "(\w+)">|Cpu_Attr<"(\w+)"', source)
attributes = [name for pair in attributes for name in pair if name]
assert len(operations) > 40 and len(attributes) >= 3, (operations, attributes)
missing += [f"agon.{name}: an operation without a section" for name in operations if f"### `agon.{name}` (" not in text]
missing += [f"{name}Attr: an attribute without a section" for name in attributes if f"### {name}Attr" not in text]

if missing:
    sys.exit("\n".join(["the reference of `make reference` lacks"] + missing))
