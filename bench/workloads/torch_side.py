"""usage: torch_side.py GAME BATCH THREADS eager|compile contiguous|channels_last [--flops]

One side of the benchmark: the game in PyTorch, iterated on command (see child.py). With --flops it prints what
PyTorch's formulas count in the contractions and convolutions of one iteration, and ends."""
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

    torch.set_num_threads(int(threads))
    torch.manual_seed(0)
    compiled = torch_games.identity
    if mode == "compile":
        compiled = torch.compile
        compiled(torch.sin)(torch.zeros(64))  # headers and workers, which a user's second run finds ready
    modules, iteration = torch_games.GAMES[game](int(batch), layout, compiled)
    if "--flops" in rest:
        channel.write(f"{count_flops(iteration)}\n")
        return

    def iterate(k):
        for _ in range(k):
            iteration()

    child.serve(channel, iterate, version=f"PyTorch {torch.__version__}",
                parameters=sum(p.numel() for m in modules for p in m.parameters()))


main()
