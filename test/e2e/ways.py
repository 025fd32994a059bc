# RUN: %python %s %t
"""Ways to play: the parameters after each iteration against the papers' formulas, in plain Python.

The game has two parameters a player; both players minimize, and neither objective is the other's negative, so that
every block of the field's derivative counts:

    p:  p.A q + sum(p^4) / 4 + 0.3 p.p / 2        q:  -p.A q + 0.7 q.B q / 2 + sum(q^3) / 9
"""

import os
import random
import sys
from concurrent.futures import ThreadPoolExecutor

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "Inputs"))
sys.dont_write_bytecode = True
from support import compile_model, read_safetensors, run
from way_formulas import (Adam, P_ONLY, Q_ONLY, RATE, Sgd, START, adaptive_competitive, alternating, competitive,
                          consensus, extragradient, extragradients, field, inner, lookahead, only, optimistic,
                          past_extragradient, penalty, plus, sam, sga, simultaneous, sometimes, unrolled,
                          unrolled_adam)

GAME = """
network P() -> [2] { param w: [2] = table_p; return w }
network Q() -> [2] { param w: [2] = table_q; return w }
const table_p = [0.9, -0.4]
const table_q = [0.5, 0.8]
const A = [[1.0, 0.4], [-0.3, 0.8]]
const B = [[1.0, 0.2], [0.2, 0.6]]
MORE
game g {
  value coupling = E[dot(P(), A @ Q())]
  player P minimizes coupling + sum(P()^4) / 4 + 0.15 * sum(P()^2) with OPTIMIZER_P
  player Q minimizes 0 - coupling + 0.35 * dot(Q(), B @ Q()) + sum(Q()^3) / 9 with OPTIMIZER_Q
  ITEMS
  play { PLAY }
}
"""

MINE = """
/// A way that the library does not have: half a step along the gradients, then a pull to where the average has been.
way plainly { w <- w - 0.1 * g }

/// What follows from the iteration is known after `draw` and `play` too.
way slowing {
  let rate = 1 / iteration
  let first = iteration == 1
  let past = g
  draw
  step rate * past + (if first then 0 * g else g)
}

way drifting(pull = 0.1) {
  state average = 0
  average <- 0.5 * average + 0.5 * w
  let half = g / 2
  step half
  w <- w - pull * (w - average)
}

/// Runge and Kutta's rule of four gradients.
way runge_kutta(rate) {
  let here = w
  let first = g
  w <- here - rate / 2 * first
  let second = g
  w <- here - rate / 2 * second
  let third = g
  w <- here - rate * third
  let mean = (first + 2 * second + 2 * third + g) / 6
  w <- here
  step mean
}

/// Adams and Bashforth's rule of this gradient and the two before it, begun by those of one and of two.
way adams_bashforth {
  state last = 0
  state before_last = 0
  let now = g
  step if iteration == 1 then now
       else if iteration == 2 then 1.5 * now - 0.5 * last
       else (23 * now - 16 * last + 5 * before_last) / 12
  before_last <- last
  last <- now
}

/// Each player's own momentum, below zero: with turns one after the other it damps the rotation.
way negative_momentum(rate, beta = -0.5) {
  state velocity = 0
  velocity <- beta * velocity - rate * g
  w <- w + velocity
}
"""


def slowing(w, optimizer, memory, iteration):
    return optimizer.step(w, [(1 / iteration + (iteration > 1)) * d for d in field(w)])


def drifting(w, optimizer, memory, iteration):
    memory["average"] = [0.5 * a + 0.5 * x for a, x in zip(memory.get("average", [0.0] * 4), w)]
    w = optimizer.step(w, [d / 2 for d in field(w)])
    return plus(w, plus(w, memory["average"], -1), -0.2)


def runge_kutta(w, optimizer, memory, iteration):
    first = field(w)
    second = field(plus(w, first, -0.05))
    third = field(plus(w, second, -0.05))
    fourth = field(plus(w, third, -0.1))
    return optimizer.step(w, [(a + 2 * b + 2 * c + d) / 6 for a, b, c, d in zip(first, second, third, fourth)])


def adams_bashforth(w, optimizer, memory, iteration):
    past = [field(w), *memory.get("past", [])][:3]
    memory["past"] = past
    weights = [(1,), (3 / 2, -1 / 2), (23 / 12, -16 / 12, 5 / 12)][len(past) - 1]
    return optimizer.step(w, [sum(weight * g[i] for weight, g in zip(weights, past)) for i in range(4)])


