"""Tests of report: the page as text, and in a browser (Chromium) where there is one. Arguments as of runtime_cli.py."""

import base64
import csv
import html
import html.parser
import json
import shutil
import subprocess

import runtime_cli
from runtime_cli import Case


class Page(html.parser.HTMLParser):
    """What a page holds: elements with attributes, texts outside scripts and styles, scripts."""

    def __init__(self, text):
        super().__init__()
        self.elements, self.texts, self.scripts, self.inside = [], [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))
        if tag in ("script", "style"):
            self.inside.append(tag)

    def handle_endtag(self, tag):
        if self.inside and self.inside[-1] == tag:
            self.inside.pop()

    def handle_data(self, data):
        (self.scripts if self.inside[-1:] == ["script"] else self.texts).append(data)

    def all(self, tag):
        return [attributes for name, attributes in self.elements if name == tag]


PROBE = """<script>
addEventListener("load", () => setTimeout(() => {
  const told = {}, tips = () => [...document.querySelectorAll(".tip")].map(tip => tip.hidden ? null : tip.innerText);
  const svg = document.querySelector("figure.chart svg"), box = svg.getBoundingClientRect();
  told.charts = document.querySelectorAll("figure.chart svg").length;
  told.before = tips()[0];
  const panel = data.panels[0], scale = box.width / svg.viewBox.baseVal.width;
  const at = panel.left + (200 - panel.x.low) / (panel.x.high - panel.x.low) * (panel.right - panel.left);
  svg.dispatchEvent(new PointerEvent("pointermove", {clientX: box.left + at * scale, clientY: box.top + 50}));
  told.hovered = tips()[0];
  const dots = [...svg.querySelectorAll("circle")].filter(dot => dot.style.display !== "none");
  told.dots = dots.map(dot => panel.y.low + (panel.bottom - dot.getAttribute("cy")) / (panel.bottom - panel.top) *
                              (panel.y.high - panel.y.low));
  svg.dispatchEvent(new PointerEvent("pointerleave"));
  told.after = tips()[0];
  const film = document.querySelector(".film");
  told.film = [];
  if (film) {
    const slider = film.querySelector("input");
    for (const i of [0, 1, slider.max]) {
      slider.value = i;
      slider.dispatchEvent(new Event("input"));
      told.film.push([film.querySelector("output").textContent, [...film.querySelectorAll("figcaption")].map(c =>
        c.textContent), ...[...film.querySelectorAll("img")].map(m => m.src)]);
    }
  }
  told.widths = [...document.images].map(image => image.naturalWidth);
  const out = document.createElement("pre");
  out.id = "told";
  out.textContent = JSON.stringify(told);
  document.body.replaceChildren(out);
}, 200));
</script></body>"""


