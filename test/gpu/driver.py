# RUN: mkdir -p %t && agon-emulate %S/kernels/drift.ll -o %t/kernels.so
# RUN: %python %s %bin %build/test/gpu/stub %t
"""A hand-written game (test/unit/runtime/DriftGame.cpp) trains on a device that there is not: over the stub of the
driver's library, whose kernels the emulated device runs. What the driver was asked for is in the stub's log."""

import collections
import json
import os
import pathlib
import shutil
import signal
import struct
import subprocess
import sys
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "e2e", "Inputs"))
from support import read_safetensors

bin_folder, stub, scratch = map(pathlib.Path, sys.argv[1:4])
DRIFT = str(bin_folder / "agon_fake_drift")


class Case(unittest.TestCase):
    def setUp(self):
        self.root = scratch / self.id().split(".")[-1]
        shutil.rmtree(self.root, ignore_errors=True)
        self.root.mkdir(parents=True)
        self.log = self.root / "calls"

    def environment(self, driver=True, **more):
        return {**os.environ, "AGON_EMULATED_KERNELS": str(scratch / "kernels.so"), "AGON_STUB_LOG": str(self.log),
                "LD_LIBRARY_PATH": str(stub) if driver else "", **{name: str(value) for name, value in more.items()}}

    def run_game(self, *words, binary=DRIFT, **more):
        return subprocess.run([binary, *map(str, words)], capture_output=True, text=True, timeout=120,
                              env=self.environment(**more))

    def ok(self, *words, **more):
        result = self.run_game(*words, **more)
        self.assertEqual(result.returncode, 0, result.stderr)
        return result

    def fails(self, code, part, *words, **more):
        result = self.run_game(*words, **more)
        self.assertEqual(result.returncode, code, result.stdout + result.stderr)
        errors = [line for line in result.stderr.splitlines() if ": error: " in line]
        self.assertEqual(len(errors), 1, result.stderr)
        self.assertIn(part, errors[0])
        return errors[0]

    def train(self, name, steps, device, *words, **more):
        return self.ok("train", "--steps", steps, "--out", self.root / name, "--device", device, "--seed", 3, *words,
                       **more)

    def tensors(self, name):
        return read_safetensors(self.root / name / "checkpoint.safetensors")

    def rows(self, name):
        return [line.split(",")[:4] for line in (self.root / name / "log.csv").read_text().splitlines()]

    def calls(self):
        return [line.split()[0] for line in self.log.read_text().splitlines()]