def negative_momentum(w, optimizer, memory, iteration):
    for which in P_ONLY, Q_ONLY:
        velocity = [-0.3 * v - 0.1 * d if i in which else v
                    for i, (v, d) in enumerate(zip(memory.get("velocity", [0.0] * 4), field(w)))]
        memory["velocity"] = velocity
        w = [x + velocity[i] if i in which else x for i, x in enumerate(w)]
    return w


def warming(w, optimizer, memory, iteration):
    for _ in range(3 if iteration <= 2 else iteration - 3):
        w = optimizer.step(w, field(w), P_ONLY)
        w = optimizer.step(w, field(w), Q_ONLY)
        w = optimizer.step(w, field(w), Q_ONLY)
    return simultaneous(w, optimizer, memory, iteration)


def nested(w, optimizer, memory, iteration):
    for _ in range(iteration):
        w = optimizer.step(w, field(w), P_ONLY)
        for _ in range(4 - min(iteration, 4)):
            now = field(w)
            ahead = plus(now, plus(now, memory.get("q", now), -1))
            memory["q"] = now
            w = optimizer.step(w, ahead, Q_ONLY)
    if iteration % 2:
        w = optimizer.step(w, field(w), P_ONLY)
    return optimizer.step(w, field(w), Q_ONLY)


SGD, ADAM = f"sgd({RATE})", f"adam({RATE}, beta1 = 0.5, beta2 = 0.9)"
MOVE = "move P.penalty maximizes 0.5 * sum((P() - 1)^2) + iteration / 10 * sum(P())"
CASES = [
    ("P & Q", simultaneous),
    ("P; Q", alternating),
    ("extragradient { P & Q }", extragradient),
    ("extragradient { P; Q }", lambda w, o, m, i: o.step(
        (half := o.step(w, field(o.step(w, field(w), P_ONLY)), P_ONLY)), field(o.step(half, field(half), Q_ONLY)),
        Q_ONLY)),
    ("past_extragradient { P & Q }", past_extragradient),
    ("optimistic { P & Q }", optimistic),
    ("consensus(2) { P & Q }", consensus),
    ("sga(0.5) { P & Q }", sga),
    ("competitive(0.1) { P & Q }", competitive),
    ("adaptive_competitive(0.1, beta2 = 0.9) { P & Q }", adaptive_competitive),
    ("sam(0.2) { P & Q }", sam),
    ("svre(3, 2) { P & Q }", extragradients),
    ("lookahead(3, 0.4) { P; Q }", lookahead(alternating, 3, 0.4)),
    ("lookahead(2, 0.5) { lookahead(k = 3, alpha = 0.4) { P & Q } }",
     lookahead(lookahead(simultaneous, 3, 0.4), 2, 0.5)),
    ("lookahead(2) { extragradient { P & Q } }", lookahead(extragradient, 2, 0.5)),
    ("Q; every 3 { P }", sometimes(only(Q_ONLY), only(P_ONLY), 3)),
    ("Q; every 2 { extragradient { P & Q } }", sometimes(only(Q_ONLY), extragradient, 2)),
    ("every 2 { every 3 { P } }; Q", lambda w, o, m, i: only(Q_ONLY)(
        only(P_ONLY)(w, o, m, i) if (i - 1) % 6 == 0 else w, o, m, i)),
    ("P; Q; every 2 { P.penalty }", sometimes(alternating, penalty, 2)),
    ("drifting(pull = 0.2) { P & Q }", drifting),
    ("plainly { P & Q }", lambda w, o, m, i: Sgd(0.1).step(w, field(w))),
    ("slowing { P & Q }", slowing),
    ("runge_kutta(0.1) { P & Q }", runge_kutta),
    ("adams_bashforth { P & Q }", adams_bashforth),
    ("negative_momentum(0.1, beta = -0.3) { P; Q }", negative_momentum),
    ("repeat if iteration <= 2 then 3 else iteration - 3 { P; repeat 2 { Q } }; P & Q", warming),
    ("repeat iteration { P; repeat 4 - min(iteration, 4) { optimistic { Q } } }; every 2 { P }; Q", nested),
]
STEPS = (1, 2, 3, 7)


