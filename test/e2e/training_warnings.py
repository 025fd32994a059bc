# RUN: %python %s %t
"""What training warns of: saturated critics and vanishing gradients, collapsed samples, critics that see nothing,
oscillations; and that games in which nothing is wrong, or not yet, give no warning."""

import os
import shutil
import sys
from concurrent.futures import ThreadPoolExecutor

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "Inputs"))
sys.dont_write_bytecode = True
from support import compile_model, run

scratch = os.path.abspath(sys.argv[1])
shutil.rmtree(scratch, ignore_errors=True)
os.makedirs(scratch)

GAN = """const batch = 64
network G(z: [1]) -> [1] { GENERATOR }
network D(x: [1]) -> [1] = CRITIC
game gan {
  data  x: [1] ~ normal(MEAN, 0.1)
  noise z: [1] ~ normal(0, 1)
  player D minimizes LOSS_D with adam(lr = 1e-2, beta1 = 0)
  player G minimizes LOSS_G with sgd(lr = RATE)
  play { repeat 2 { D }; G }
}
"""
LOG_D = "0 - E[log(sigmoid(D(x)))] - E[log(1 - sigmoid(D(G(z))))]"
MINIMAX, SATURATING_NOT = "E[log(1 - sigmoid(D(G(z))))]", "0 - E[log(sigmoid(D(G(z))))]"
MLP = "x |> dense(16) |> tanh |> dense(1)"


def gan(generator="param b: [1] = -4; return 0.1 * z + b", critic=MLP, mean=4, loss_d=LOG_D, loss_g=MINIMAX,
        rate=1e-6):
    return (GAN.replace("GENERATOR", generator).replace("CRITIC", critic).replace("MEAN", str(mean))
            .replace("LOSS_D", loss_d).replace("LOSS_G", loss_g).replace("RATE", str(rate)))


# The reward is stopped: that no derivative passes through D is as it should be.
POLICY = """const batch = 32
network Pol(z: [2]) -> [5] = z |> dense(5)
network D(s: [5]) -> [1] = s |> dense(16) |> relu |> dense(1)
game policy {
  data t: class(5) ~ categorical(5)
  noise z: [2] ~ normal(0, 1)
  let logits = Pol(z)
  let y = sample_categorical(logits)
  let fake = stop_gradient(one_hot(y))
  player D minimizes E[softplus(-D(one_hot(t)))] + E[softplus(D(fake))] with adam(lr = 1e-2)
  player Pol minimizes -E[log_prob_categorical(y, logits) * stop_gradient(sigmoid(D(fake)))] with adam(lr = 1e-2)
  play { D; Pol }
}
"""
GAME = """
network theta() -> [1] { param w: [1] = 1; return w }
network phi()   -> [1] { param w: [1] = 0.5; return w }
game rotation {
  value J = E[phi() * theta()]
  player phi maximizes J with sgd(lr = 0.2)
  player theta minimizes J with sgd(lr = 0.2)
  play { PLAY }
}
"""
RING = os.path.join(os.path.dirname(__file__), "..", "..", "examples", "ring.agon")
SATURATED, VANISHES = "D is saturated: its objective hardly changes with its outputs", "the gradient of G vanishes"
WEAK, COLLAPSED = "D is too weak", "the samples of G have collapsed"
OSCILLATES = "the objective of theta oscillates, about once in"
# The program, its steps, what must be said, what must not.
CASES = {
    "disjoint": (gan(), 600, [SATURATED, VANISHES], [WEAK, COLLAPSED]),
    # The same supports: the other objective of G has a slope.
    "not saturating": (gan(loss_g=SATURATING_NOT), 600, [SATURATED], [VANISHES]),
    # The scale of an objective does not count, and a term that is switched off has no slope to lose.
    "disjoint, scaled": (gan(loss_d=f"1e-5 * ({LOG_D})", loss_g=f"1e-5 * {MINIMAX}"), 600, [SATURATED, VANISHES],
                         [WEAK, COLLAPSED]),
    "scaled": (gan("param b: [1] = 4; return 0.1 * z + b", loss_d=f"1e-5 * ({LOG_D})", loss_g=f"1e-5 * {MINIMAX}"),
               600, [], ["warning"]),
    "switched off": (gan("param b: [1] = 4; return 0.1 * z + b", loss_g=f"0 * {MINIMAX} + E[sum(G(z)^2)]"), 600, [],
                     [SATURATED, VANISHES]),
    # A critic without a bound is never saturated.
    "wasserstein": (gan(loss_d="E[D(G(z))] - E[D(x)] + 10 * E[gradient_penalty(D(x), x)]", loss_g="0 - E[D(G(z))]"),
                    600, [], [SATURATED, VANISHES, WEAK, COLLAPSED]),
    "collapsed": (gan("param b: [1] = 4; return 1e-4 * z + b"), 300, [COLLAPSED], [SATURATED, VANISHES]),
    # It sees x^2 alone, and the samples are at -x.
    "weak": (gan(critic="x^2 |> dense(8) |> tanh |> dense(1)"), 900, [WEAK], [SATURATED, VANISHES, COLLAPSED]),
    "simultaneous": (GAME.replace("PLAY", "theta & phi"), 600, [OSCILLATES], []),
    "alternating": (GAME.replace("PLAY", "theta; phi"), 600, [OSCILLATES], []),
    "extragradient": (GAME.replace("PLAY", "extragradient { theta & phi }"), 600, [], ["warning"]),
    "policy gradient": (POLICY, 600, [], ["vanishes"]),
    "ring": (None, 1000, [], ["warning"]),
}


def check(case):
    name, (text, steps, said, unsaid) = case
    source = os.path.join(scratch, name.replace(" ", "_") + ".agon")
    if text:
        with open(source, "w", encoding="utf-8") as file:
            file.write(text)
    binary = compile_model(source if text else RING, source[:-5])
    error = run([binary, "train", "--steps", str(steps), "--seed", "1", "--out", source[:-5] + "-run"])[1]
    problems = [f"no `{text}`" for text in said if error.count(text) != 1]
    problems += [f"`{text}`" for text in unsaid if text in error]
    return [f"{name}: {problem} in {error!r}" for problem in problems]


with ThreadPoolExecutor(2) as pool:
    wrong = sum(pool.map(check, CASES.items()), [])
print("\n".join(wrong) or f"{len(CASES)} games are warned of as they should be")
sys.exit(bool(wrong))
