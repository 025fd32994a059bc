#!/usr/bin/env python3
"""What Agon is compared with on a device, by PyTorch: products of matrices (cuBLAS), a copy of memory, and the games of
bench/workloads in eager mode and with torch.compile, which plays from CUDA graphs.

  python3 bench/gpu/peers.py OUT     OUT is a JSON file, written anew after each measurement: what there was no time for
                                     is missing alone

Products and copies are timed by events around a graph of many calls, games by events around many iterations, both after
warm-up; medians. Eager mode takes the faster of PyTorch's two layouts, torch.compile the same. Games are compiled side
by side, and timed one after the other when all of them are ready."""
import argparse
import concurrent.futures
import json
import os
import statistics
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "workloads"))
from sides import Child, Unavailable
from table import WORKLOADS

LAYOUTS = ("contiguous", "channels_last")
ROUNDS = 7


class Peers:
    def __init__(self, options, scratch):
        self.options, self.scratch = options, scratch
        self.deadline = time.monotonic() + options.seconds
        self.found = {"products": {}, "games": {}}

    def save(self):
        with open(self.options.out + ".part", "w") as file:
            json.dump(self.found, file, indent=1)
        os.replace(self.options.out + ".part", self.options.out)

    def left(self):
        return self.deadline - time.monotonic()

    # Products and copies, in this process.

    def repeated(self, call, count):
        """So many calls as one: on a device a graph, in which no launch waits for the host."""
        import torch
        if self.options.device == "cpu":
            return lambda: [call() for _ in range(count)]
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            for _ in range(count):
                call()
        return graph.replay

    def seconds_of(self, call):
        from torch_clock import clock_of
        clock = clock_of(self.options.device)
        for _ in range(3):
            call()
        count = max(1, min(200, int(self.options.each / ROUNDS / max(clock(call), 1e-6))))
        many = self.repeated(call, count)
        many()
        return statistics.median(clock(many) for _ in range(ROUNDS)) / count

    def products(self):
        import torch
        from torch_clock import multiply_in
        for precision in ("f32", "tf32", "bf16"):
            multiply_in(precision)
            kind = torch.bfloat16 if precision == "bf16" else torch.float32
            sizes = self.found["products"][precision] = {}
            for size in self.options.sizes:
                a, b, c = (torch.randn(size, size, device=self.options.device).to(kind) for _ in range(3))
                sizes[size] = self.seconds_of(lambda: torch.mm(a, b, out=c))
                self.save()

    def copy(self):
        import torch
        size = self.options.copied
        source, target = (torch.zeros(size, dtype=torch.uint8, device=self.options.device) for _ in range(2))
        self.found["copy"] = {"bytes": 2 * size, "seconds": self.seconds_of(lambda: target.copy_(source))}
        self.save()

    # Games, each in a process of its own.

    def open(self, name, precision, mode, layout, reserve=0):
        """A child, which is ready while as many seconds as are reserved are left."""
        patience = self.left() - reserve
        if patience < 5:
            raise Unavailable("not measured: there was no time left")
        workload = WORKLOADS[name]
        words = [f"--device={self.options.device}", *(["--tf32"] if precision == "tf32" else [])]
        return Child(sys.executable, ["torch_side.py", workload.game, str(self.options.batch or workload.batch),
                                      str(len(os.sched_getaffinity(0))), mode, layout, *words], layout,
                     self.scratch, patience)

    def seconds_of_game(self, child):
        child.run(2)
        count = max(1, int(self.options.each / ROUNDS / child.run(2)))
        return statistics.median(child.run(count) for _ in range(ROUNDS))

    def time(self, opened, place):
        """Of the variants in `opened`, which are functions that hand back a child, the fastest; it goes to `place`."""
        for variant in opened:
            try:
                child = variant()
                try:
                    seconds = self.seconds_of_game(child)
                    if seconds < place.get("seconds", float("inf")):
                        place.clear()
                        place.update(seconds=seconds, layout=child.label, first=child.ready["first"])
                finally:
                    child.close()
            except (Unavailable, OSError) as error:
                if "seconds" not in place:
                    place["reason"] = str(error)
        self.save()

    def games(self):
        places = {(name, precision): self.found["games"].setdefault(name, {}).setdefault(precision, {})
                  for precision in self.options.precisions for name in self.options.games}
        for (name, precision), sides in places.items():
            layouts = LAYOUTS if WORKLOADS[name].convolutional else LAYOUTS[:1]
            self.time([lambda layout=layout: self.open(name, precision, "eager", layout) for layout in layouts],
                      sides.setdefault("eager", {}))
        # Compiled ones are timed when none compiles any more.
        reserve = 3 * self.options.each * len(places)
        with concurrent.futures.ThreadPoolExecutor(self.options.jobs) as pool:
            opened = {place: pool.submit(self.open, *place, "compile", sides["eager"].get("layout", LAYOUTS[0]),
                                         reserve) for place, sides in places.items()}
        for place, child in opened.items():
            self.time([child.result], places[place].setdefault("compile", {}))


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out")
    parser.add_argument("--device", choices=["cuda", "cpu"], default="cuda")
    parser.add_argument("--seconds", type=float, default=240, help="of everything")
    parser.add_argument("--each", type=float, default=0.7, help="seconds of each measurement, about")
    parser.add_argument("--games", nargs="*", choices=WORKLOADS, default=list(WORKLOADS))
    parser.add_argument("--precisions", nargs="*", choices=["f32", "tf32"], default=["f32", "tf32"])
    parser.add_argument("--sizes", nargs="*", type=int, default=[512, 1024, 2048, 4096])
    parser.add_argument("--copied", type=int, default=1 << 30, help="bytes")
    parser.add_argument("--batch", type=int, help="another than the workloads'")
    parser.add_argument("--jobs", type=int, default=8, help="games that are compiled side by side")
    return parser.parse_args()


def main():
    options = arguments()
    with tempfile.TemporaryDirectory(prefix="agon-peers-") as scratch:
        peers = Peers(options, scratch)
        try:
            import torch
        except ImportError as error:
            peers.found = {"reason": f"no PyTorch: {error}"}
        else:
            if options.device == "cuda" and not torch.cuda.is_available():
                peers.found = {"reason": f"PyTorch {torch.__version__} finds no device"}
            else:
                name = torch.cuda.get_device_name() if options.device == "cuda" else "cpu"
                peers.found |= {"device": name, "versions": f"PyTorch {torch.__version__}, CUDA {torch.version.cuda}, "
                                                            f"cuDNN {torch.backends.cudnn.version()}"}
                peers.products()
                peers.copy()
                peers.games()
        peers.save()


if __name__ == "__main__":
    main()