def check(job):
    number, (play, expected, text, make) = job
    source = os.path.join(scratch, f"way{number}.agon")
    with open(source, "w", encoding="utf-8") as file:
        file.write(GAME.replace("PLAY", play).replace("OPTIMIZER_P", text).replace("OPTIMIZER_Q", text)
                   .replace("MORE", MINE if f"way {play.partition(' ')[0].partition('(')[0]}" in MINE else "")
                   .replace("ITEMS", MOVE if "penalty" in play else ""))
    binary = compile_model(source, source[:-5], "--float=f64")
    worst = 0
    w, memory, optimizer = list(START), {}, make()
    for iteration in range(1, STEPS[-1] + 1):
        w = expected(w, optimizer, memory, iteration)
        if iteration not in STEPS:
            continue
        directory = os.path.join(scratch, f"run{number}-{iteration}")
        run([binary, "train", "--steps", str(iteration), "--out", directory, "--quiet", "--force"])
        tensors = read_safetensors(os.path.join(directory, "checkpoint.safetensors"))
        got = list(tensors["P.w"]) + list(tensors["Q.w"])
        worst = max(worst, max(abs(a - b) for a, b in zip(got, w)))
    # A run that stopped on the way and goes on is the run that did not.
    directory = os.path.join(scratch, f"run{number}-{STEPS[-2]}")
    run([binary, "train", "--resume", "--out", directory, "--steps", str(STEPS[-1]), "--quiet"])
    if read_safetensors(os.path.join(directory, "checkpoint.safetensors")) != tensors:
        return f"{play} with {text}: a resumed run differs"
    tolerance = 1e-9 if "competitive" in play else 1e-8 if expected is unrolled_adam else 1e-12
    return "" if worst < tolerance else f"{play} with {text}: off by {worst:.3g}"


FIT = """
const batch = BATCH
network N(x: [3]) -> [2] = x |> dense(8) |> tanh |> dense(2)
game fit {
  data x: [3]
  player N minimizes E[sum((N(x) - 0.3 * x[0:2]^2)^2)] with clip_norm(0.5) then adam(lr = 0.02)
  play { PLAY }
}
"""
LINEAR = """
network N(z: [6]) -> [] { param w: [6] = 1; return sum(z * w |> dropout(0.4)) }
game linear {
  noise z: [6] ~ normal(1, 1)
  player N minimizes E[N(z)] with sgd(lr = 0.1)
  play { PLAY }
}
"""
ROTATION = """
network P() -> [2] { param w: [2] = [900, -400]; return w }
network Q() -> [2] { param w: [2] = [500, 800]; return w }
const A = [[1.0, 0.4], [-0.3, 0.8]]
game rotation {
  value V = E[dot(P(), A @ Q())]
  player P minimizes V with sgd(lr = 0.01)
  player Q maximizes V with sgd(lr = 0.01)
  play { PLAY { P & Q } }
}
"""


def weights_of(name, text, *options, steps=9):
    """The parameters after some iterations, in f64."""
    source = os.path.join(scratch, name + ".agon")
    with open(source, "w", encoding="utf-8") as file:
        file.write(text)
    binary = compile_model(source, source[:-5], "--float=f64")
    directory = os.path.join(scratch, "run-" + name)
    run([binary, "train", "--steps", str(steps), "--out", directory, "--quiet", "--force", *options])
    tensors = read_safetensors(os.path.join(directory, "checkpoint.safetensors"))
    return [value for name in sorted(tensors) if name.startswith("N.") for value in tensors[name]]


def accumulated():
    """Four minibatches of 4 are one of 16, to rounding."""
    data, source = os.path.join(scratch, "x.csv"), random.Random(1)
    with open(data, "w", encoding="utf-8") as file:
        file.writelines(",".join(f"{source.uniform(-1, 1):.4f}" for _ in range(3)) + "\n" for _ in range(48))
    parts = weights_of("parts", FIT.replace("BATCH", "4").replace("PLAY", "accumulate 4 { N }"), "--data", "x=" + data)
    whole = weights_of("whole", FIT.replace("BATCH", "16").replace("PLAY", "N"), "--data", "x=" + data)
    worst = max(abs(a - b) for a, b in zip(parts, whole))
    return "" if worst < 1e-13 else f"accumulate 4 is off by {worst:.3g} from a batch four times larger"


def states_where_w_is_set():
    """A way that sets `w` by hand changes what sgd does, the networks' states included."""
    network = FIT.replace("|> tanh", "|> batchnorm |> tanh").replace("clip_norm(0.5) then adam(lr = 0.02)", "sgd(0.1)")
    data = "x=" + os.path.join(scratch, "x.csv")
    network = network.replace("BATCH", "16")
    by_hand = weights_of("by_hand", MINE + network.replace("PLAY", "plainly { N }"), "--data", data)
    by_sgd = weights_of("by_sgd", network.replace("PLAY", "N"), "--data", data)
    worst = max(abs(a - b) for a, b in zip(by_hand, by_sgd))
    return "" if worst < 1e-13 else f"a way that sets w differs from sgd by {worst:.3g}"


