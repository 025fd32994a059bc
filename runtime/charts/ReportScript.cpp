//===- ReportScript.cpp - The style and the script of reports -------------===//
#include "runtime/charts/Report.h"

const char *const agon::rt::reportStyle = R"css(
body { font: 15px/1.45 system-ui, sans-serif; color: #202020; max-width: 1240px; margin: 2em auto; padding: 0 1.2em; }
h1 { font-size: 1.6em; margin: 0 0 .2em; } h2 { font-size: 1.2em; margin: 2em 0 .6em; }
h3 { font-size: 1em; margin: 1.2em 0 .4em; } p { margin: .3em 0; color: #555; }
table { border-collapse: collapse; font-size: .92em; }
th, td { text-align: left; vertical-align: top; padding: .25em .7em .25em 0; border-bottom: 1px solid #e6e6e6; }
th { font-weight: 600; color: #444; } td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; }
td table th, td table td { border: 0; padding: 0 .7em 0 0; }
.wide { overflow-x: auto; } .none { color: #999; }
pre { font-size: .85em; overflow-x: auto; background: #f6f6f6; padding: 1em; }
.key { display: inline-block; width: 1.4em; height: .22em; border-radius: .1em; vertical-align: middle;
  margin-right: .5em; }
.charts { display: grid; grid-template-columns: repeat(auto-fill, minmax(380px, 1fr)); gap: .6em 1em; }
figure { margin: 0; position: relative; }
figure.chart svg { width: 100%; height: auto; display: block; touch-action: pan-y; }
.tip { position: absolute; pointer-events: none; background: #fffffff2; border: 1px solid #ccc; border-radius: 4px;
  padding: .3em .6em; font-size: .8em; white-space: nowrap; box-shadow: 0 1px 4px #0002; z-index: 1; }
.film .row { display: flex; flex-wrap: wrap; gap: 1em; margin: .4em 0; }
.film img { width: 340px; border: 1px solid #ddd; }
.film img.small { image-rendering: pixelated; }
.film input { width: 22em; max-width: 60%; vertical-align: middle; }
.film button { font: inherit; min-width: 4.5em; margin-right: .6em; } figcaption { font-size: .85em; color: #555; }
summary { cursor: pointer; margin: .4em 0; font-weight: 600; }
)css";

const char *const agon::rt::reportScript = R"js(
"use strict";
const data = JSON.parse(document.getElementById("data").textContent);

/* Of a list that rises: the index of what is nearest to a number. */
function nearest(list, value) {
  let low = 0, high = list.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (list[middle] < value) low = middle + 1; else high = middle;
  }
  return low > 0 && value - list[low - 1] < list[low] - value ? low - 1 : low;
}

function chart(figure) {
  const panel = data.panels[figure.dataset.panel], svg = figure.querySelector("svg");
  const add = (name, attributes) => {
    const element = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    element.style.display = "none";
    return svg.appendChild(element);
  };
  const line = add("line", {y1: panel.top, y2: panel.bottom, stroke: "#888", "stroke-dasharray": "3 3"});
  const dots = panel.traces.map(trace => add("circle", {r: 3.5, fill: data.runs[trace.run].colour, stroke: "#fff"}));
  const tip = figure.appendChild(document.createElement("div"));
  tip.className = "tip";
  tip.hidden = true;
  const place = (axis, value) => axis.log ? Math.log(value / axis.low) / Math.log(axis.high / axis.low)
                                          : (value - axis.low) / (axis.high - axis.low);
  const x = step => panel.left + place(panel.x, step) * (panel.right - panel.left);
  const y = value => panel.bottom - place(panel.y, value) * (panel.bottom - panel.top);
  const hide = () => {
    for (const element of [line, ...dots]) element.style.display = "none";
    tip.hidden = true;
  };
  const show = event => {
    const box = svg.getBoundingClientRect(), scale = svg.viewBox.baseVal.width / box.width;
    const share = ((event.clientX - box.left) * scale - panel.left) / (panel.right - panel.left);
    const clamped = Math.min(1, Math.max(0, share));
    const aim = panel.x.log ? panel.x.low * Math.pow(panel.x.high / panel.x.low, clamped)
                            : panel.x.low + clamped * (panel.x.high - panel.x.low);
    let step = null;
    for (const trace of panel.traces)
      if (trace.steps.length) {
        const at = trace.steps[nearest(trace.steps, aim)];
        if (step === null || Math.abs(at - aim) < Math.abs(step - aim)) step = at;
      }
    if (step === null) return;
    line.setAttribute("x1", x(step));
    line.setAttribute("x2", x(step));
    line.style.display = "";
    tip.replaceChildren();
    const row = (text, colour) => {
      const element = tip.appendChild(document.createElement("div"));
      if (colour) {
        const key = element.appendChild(document.createElement("span"));
        key.className = "key";
        key.style.background = colour;
      }
      element.append(text);
    };
    row("step " + step);
    panel.traces.forEach((trace, i) => {
      const at = nearest(trace.steps, step), value = trace.steps[at] === step ? trace.values[at] : null;
      dots[i].style.display = value === null ? "none" : "";
      if (trace.steps[at] !== step) return;
      const run = data.runs[trace.run];
      row((data.runs.length > 1 ? run.name + "  " : "") + (value === null ? "no number" : Number(value.toPrecision(6))),
          run.colour);
      if (value !== null) {
        dots[i].setAttribute("cx", x(step));
        dots[i].setAttribute("cy", y(value));
      }
    });
    tip.hidden = false;
    const left = x(step) / scale, beyond = left + 14 + tip.offsetWidth > box.width;
    tip.style.left = (beyond ? Math.max(0, left - 14 - tip.offsetWidth) : left + 14) + "px";
    tip.style.top = panel.top / scale + "px";
  };
  svg.addEventListener("pointermove", show);
  svg.addEventListener("pointerdown", show);
  svg.addEventListener("pointerleave", hide);
}

function film(element) {
  const reel = data.films[element.dataset.film], slider = element.querySelector("input");
  const images = [...element.querySelectorAll("img")], label = element.querySelector("output");
  const button = element.querySelector("button"), captions = [...element.querySelectorAll(".at")];
  let timer = null;
  const show = () => {
    const step = reel.steps[slider.value];
    label.textContent = "step " + step;
    images.forEach((image, i) => {
      const run = reel.runs[i];
      let last = 0; /* a run shows its last picture up to the step, or its first */
      run.steps.forEach((at, k) => { if (at <= step) last = k; });
      image.src = run.pictures[last];
      image.alt = captions[i].textContent = "step " + run.steps[last];
    });
  };
  const stop = () => {
    clearInterval(timer);
    timer = null;
    button.textContent = "Play";
  };
  slider.addEventListener("input", () => { stop(); show(); });
  button.addEventListener("click", () => {
    if (timer) return stop();
    if (Number(slider.value) === reel.steps.length - 1) slider.value = 0;
    button.textContent = "Stop";
    show();
    timer = setInterval(() => {
      if (Number(slider.value) === reel.steps.length - 1) return stop();
      slider.value = Number(slider.value) + 1;
      show();
    }, Math.min(400, Math.max(60, 8000 / reel.steps.length)));
  });
  for (const image of images)
    image.addEventListener("load", () => image.classList.toggle("small", image.naturalWidth < 340));
  show();
}

document.querySelectorAll("figure.chart").forEach(chart);
document.querySelectorAll(".film").forEach(film);
)js";
