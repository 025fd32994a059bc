#!/usr/bin/env python3
"""Makes docs/library.md, the reference of the standard library, from the `///`
comments in frontend/std/*.agon.

    library_reference.py            writes docs/library.md
    library_reference.py --check    fails if docs/library.md is not what it would write

A comment is a paragraph that says what is computed, after what source; where
there are any, a paragraph that lists parameters and states; and examples, lines
indented by three blanks. An example that is an expression ends in

    // x: [3, 8, 8], y: class(10) -> [8]

the types of the names in it and the shape of its value; one that is an item of
a game (`player`, `value`, `metric`, `data`, `average`, `with`) has none. A declaration
without `///` is the library's own and not in the reference."""

import os
import re
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

# The order of the sections; a file that is not listed comes last.
ORDER = ["layers", "convolution", "resampling", "norms", "weights", "activations", "attention", "recurrent", "blocks",
         "image_models", "stylegan", "minibatch", "augment", "random", "tensors", "initializers", "losses", "fgan",
         "penalties", "distances", "optimizers", "play", "toys"]
TITLES = {"layers": "Layers", "convolution": "Convolution and pooling", "resampling": "Resampling and padding",
          "norms": "Normalisation", "weights": "Reparameterised weights", "activations": "Activations",
          "attention": "Attention", "recurrent": "Recurrent layers", "blocks": "Residual blocks",
          "image_models": "Image translation", "stylegan": "StyleGAN2", "minibatch": "Across the minibatch",
          "augment": "Augmentation", "random": "Draws and their derivatives", "tensors": "Tensors",
          "initializers": "Initialisers", "losses": "Losses", "fgan": "f-divergences", "penalties": "Penalties",
          "distances": "Distances of minibatches", "optimizers": "Optimizers", "play": "Ways to play",
          "toys": "Toy distributions"}
WORDS = ("layer", "fn", "optimizer", "way", "source", "const", "network")


class Declaration:
    def __init__(self, name, signature, paragraphs, examples):
        self.name = name              # "conv"
        self.signature = signature    # "layer conv(x: [c, ..s], ...) -> [channels, ..positions]"
        self.paragraphs = paragraphs  # text without line breaks
        self.examples = examples      # lists of lines, one list an example


def signature_at(lines, number):
    """The declaration that starts in this line, without its body, in one line."""
    text, depth = "", 0
    for line in lines[number:]:
        for i, char in enumerate(line):
            if depth == 0 and text and (char == "{" or (char == "=" and line[i + 1:i + 2] != "=")):
                return re.sub(r"\s+", " ", text).replace("( ", "(").strip()
            depth += {"(": 1, "[": 1, ")": -1, "]": -1}.get(char, 0)
            text += char
        text += " "
    raise SystemExit(f"the declaration in line {number + 1} does not end")


def split_examples(lines):
    """An example ends with the line that gives its types, or with an item of a
    game; lines that are indented further continue the one before."""
    examples, current = [], []
    for number, line in enumerate(lines):
        current.append(line)
        following = lines[number + 1] if number + 1 < len(lines) else ""
        start = next(text for text in reversed(current) if not text.startswith(" "))
        ends = "//" in line or re.match(r"(player|value|metric|data|average|with|play)\b", start)
        if ends and not following.startswith(" "):
            examples.append(current)
            current = []
    if current:
        raise SystemExit(f"an example does not say the types of its names: {current}")
    return examples


def parse(path):
    """The words at the head of a file, and its documented declarations."""
    with open(path, encoding="utf-8") as file:
        lines = file.read().splitlines()
    head = []
    while len(head) < len(lines) and re.match(r"//( |$)", lines[len(head)]):
        head.append(lines[len(head)][3:])
    declarations, comment = [], []
    for number, line in enumerate(lines):
        if line.startswith("///"):
            comment.append(line[3:])
            continue
        if comment:
            match = re.match(r"(%s) ([\w.]+)" % "|".join(WORDS), line)
            if not match:
                raise SystemExit(f"{path}:{number + 1}: a `///` comment stands above a declaration")
            text, examples = [], []
            for part in comment:
                if part.startswith("   "):
                    examples.append(part[3:])
                elif examples:
                    raise SystemExit(f"{path}:{number + 1}: text after the examples of `{match[2]}`")
                else:
                    text.append(part.strip())
            paragraphs = [re.sub(r"\s+", " ", p).strip() for p in "\n".join(text).split("\n\n")]
            if len(paragraphs) > 2:
                raise SystemExit(f"{path}:{number + 1}: `{match[2]}` has more than two paragraphs")
            declarations.append(Declaration(match[2], signature_at(lines, number), paragraphs,
                                            split_examples(examples)))
        comment = []
    return re.sub(r"\s+", " ", " ".join(head)).strip(), declarations


