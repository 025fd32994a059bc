"""usage: jax_side.py GAME BATCH THREADS rbg|threefry2x32

One side of the benchmark: the game in JAX, iterated on command (see child.py)."""
import os
import sys

import child


def main():
    channel = child.protocol()
    game, batch, threads, generator = sys.argv[1:]
    batch = int(batch)
    # XLA sizes its pool of threads by the processors that it may use.
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[-int(threads):])
    os.environ["JAX_PLATFORMS"] = "cpu"
    import jax
    import jax_games

    rules = jax_games.GAMES[game](batch)
    start = jax.random.key(0, impl=generator)
    # One program makes the state, which is cheaper than thousands of small ones; it is none of the iteration.
    state = jax.block_until_ready(jax.jit(rules.make)(start))
    data = rules.draw.pool(jax.random.fold_in(start, 1), batch)

    def iteration(state, at, data):
        return rules.iteration(state, data, at, jax.random.fold_in(start, at)), at + 1

    step = jax.jit(iteration, donate_argnums=(0, 1))
    at = jax.numpy.zeros((), jax.numpy.int32)

    def iterate(k):
        nonlocal state, at
        for _ in range(k):
            state, at = step(state, at, data)
        jax.block_until_ready(state)

    child.serve(channel, iterate, version=f"JAX {jax.__version__}",
                parameters=sum(leaf.size for part in state.values() for leaf in jax.tree.leaves(part["w"])))


main()