class Report(Case):
    def page(self, *words):
        self.out = self.root / "report.html"
        self.assertEqual(self.ok("ring", "report", *words, "-o", self.out), "")
        return Page(self.out.read_text())

    def runs(self):
        for name, steps, seed in (("first", 400, 0), ("second", 250, 1)):
            self.ok("ring", "train", "--steps", steps, "--seed", seed, "--out", self.root / name, "--quiet",
                    "--set", "G.lr=0.02")
        return self.root / "first", self.root / "second"

    def data(self, page):
        return json.loads(next(text for text in page.scripts if text.startswith('{"runs"')))

    def browse(self, text):
        """The page's own account of itself, from a browser that has run its script."""
        browser = shutil.which("chromium") or shutil.which("chromium-browser")
        if not browser:
            self.skipTest("Chromium is not there: the report was not opened in a browser")
        probed = self.root / "probed.html"
        probed.write_text(text.replace("</body>", PROBE))
        result = subprocess.run([browser, "--headless", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr",
                                 f"--user-data-dir={self.root}/profile", "--window-size=1280,1000",
                                 "--virtual-time-budget=3000", "--dump-dom", probed.as_uri()],
                                capture_output=True, text=True, timeout=110)
        self.assertEqual([line for line in result.stderr.splitlines() if "CONSOLE" in line], [])
        _, found, rest = result.stdout.partition('<pre id="told">')
        self.assertTrue(found, result.stdout[-2000:])
        return json.loads(html.unescape(rest.partition("</pre>")[0]))

    def test_the_page_holds_the_runs(self):
        first, second = self.runs()
        page = self.page(first, second)
        data = self.data(page)
        self.assertEqual([run["name"] for run in data["runs"]], ["first", "second"])
        # The numbers are those of the logs.
        self.assertEqual(len(data["panels"]), 3)
        for column, panel in zip(("D", "G", "spread"), data["panels"]):
            for run, trace in zip((first, second), panel["traces"], strict=True):
                with open(run / "log.csv") as file:
                    rows = list(csv.DictReader(file))
                self.assertEqual(trace["steps"], [int(row["step"]) for row in rows])
                self.assertEqual(trace["values"], [float(row[column]) for row in rows])
        # The pictures are those of the directories.
        film, = data["films"]
        self.assertEqual(film["steps"], [100, 200, 250, 300, 400])
        for run, shown, steps in zip((first, second), film["runs"], ((100, 200, 300, 400), (100, 200, 250))):
            self.assertEqual(shown["steps"], list(steps))
            for step, address in zip(steps, shown["pictures"], strict=True):
                kind, _, content = address.partition(",")
                self.assertEqual(kind, "data:image/png;base64")
                self.assertEqual(base64.b64decode(content, validate=True),
                                 (run / f"samples/G-{step:06}.png").read_bytes())
        # So are configuration and state.
        text = " ".join(page.texts)
        for part in ("400 of 400", "250 of 250", "G.lr", "0.02", "sgd(lr = 0.05)", "ring(modes = 8, radius = 2"):
            self.assertIn(part, text)
        for run in (first, second):
            lines = json.dumps(json.loads((run / "run.json").read_text()), indent=2, ensure_ascii=False)
            self.assertIn(lines.splitlines()[1], text)

    def test_nothing_is_loaded(self):
        page = self.page(*self.runs())
        for tag, attributes in page.elements:
            self.assertNotIn(tag, ("link", "iframe", "object", "embed", "base"))
            for name in ("src", "href", "action", "data", "srcset"):
                self.assertTrue(attributes.get(name, "data:image/png").startswith("data:image/png"), (tag, attributes))
        self.assertIn("default-src 'none'", page.all("meta")[1]["content"])
        self.assertNotIn("url(", self.out.read_text())

    def test_names_are_text(self):
        hostile = '"><img src=x onerror=alert(1)><script>alert(2)<!--'
        run = self.root / hostile
        (run / "samples").mkdir(parents=True)
        (run / "log.csv").write_text("step,</script><b>,steps_per_s\n1,1,1\n100,nan,2\n200,3,2\n")
        (run / "run.json").write_text(json.dumps({"game": "</title><script>alert(3)</script>", "set": {"<i>": 1e-4},
                                                  "data": [{"path": "</pre><script>alert(4)</script>"}],
                                                  "config": {"parts": [{"what": "<u>", "text": "</td></script>"}]}}))
        shutil.copy(runtime_picture(self), run / "samples/<s>x-000100.png")
        page = self.page(run)
        self.assertEqual(len(page.all("script")), 2)
        for tag in ("b", "i", "u", "s"):
            self.assertEqual(page.all(tag), [])
        self.assertEqual([attributes["src"][:15] for attributes in page.all("img")], ["data:image/png;"])
        text = " ".join(page.texts)
        for part in (hostile, "</script><b>", "<i>", "</pre><script>alert(4)</script>", "<u>", "<s>x"):
            self.assertIn(part, text)
        told = self.browse(self.out.read_text())
        self.assertEqual(told["hovered"], "step 200\n3")
        self.assertEqual(told["charts"], 1)

    def test_in_a_browser(self):
        first, second = self.runs()
        self.page(first, second)
        told = self.browse(self.out.read_text())
        self.assertEqual((told["charts"], told["before"], told["after"]), (3, None, None))
        rows = []
        for run in (first, second):
            with open(run / "log.csv") as file:
                rows += [float(row["D"]) for row in csv.DictReader(file) if row["step"] == "200"]
        lines = told["hovered"].split("\n")
        self.assertEqual(lines[0], "step 200")
        for line, name, value, dot in zip(lines[1:], ("first", "second"), rows, told["dots"], strict=True):
            self.assertTrue(line.startswith(name), line)
            self.assertAlmostEqual(float(line.split()[1]), value, delta=1e-5 * abs(value))
            self.assertAlmostEqual(dot, value, delta=1e-6)
        # The slider: the second run shows its last picture where it has ended.
        self.assertEqual([film[0] for film in told["film"]], ["step 100", "step 200", "step 400"])
        self.assertEqual([film[1] for film in told["film"]], [["first, step 100", "second, step 100"],
                                                              ["first, step 200", "second, step 200"],
                                                              ["first, step 400", "second, step 250"]])
        for film, steps in zip(told["film"], ((100, 100), (200, 200), (400, 250))):
            for address, run, step in zip(film[2:], (first, second), steps, strict=True):
                self.assertEqual(base64.b64decode(address.partition(",")[2]),
                                 (run / f"samples/G-{step:06}.png").read_bytes())
        self.assertEqual(told["widths"], [640, 640])

    def test_runs_without_much(self):
        run = self.root / "bare"
        run.mkdir()
        (run / "log.csv").write_text("step,D,steps_per_s\n")
        self.out = self.root / "report.html"
        result = runtime_cli.run("ring", "report", run, "-o", self.out)
        self.assertEqual((result.returncode, result.stderr), (0, f"ring: note: {run}/log.csv has no rows\n"))
        page = Page(self.out.read_text())
        self.assertIn("There is no run.json.", page.texts)
        self.assertIn("no numbers", page.texts)
        self.assertEqual(self.data(page)["films"], [])
        (run / "run.json").write_text("[")
        self.fails(65, "is not a run.json of this program", "ring", "report", run, "-o", self.out)
        self.fails(66, "holds no log.csv", "ring", "report", self.root / "nowhere", "-o", self.out)
        self.fails(64, "ends in .html", "ring", "report", run, "-o", self.root / "report.htm")
        self.out.write_text("mine")
        self.fails(64, "is of another kind", "ring", "report", run, "-o", self.out)


def runtime_picture(case):
    """A picture, as training writes it."""
    case.ok("ring", "train", "--steps", 1, "--out", case.root / "painter", "--quiet")
    return next((case.root / "painter/samples").glob("*.png"))


if __name__ == "__main__":
    runtime_cli.main()