def one_draw():
    """At every point of a turn noise and dropout are the same: on a linear objective extragradient is plain descent."""
    plain = weights_of("plain", LINEAR.replace("PLAY", "N"))
    ahead = weights_of("ahead", LINEAR.replace("PLAY", "extragradient { N }"))
    return "" if plain == ahead and plain != [1.0] * 6 else "extragradient draws anew where it looks ahead"


def reduced_variance():
    """Where the gradients are the same at every point, all steps of svre go along the mean of its parts."""
    text = LINEAR.replace("noise z: [6] ~ normal(1, 1)", "data x: [3]")
    text = text.replace("[6]", "[3]").replace("E[N(z)]", "E[N(x)]").replace("w |> dropout(0.4)", "w")
    text = "const batch = 16\n" + text
    data = ["--data", "x=" + os.path.join(scratch, "x.csv")]
    mean = weights_of("mean", text.replace("PLAY", "accumulate 3 { N }"), *data, steps=1)
    steps = weights_of("reduced", text.replace("PLAY", "svre(parts = 3, inner = 2) { N }"), *data, steps=1)
    # Each inner step begins where the last ended, and takes the last of its two steps alone.
    worst = max(abs((1 - b) - 2 * (1 - a)) for a, b in zip(mean, steps))
    return "" if worst < 1e-13 else f"svre is off by {worst:.3g} from the mean of its parts"


def derivative_ahead():
    """A derivative by data within an objective holds the parameters, wherever a way has come to."""
    text = LINEAR.replace("[6]", "[]").replace(" |> dropout(0.4)", "").replace("PLAY", "extragradient { N }")
    inner = weights_of("inner", text.replace("E[N(z)]", "0.01 * E[grad(N(z)^2, z)^2]"))
    plain = weights_of("outer", text.replace("E[N(z)]", "0.01 * E[(2 * N(z) * N(1))^2]"))
    return "" if 1e-3 < inner[0] < 0.99 and abs(inner[0] - plain[0]) < 1e-13 else f"{inner}, not {plain}, ahead"


def alignment():
    """Where the game only rotates the sign that sga chooses is plus, in f32 and far from the equilibrium too."""
    ends = []
    for name, play in ("aligned", "sga(1)"), ("unaligned", "sga(1, align = false)"):
        source = os.path.join(scratch, name + ".agon")
        with open(source, "w", encoding="utf-8") as file:
            file.write(ROTATION.replace("PLAY", play))
        binary, directory = compile_model(source, source[:-5]), os.path.join(scratch, "run-" + name)
        run([binary, "train", "--steps", "20", "--out", directory, "--quiet", "--force"])
        ends.append(read_safetensors(os.path.join(directory, "checkpoint.safetensors")))
    return "" if ends[0] == ends[1] else "sga's alignment is chosen by rounding"


def bad_rounds():
    """A number of rounds that is none ends the run, and the state before it is kept."""
    source = os.path.join(scratch, "rounds.agon")
    with open(source, "w", encoding="utf-8") as file:
        file.write(LINEAR.replace("PLAY", "repeat 4 - 1.5 * (iteration - 1) { N }; N"))
    binary = compile_model(source, source[:-5])
    directory = os.path.join(scratch, "run-rounds")
    error = run([binary, "train", "--steps", "9", "--out", directory, "--quiet", "--force"], expect=1)[1]
    told = "expected turns to be repeated a whole number of times, from 0 to 65536, got 2.5 at step 2; " \
           "the state of step 1 is kept"
    kept = read_safetensors(os.path.join(directory, "checkpoint.safetensors"))["step.N"]
    return "" if told in error and kept == [5] else f"rounds that are none: {error}, steps kept {kept}"


scratch = sys.argv[1]
os.makedirs(scratch, exist_ok=True)
jobs = [(play, expected, text, make) for text, make in ((SGD, Sgd), (ADAM, Adam)) for play, expected in CASES]
jobs += [("P unrolling 4 Q; Q", unrolled(4), SGD, Sgd), ("P unrolling 3 Q; Q", unrolled_adam, ADAM, Adam)]
with ThreadPoolExecutor(2) as pool:
    wrong = [text for text in [*pool.map(check, enumerate(jobs)), accumulated(), states_where_w_is_set(), one_draw(),
                              reduced_variance(), derivative_ahead(), alignment(), bad_rounds()] if text]
print("\n".join(wrong) or f"{len(jobs)} ways to play are their formulas")
sys.exit(bool(wrong))
