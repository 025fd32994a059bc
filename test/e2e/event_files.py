# REQUIRES: tensorboard
# RUN: rm -rf %t && %torch_python %s %bin/agon_fake_ring %t
"""TensorBoard's own reader finds the numbers of log.csv, the pictures and the hyperparameters, each point once, also in
a run that was resumed from before its last rows."""

import csv
import pathlib
import subprocess
import sys

from tensorboard.backend.event_processing import event_accumulator
from tensorboard.backend.event_processing import plugin_event_accumulator
from tensorboard.plugins.hparams import metadata

ring, out = sys.argv[1], pathlib.Path(sys.argv[2]) / "run"


def train(*words):
    subprocess.run([ring, "train", "--out", str(out), "--quiet", *map(str, words)], check=True)


def read():
    accumulator = event_accumulator.EventAccumulator(
        str(out), size_guidance={event_accumulator.SCALARS: 0, event_accumulator.IMAGES: 0})
    accumulator.Reload()
    return accumulator


def check():
    accumulator = read()
    with open(out / "log.csv") as file:
        rows = list(csv.DictReader(file))
    assert set(accumulator.Tags()["scalars"]) == set(rows[0]) - {"step"}, accumulator.Tags()
    for tag in accumulator.Tags()["scalars"]:
        points = {event.step: event.value for event in accumulator.Scalars(tag)}
        assert len(points) == len(accumulator.Scalars(tag)), f"{tag}: a point comes twice"
        for row in rows:
            value = float(row[tag])
            assert abs(points[int(row["step"])] - value) <= 1e-5 * abs(value), (tag, row)
    for event in accumulator.Images("samples/G"):
        assert event.encoded_image_string == (out / f"samples/G-{event.step:06}.png").read_bytes()
        assert (event.width, event.height) == (640, 640)
    plugin = plugin_event_accumulator.EventAccumulator(str(out))
    plugin.Reload()
    # What the pages of TensorBoard show: each tag belongs to one plugin.
    assert plugin.SummaryMetadata("samples/G").plugin_data.plugin_name == "images"
    assert [event.step for event in plugin.Tensors("samples/G")] == [
        event.step for event in accumulator.Images("samples/G")]
    assert plugin.SummaryMetadata("G").plugin_data.plugin_name == "scalars"
    content = plugin.SummaryMetadata("_hparams_/session_start_info").plugin_data.content
    hyperparameters = metadata.parse_session_start_info_plugin_data(content).hparams
    assert {name: value.number_value for name, value in hyperparameters.items()} == {"seed": 3, "G.lr": 0.25}
    return accumulator


train("--steps", 150, "--tensorboard", "--seed", 3, "--set", "G.lr=0.25")
live = check()
old = {name: (out / name).read_bytes() for name in ("checkpoint.safetensors", "run.json")}
train("--steps", 300, "--resume")
assert [event.step for event in check().Images("samples/G")] == [100, 150, 200, 300]
live.Reload()
assert live.Scalars("D")[-1].step == 300
for name, content in old.items():
    (out / name).write_bytes(content)
train("--steps", 200, "--resume")
assert [event.step for event in check().Images("samples/G")] == [100, 150, 200]