def library():
    """[(name of the file without its ending, head, declarations)], in the reference's order."""
    directory = os.path.join(ROOT, "frontend", "std")
    names = sorted(name[:-5] for name in os.listdir(directory) if name.endswith(".agon"))
    names.sort(key=lambda name: (ORDER.index(name) if name in ORDER else len(ORDER), name))
    return [(name, *parse(os.path.join(directory, name + ".agon"))) for name in names]


def anchors(titles):
    """The names of the headings' anchors; of equal ones the second ends in -1."""
    seen, result = {}, []
    for title in titles:
        name = re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")
        seen[name] = seen.get(name, -1) + 1
        result.append(f"{name}-{seen[name]}" if seen[name] else name)
    return result


def wrapped(text, width=110):
    """A signature in lines of at most `width` characters, broken after commas."""
    if len(text) <= width:
        return text
    lines, line = [], ""
    for part in re.split(r"(?<=,) ", text):
        if line and len(line) + 1 + len(part) > width:
            lines.append(line)
            line = "    " + part
        else:
            line = f"{line} {part}" if line else part
    return "\n".join(lines + [line])


def escape(text):
    """`<` before a letter would open a tag."""
    parts = re.split(r"(`[^`]*`)", text)
    return "".join(p if p.startswith("`") else re.sub(r"<(?=\w)", "&lt;", p) for p in parts)


def render(files):
    out = ["# The standard library", "",
           "<!-- Made from frontend/std/*.agon by scripts/library_reference.py: change the comments there. -->", "",
           "Every declaration of the library, from the comments in `frontend/std/*.agon`, where its code can be read.",
           "A name in a shape is bound by the argument; `..s` stands for any number of axes; shapes are those of one",
           "sample. An image is `[c, h, w]`, and what serves it serves `[c, l]` and `[c, d, h, w]` too. The comment at",
           "the end of an example says the types of its names and the shape of its value; an example without one is an",
           "item of a game with networks `G`, `D` or `C`, data `x` and noise `z`. The language itself, "
           "with the functions",
           "that are built in, is in [language.md](language.md).", ""]
    headings = ["The standard library"]
    for name, _, declarations in files:
        headings += [TITLES.get(name, name), *(d.name for d in declarations)]
    links = iter(zip(headings[1:], anchors(headings)[1:]))
    for name, _, declarations in files:
        title, target = next(links)
        out.append(f"- [{title}](#{target}):")
        names = [f"[`{d}`](#{target})" for d, target in (next(links) for _ in declarations)]
        out.append("  " + ", ".join(names))
    for name, head, declarations in files:
        out += ["", f"## {TITLES.get(name, name)}", "", f"`{name}.agon`. {escape(head)}"]
        for d in declarations:
            out += ["", f"### {d.name}", "", "```", wrapped(d.signature), "```"]
            out += ["", escape(d.paragraphs[0])]
            out += [line for text in d.paragraphs[1:] for line in ("", "Parameters and states: " + escape(text))]
            out += ["", "```", *("\n".join(example) for example in d.examples), "```"]
    return "\n".join(out) + "\n"


def main():
    path = os.path.join(ROOT, "docs", "library.md")
    text = render(library())
    if sys.argv[1:] == ["--check"]:
        with open(path, encoding="utf-8") as file:
            if file.read() != text:
                raise SystemExit("docs/library.md is stale: run scripts/library_reference.py")
        return
    if sys.argv[1:]:
        raise SystemExit(__doc__)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


if __name__ == "__main__":
    main()