class Training(Case):
    def test_same_as_on_the_processor(self):
        self.train("cpu", 200, "cpu")
        text = self.train("cuda", 200, "cuda").stdout
        self.assertIn("on cuda:0 (Stub 0, sm_80 (ptx))", text)
        self.assertEqual(self.tensors("cpu"), self.tensors("cuda"))
        self.assertEqual(self.rows("cpu"), self.rows("cuda"))
        self.assertEqual(json.loads((self.root / "cuda/run.json").read_text())["device"],
                         "cuda:0 (Stub 0, sm_80 (ptx))")
        self.assertEqual(json.loads((self.root / "cpu/run.json").read_text())["device"], "cpu")

    def test_two_lists_of_turns_are_two_graphs(self):
        self.train("run", 200, "cuda", "--log-every", 200)
        count = collections.Counter(self.calls())
        self.assertEqual(count["cuStreamBeginCapture"], 2, "E plays every other iteration")
        self.assertEqual(count["cuGraphInstantiate"], 2)
        self.assertEqual(count["cuGraphLaunch"], 200)
        lines = self.log.read_text().splitlines()
        # Between two launches, once both graphs are there: the keys, the fetch of the objectives, and no wait for the
        # stream of kernels.
        launches = [i for i, line in enumerate(lines) if line.startswith("cuGraphLaunch")]
        between = lines[launches[100] + 1:launches[101]]
        self.assertEqual(collections.Counter(line.split()[0] for line in between),
                         {"cuMemcpyDtoHAsync": 1, "cuEventRecord": 3, "cuEventSynchronize": 1, "cuStreamWaitEvent": 2,
                          "cuMemcpyHtoDAsync": 1, "cuMemcpyDtoDAsync": 1}, between)
        self.assertIn("cuMemcpyHtoDAsync bytes=256 stream=2", between)

    def test_only_what_is_drawn_is_uploaded(self):
        # Records of 2 numbers, 4 in a minibatch; each of them has its own place, of 256 bytes.
        data = self.root / "x.npy"
        header = b"{'descr': '<f4', 'fortran_order': False, 'shape': (30, 2), }".ljust(117) + b"\n"
        data.write_bytes(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header +
                         struct.pack("<60f", *(i % 7 for i in range(60))))
        for device in ("cpu", "cuda"):
            self.train(device, 60, device, "--data", f"x={data}")
        self.assertEqual(self.tensors("cpu"), self.tensors("cuda"))
        count = collections.Counter(self.calls())
        self.assertEqual(count["cuGraphInstantiate"], 2)
        uploads = [line for line in self.log.read_text().splitlines() if line.startswith("cuMemcpyHtoDAsync")
                   and "stream=2" in line]
        self.assertEqual(sorted(set(uploads)), ["cuMemcpyHtoDAsync bytes=512 stream=2",
                                                "cuMemcpyHtoDAsync bytes=768 stream=2"])

    def test_bytes_become_numbers_on_the_device(self):
        # All bytes there are, scaled to (-1, 6) in f32: 128 records of 2, each drawn in the first 32 steps.
        data = self.root / "x.idx"
        data.write_bytes(struct.pack(">HBBII", 0, 8, 2, 128, 2) + bytes(i * 77 % 256 for i in range(256)))
        for device in ("cpu", "cuda"):
            self.train(device, 60, device, "--data", f"x={data}", "--log-every", 7)
        self.assertEqual(self.tensors("cpu"), self.tensors("cuda"))
        self.assertEqual(self.rows("cpu"), self.rows("cuda"), "metrics are of a minibatch, too")
        lines = self.log.read_text().splitlines()
        # In each of two graphs; and for the metrics' minibatches, which are in none.
        logged = 60 // 7 + 1
        self.assertEqual(sum(line.startswith("cuLaunchKernel drift_expand") for line in lines), 2 + logged)
        self.assertIn("cuMemcpyHtoDAsync bytes=1024 stream=1", lines, "the numbers, once")

    def test_resume_moves_between_devices(self):
        self.train("whole", 200, "cpu")
        self.train("run", 50, "cpu")
        notes = self.train("run", 120, "cuda", "--resume").stderr
        self.assertIn("processor: was x86-64, is cuda sm_80, sm_90a", notes)
        self.train("run", 200, "cpu", "--resume")
        self.assertEqual(self.tensors("whole"), self.tensors("run"))
        changes = json.loads((self.root / "run/run.json").read_text())["changes"]
        self.assertEqual([change["step"] for change in changes], [50, 120])
        self.train("device", 200, "cuda")
        self.train("again", 90, "cuda")
        self.train("again", 200, "cuda", "--resume")
        for file in ("checkpoint.safetensors",):
            self.assertEqual((self.root / "device" / file).read_bytes(), (self.root / "again" / file).read_bytes())

    def test_interrupt(self):
        out = self.root / "run"
        process = subprocess.Popen([DRIFT, "train", "--steps", "100000000", "--out", str(out), "--device", "cuda"],
                                   stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
                                   env=self.environment(AGON_STUB_LOG=""))
        for _ in range(1000):
            if (out / "log.csv").exists() and len(self.rows("run")) > 12:
                break
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        errors = process.communicate(timeout=60)[1]
        self.assertEqual(process.returncode, 0, errors)
        step = int(errors.split("interrupted at step ")[1].split(";")[0])
        self.assertIn(f'"iteration":"{step}"'.encode(), (out / "checkpoint.safetensors").read_bytes())
        self.ok("train", "--steps", step, "--out", self.root / "cpu", "--device", "cpu")
        self.assertEqual(self.tensors("cpu"), self.tensors("run"))

    def test_not_finite(self):
        errors = {}
        for device in ("cpu", "cuda"):
            errors[device] = self.fails(1, "by an overflow of * in D#1 at drift.agon:3:7", "train", "--steps",
                                        100, "--log-every", 50, "--out", self.root / device, "--device", device,
                                        "--set", "D.lr=30")
        self.assertEqual(errors["cpu"], errors["cuda"])
        self.assertIn("D's objective is no longer finite: it is inf since step ", errors["cpu"])

    def test_state_is_judged_on_the_device(self):
        self.train("run", 60, "cuda", "--log-every", 3)
        lines = [line.split() for line in self.log.read_text().splitlines()]
        looks = [line for line in lines if line[:2] == ["cuLaunchKernel", "drift_not_finite"]]
        self.assertEqual([line[2] for line in looks], 20 * ["grid=4"], "a block for each parameter and state")
        filters = [i for i, line in enumerate(lines) if line[:2] == ["cuMemcpyDtoHAsync", "bytes=24"]]
        last = max(i for i, line in enumerate(lines) if line[0] == "cuGraphLaunch")
        self.assertTrue(filters and all(i > last for i in filters), "for the checkpoint alone")
        for on_nan in ("stop", "skip", "rollback"):
            errors = {device: self.fails(1, "D.f has inf since step 1", "train", "--steps", 200, "--log-every", 1,
                                         "--out", self.root / f"{device}-{on_nan}", "--device", device, "--set",
                                         "D.lr=7e37", "--seed", 1, "--on-nan", on_nan)
                      for device in ("cpu", "cuda")}
            self.assertEqual(errors["cpu"], errors["cuda"])

    def test_requirements_are_judged_on_the_host(self):
        errors = {device: self.fails(1, "got 0 at step 71; the state of step 70 is kept", "train", "--steps", 100,
                                     "--out", self.root / device, "--device", device, "--set", "D.lr=0.25")
                  for device in ("cpu", "cuda")}
        self.assertEqual(errors["cpu"], errors["cuda"])
        self.assertEqual(self.tensors("cpu"), self.tensors("cuda"))
        checks = [line for line in self.log.read_text().splitlines() if line.startswith("cuLaunchKernel drift_check")]
        self.assertEqual(len(checks), 1, "for --set alone")

    def test_profile_bench_info(self):
        trace = self.root / "trace.json"
        self.train("run", 30, "cuda", "--profile", trace)
        self.train("plain", 30, "cuda")
        self.assertEqual(self.tensors("run"), self.tensors("plain"))
        spans = [event for event in json.loads(trace.read_text()) if event.get("name") == "D#1 reduction [2]"]
        self.assertEqual(len(spans), 20)
        self.assertTrue(all(event["dur"] >= 0 for event in spans))
        text = self.ok("bench", "--steps", 5, "--device", "cuda").stdout
        self.assertIn("drift on cuda:0 (Stub 0, sm_80 (ptx)): medians of 5 iterations", text)
        self.assertIn("roof: 19491.8 GFLOP/s (f32 multiply-adds outside of tensor cores at the clock that the device "
                      "tells), 1555.2 GB/s (memory, likewise)", text)
        self.assertIn("replayed from a record", text)
        self.assertGreater(json.loads(self.ok("bench", "--steps", 5, "--json").stdout)["seconds_replayed"], 0)
        text = self.ok("info").stdout
        self.assertIn("code for cuda: sm_90a (cubin), sm_80 (ptx)", text)
        self.assertIn("device cuda:0 (Stub 0, compute capability 8.0), 1.0 GiB", text)
        self.assertEqual(json.loads(self.ok("info", "--json", AGON_STUB_DEVICES=2).stdout)["devices"][1],
                         {"device": "cuda:1", "name": "Stub 1", "compute_capability": "8.0", "bytes": 1 << 30,
                          "has_code": True})
        self.assertIn("no device: no NVIDIA driver", self.ok("info", driver=False).stdout)


