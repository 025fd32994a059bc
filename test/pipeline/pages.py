# RUN: %python %s %root
"""What the pages name is there: the files, links, passes, options and names of the code in README.md, docs/ and the
rooms' READMEs."""

import os
import re
import sys

root = sys.argv[1]
paths, sources = set(), {}
for folder, folders, names in os.walk(root):
    folders[:] = [each for each in folders if not each.startswith((".git", "build", "out", ".venv", "__pycache__"))]
    for name in names:
        path = os.path.relpath(os.path.join(folder, name), root)
        paths.add(path)
        if path.endswith((".cpp", ".h", ".td", ".py", ".def", ".sh")):
            with open(os.path.join(root, path), encoding="utf-8") as file:
                sources[path] = file.read()
folders = {os.path.dirname(path) for path in paths}
folders |= {os.path.dirname(folder) for folder in folders}
code = "\n".join(text for path, text in sources.items() if not path.startswith("test/"))
everything = code + "\n".join(os.path.splitext(os.path.basename(path))[0] for path in paths)
# Files that a run, a user or a build makes, or that pages take as an example.
MADE = re.compile(r"(log|prices|t|table)\.csv|run\.json|t\.json|FILE\.\w+|MODEL\.agon|"
                  r"(m|ring|model|dcgan|mnist)\.\w+|x\.npy|samples(/.*)?\.png|NETWORK-STEP\.png|"
                  r"results\.json|.*\.gz|bench\.svg|(G|NAME)\.h")

problems, checked = [], 0
for page in sorted(paths):
    if not page.endswith(".md") or page in ("docs/library.md", "bench/results.md"):
        continue
    with open(os.path.join(root, page), encoding="utf-8") as file:
        text = re.sub(r"^```.*?^```", lambda block: "\n" * block.group().count("\n"), file.read(),
                      flags=re.MULTILINE | re.DOTALL)
    for number, line in enumerate(text.split("\n"), 1):
        place = f"{page}:{number}"
        for link in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", line):
            checked += 1
            if not os.path.exists(os.path.join(root, os.path.dirname(page), link)):
                problems.append(f"{place}: the link {link} leads nowhere")
        for quoted in re.findall(r"`([^`]+)`", line):
            if re.fullmatch(r"[\w./+-]+\.(cpp|h|td|py|md|def|agon|mlir|test|sh|csv|json|png|npy|txt)", quoted):
                checked += 1
                if not MADE.fullmatch(quoted) and not any(("/" + path).endswith("/" + quoted) for path in paths):
                    problems.append(f"{place}: there is no file {quoted}")
            elif re.fullmatch(r"(compiler|dialects|frontend|runtime|test|bench|docs|examples|scripts)/[\w/]+", quoted):
                checked += 1
                if quoted not in folders and not any(os.path.splitext(path)[0] == quoted for path in paths):
                    problems.append(f"{place}: there is no {quoted}")
            elif re.fullmatch(r"-?agon-[a-z-]+", quoted):
                checked += 1
                if f'"{quoted.lstrip("-")}"' not in code and quoted != "agon-opt":
                    problems.append(f"{place}: there is no pass {quoted}")
            elif re.fullmatch(r"[A-Z]\w*[a-z]\w*|[a-z]+[A-Z]\w*", quoted):
                checked += 1
                if not re.search(rf"\b{quoted}\b", everything):
                    problems.append(f"{place}: no file or name in the code is {quoted}")
            elif option := re.match(r"(?:\S+ )?--([a-z][a-z-]+)\b", quoted):
                checked += 1
                if option.group(1) not in code:
                    problems.append(f"{place}: there is no option --{option.group(1)}")

assert checked > 300, checked

if problems:
    sys.exit("\n".join(problems))
