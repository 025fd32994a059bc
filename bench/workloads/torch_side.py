"""usage: torch_side.py GAME BATCH THREADS eager|compile contiguous|channels_last [--flops] [--device=cuda] [--tf32]

One side of the benchmark: the game in PyTorch, iterated on command (see child.py). With --flops it prints what
PyTorch's formulas count in the contractions and convolutions of one iteration, and ends. On a device torch.compile
plays from CUDA graphs, and contractions and convolutions are multiplied in f32, or with --tf32 in TF32."""
import functools
import sys

import child


def count_flops(iteration):
    from torch.utils._python_dispatch import TorchDispatchMode
    from torch.utils.flop_counter import flop_registry

    class Counter(TorchDispatchMode):
        total = 0

        def __torch_dispatch__(self, function, types, args=(), kwargs=None):
            result = function(*args, **(kwargs or {}))
            formula = flop_registry.get(function._overloadpacket)
            if formula is not None:
                self.total += formula(*args, **(kwargs or {}), out_val=result)
            return result

    with Counter() as counter:
        iteration()
    return int(counter.total)


def main():
    channel = child.protocol()
    game, batch, threads, mode, layout, *rest = sys.argv[1:]
    import torch
    import torch_games
    from torch_clock import clock_of, multiply_in

    torch.set_num_threads(int(threads))
    torch.manual_seed(0)
    device = "cuda" if "--device=cuda" in rest else "cpu"
    multiply_in("tf32" if "--tf32" in rest else "f32")
    compiled = torch_games.identity
    if mode == "compile":
        compiled = functools.partial(torch.compile, mode="reduce-overhead" if device == "cuda" else None)
        compiled(torch.sin)(torch.zeros(64, device=device))  # headers and workers, which a second run finds ready
    modules, iteration = torch_games.build(game, int(batch), layout, compiled, device)
    if "--flops" in rest:
        channel.write(f"{count_flops(iteration)}\n")
        return

    def iterate(k):
        for _ in range(k):
            iteration()

    child.serve(channel, iterate, clock_of(device), version=f"PyTorch {torch.__version__}",
                parameters=sum(p.numel() for m in modules for p in m.parameters()))


main()