class Choice(Case):
    def words(self, *words):
        return ("train", "--steps", 2, "--out", self.root / "run", "--force", *words)

    def test_auto_takes_what_there_is(self):
        self.assertIn("on cuda:0", self.ok(*self.words()).stdout)
        self.assertIn("on cuda:1 (Stub 1", self.ok(*self.words("--device", "cuda:1"), AGON_STUB_DEVICES=2).stdout)
        for more in ({"driver": False}, {"AGON_STUB_DEVICES": 0}):
            result = self.ok(*self.words("--device", "auto"), **more)
            self.assertIn("on cpu", result.stdout)
            self.assertEqual(result.stderr, "")
        result = self.ok(*self.words(), AGON_STUB_CAPABILITY="7.5")
        self.assertIn("on cpu", result.stdout)
        self.assertIn("code for sm_90a (cubin), sm_80 (ptx), none of which cuda:0 (Stub 0, compute capability 7.5) can "
                      "run", result.stderr)

    def test_newest_code_that_fits(self):
        for capability, code in (("8.6", "sm_80 (ptx)"), ("9.0", "sm_90a (cubin)"), ("10.0", "sm_80 (ptx)")):
            self.assertIn(code, self.ok(*self.words(), AGON_STUB_CAPABILITY=capability).stdout)

    def test_wrong_devices(self):
        self.fails(69, "no NVIDIA driver: libcuda.so.1", *self.words("--device", "cuda"), driver=False)
        self.fails(69, "no NVIDIA device", *self.words("--device", "cuda"), AGON_STUB_DEVICES=0)
        self.fails(69, "NVIDIA devices here: 1, from cuda:0 on", *self.words("--device", "cuda:1"))
        self.fails(69, "what agonc --target=cuda makes runs on compute capability 8.0 and newer",
                   *self.words("--device", "cuda"), AGON_STUB_CAPABILITY="7.5")
        self.fails(64, "expects cpu, cuda, cuda:N or auto, got 'gpu'", *self.words("--device", "gpu"))
        self.fails(64, "--device cuda:N", *self.words("--device", "cuda:x"))
        self.fails(64, "compile it with agonc --target=cuda", *self.words("--device", "cuda"),
                   binary=str(bin_folder / "agon_fake_ring"))
        self.assertFalse((self.root / "run").exists())


