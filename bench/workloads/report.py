"""The tables of bench/results.md and the chart docs/bench.svg."""
import os

PEERS = {"eager": "PyTorch eager", "compile": "torch.compile", "jax": "jax.jit"}
BEGIN, END = "<!-- bench/run.py --write: begin -->", "<!-- bench/run.py --write: end -->"


def milliseconds(seconds):
    value = seconds * 1e3
    return f"{value:.3f}" if value < 1 else f"{value:.3g}" if value < 1000 else f"{value:.0f}"


def cell(result, side):
    found = result["sides"].get(side)
    if found is None:
        return ""
    return found["reason"] if "reason" in found else f"{milliseconds(found['seconds'])} ({found['label']})"


def ratio_of(result, side):
    ours, theirs = result["sides"].get("agon", {}), result["sides"].get(side, {})
    if "seconds" in ours and "seconds" in theirs:
        return theirs["seconds"] / ours["seconds"]
    return None


def number(value, digits=2):
    return "–" if value is None else f"{value:.{digits}f}"


def table(header, rows):
    lines = ["| " + " | ".join(header) + " |", "|" + "---|" * len(header)]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows])


def times_table(results):
    header = ["workload", "Agon ms", *[f"{name} ms" for name in PEERS.values()],
              *[f"{name.split()[-1]} / Agon" for name in PEERS.values()], "share of FMA peak"]
    rows = []
    for result in results:
        share = result.get("share")
        rows.append([result["title"], cell(result, "agon"), *[cell(result, side) for side in PEERS],
                     *[number(ratio_of(result, side)) for side in PEERS],
                     "–" if share is None else f"{100 * share:.0f} %"])
    return table(header, rows)


def costs_table(results):
    names = ["Agon", *PEERS.values()]
    header = ["workload", *[f"{n} MB" for n in names], "agonc s", "torch.compile s", "jax.jit s", "Agon, threads"]
    rows = []
    for result in results:
        sides = result["sides"]
        memory = [number(sides.get(side, {}).get("memory") and sides[side]["memory"] / 1e6, 0)
                  for side in ("agon", *PEERS)]
        compile_times = [number(sides.get(side, {}).get("compile"), 1) for side in ("agon", "compile", "jax")]
        scaling = ", ".join(f"{threads}: {milliseconds(seconds)} ms" for threads, seconds in
                            sides.get("agon", {}).get("by_threads", {}).items())
        rows.append([result["title"], *memory, *compile_times, scaling])
    return table(header, rows)


def markdown(results, facts):
    lines = [f"- {name}: {value}" for name, value in facts.items()]
    return "\n".join([
        *lines, "",
        "Milliseconds of one iteration of the whole game, medians over the rounds; in brackets the number of threads",
        "and PyTorch's layout (cl: channels last), the fastest of those tried for that side. A ratio above 1 is a win",
        "for Agon.",
        "", times_table(results), "",
        "Peak resident memory of the process; seconds to compile (agonc; the first iteration of torch.compile and of",
        "jax.jit); Agon at each number of threads.", "", costs_table(results)])


def write_results(path, text):
    with open(path) as file:
        whole = file.read()
    before, rest = whole.split(BEGIN)
    after = rest.split(END)[1]
    with open(path, "w") as file:
        file.write(f"{before}{BEGIN}\n{text}\n{END}{after}")


COLOURS = {"eager": "#c2553f", "compile": "#d9a441", "jax": "#4a7fb5"}


def write_chart(path, results):
    """Bars of peer / Agon; text in a grey that both light and dark pages show."""
    longest = 12.0
    left, width, bar, gap = 230, 440, 9, 12
    drawn = [r for r in results if any(ratio_of(r, side) for side in PEERS)]
    top = 56
    height = top + len(drawn) * (3 * bar + gap) + 24
    scale = width / min(longest, max([2.0, *[ratio_of(r, s) or 0 for r in drawn for s in PEERS]]))
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{left + width + 70}" height="{height}" '
           'font-family="sans-serif" font-size="12" fill="#808080">',
           '<text x="10" y="18" font-size="14">Time of one training iteration, as a multiple of Agon\'s</text>']
    x = left
    for side, name in PEERS.items():
        out.append(f'<rect x="{x}" y="30" width="10" height="10" fill="{COLOURS[side]}"/>'
                   f'<text x="{x + 15}" y="39">{name}</text>')
        x += 130
    y = top
    for result in drawn:
        out.append(f'<text x="{left - 8}" y="{y + 1.5 * bar + 4}" text-anchor="end">{result["title"]}</text>')
        for side in PEERS:
            ratio = ratio_of(result, side)
            if ratio:
                length = min(ratio, longest) * scale
                out.append(f'<rect x="{left}" y="{y}" width="{length:.1f}" height="{bar - 1}" fill="{COLOURS[side]}"/>'
                           f'<text x="{left + length + 4:.1f}" y="{y + bar - 1}" font-size="9">{ratio:.1f}</text>')
            y += bar
        y += gap
    x = left + scale
    out.append(f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{top - 6}" y2="{y - gap + 6}" stroke="#808080" '
               f'stroke-dasharray="3 3"/><text x="{x:.1f}" y="{y + 8}" text-anchor="middle">1 = Agon</text></svg>')
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as file:
        file.write("\n".join(out) + "\n")