class Failures(Case):
    def test_memory_is_judged_before_the_first_step(self):
        error = self.fails(69, "not enough memory on cuda:0", "train", "--steps", 5, "--out", self.root / "run",
                           "--device", "cuda", AGON_STUB_MEMORY=1 << 20, AGON_FAKE_ARENA=2 << 20)
        self.assertIn("of 1.0 MiB are free", error)
        self.assertIn("2.0 MiB for the arena, 64 B of workspace", error)
        self.assertNotIn("cuMemAlloc", self.calls())
        self.assertFalse((self.root / "run").exists())

    def test_bad_images(self):
        error = self.fails(69, "the driver takes none of this binary's code", "train", "--steps", 5, "--out",
                           self.root / "run", AGON_FAKE_PTX="nonsense")
        self.assertIn("CUDA_ERROR_INVALID_IMAGE (device kernel image is invalid)", error)
        self.assertIn("it says: ptxas fatal", error)
        self.assertIn("compile the game again for this device", error)
        self.fails(70, "cuModuleGetFunction of drift_follow: CUDA_ERROR_NOT_FOUND", "train", "--steps", 5, "--out",
                   self.root / "run", AGON_EMULATED_KERNELS=self.other_kernels())

    def other_kernels(self):
        source, library = self.root / "other.ll", self.root / "other.so"
        source.write_text('target triple = "nvptx64-nvidia-cuda"\ndefine ptx_kernel void @other() {\n ret void\n}\n')
        subprocess.run([bin_folder / "agon-emulate", source, "-o", library], check=True)
        return library

    def test_calls_that_fail(self):
        for call, code, name in (("cuDevicePrimaryCtxRetain:1:2", 69, "CUDA_ERROR_OUT_OF_MEMORY (out of memory); end"),
                                 ("cuMemAlloc:1:2", 69, "CUDA_ERROR_OUT_OF_MEMORY"),
                                 ("cuLaunchKernel:1", 70, "CUDA_ERROR_LAUNCH_FAILED (unspecified launch failure)"),
                                 ("cuStreamBeginCapture:1:900", 69, "CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED"),
                                 ("cuGraphInstantiate:2:2", 69, "CUDA_ERROR_OUT_OF_MEMORY"),
                                 ("cuGraphLaunch:7:700", 70, "CUDA_ERROR_ILLEGAL_ADDRESS"),
                                 ("cuMemcpyDtoHAsync:20:999", 69, "error 999; --device cpu plays without the device"),
                                 ("cuEventSynchronize:9", 70, "CUDA_ERROR_LAUNCH_FAILED")):
            out = self.root / call.replace(":", "-")
            function = call.split(":")[0]
            self.fails(code, f"{function}", "train", "--steps", 50, "--out", out, "--device", "cuda",
                       AGON_STUB_FAIL=call)
            self.assertIn(name, self.fails(code, function, "train", "--steps", 50, "--out", out, "--device", "cuda",
                                           "--force", AGON_STUB_FAIL=call))
            if (out / "run.json").exists():
                self.ok("train", "--steps", 50, "--out", out, "--device", "cpu", "--resume")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[4:])
