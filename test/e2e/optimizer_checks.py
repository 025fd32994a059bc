# RUN: %python %s %t
"""Arguments of optimizers outside their domain: each is one error at the argument, or at the optimizer where two
arguments are at odds, with what is required; the last of a domain compiles. What `--set` or an expression of `t` makes
of an argument is refused before the iteration in which it would count."""

import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "Inputs"))
sys.dont_write_bytecode = True
from support import compile_model, run

RATES = "lr >= 0 and lr < inf"
EPS = "eps >= 0 and eps < inf"
DECAY = "weight_decay >= 0 and weight_decay < inf"


def beta(name):
    return f"{name} >= 0 and {name} < 1"


# (the optimizer with << >> around what the error points at, what is required or else told)
REFUSED = [
    ("sgd(lr = <<-0.1>>)", RATES),
    ("sgd(momentum = <<1>>)", beta("momentum")),
    ("optimistic_sgd(lr = <<-1>>)", RATES),
    ("schedule_free_sgd(lr = <<inf>>)", RATES),
    ("schedule_free_sgd(momentum = <<1>>)", beta("momentum")),
    ("schedule_free_sgd(weight_decay = <<-0.1>>)", DECAY),
    ("adam(<<-1e-3>>)", RATES),
    ("adam(eps = <<-1e-8>>)", EPS),
    ("adamw(weight_decay = <<inf>>)", DECAY),
    ("adadelta(lr = <<-1>>)", RATES),
    ("adadelta(decay = <<1>>)", beta("decay")),
    ("adadelta(eps = <<0>>)", "eps > 0 and eps < inf"),
    ("rmsprop(decay = <<-0.1>>)", beta("decay")),
    ("adagrad(eps = <<-1>>)", EPS),
    ("lion(weight_decay = <<-1>>)", DECAY),
    ("nadam(momentum_decay = <<-1>>)", "momentum_decay >= 0 and momentum_decay < inf"),
    ("radam(threshold = <<3.9>>)", "threshold >= 4 and threshold < inf"),
    ("<<radam(beta2 = 0.6, threshold = 4)>>", "2 / (1 - beta2) - 1 > threshold"),
    ("<<radam(beta2 = 0.5)>>", "2 / (1 - beta2) - 1 > threshold"),
    ("schedule_free_adamw(weight_decay = <<-1>>)", DECAY),
    ("muon(lr = <<-1>>)", RATES),
    ("muon(momentum = <<1>>)", beta("momentum")),
    ("muon(weight_decay = <<-1>>)", DECAY),
    ("muon(adam_lr = <<-1>>)", "adam_lr >= 0 and adam_lr < inf"),
    ("muon(eps = <<-1>>)", EPS),
    ("adam() then lookahead(<<0>>)", "k >= 1 and k < inf and floor(k) == k"),
    ("adam() then lookahead(k = <<2.5>>)", "k >= 1 and k < inf and floor(k) == k"),
    ("adam() then lookahead(k = <<inf>>)", "k >= 1 and k < inf and floor(k) == k"),
    ("adam() then lookahead(alpha = <<0>>)", "alpha > 0 and alpha <= 1"),
    ("adam() then lookahead(alpha = <<1.1>>)", "alpha > 0 and alpha <= 1"),
    ("clip_norm(<<0>>) then adam()", "limit > 0 and limit < inf"),
    ("clip_value(<<-1>>) then adam()", "limit > 0 and limit < inf"),
    ("weight_decay(<<-1>>) then adam()", "rate >= 0 and rate < inf"),
    ("adam() then <<clamp(1, 1)>>", "lo < hi"),
    ("<<lookahead()>> then adam()",
     "error: `lookahead` compares `w` with what it was, and nothing before it moves `w`"),
    ("<<lookahead(k = 3)>>", "help: write `adam(lr = 2e-4) then lookahead(k = 3)`"),
] + [(f"{name}({argument} = <<{value}>>)", text)
     for name in ("adam", "adamw", "amsgrad", "adamax", "nadam", "radam", "adabelief", "optimistic_adam",
                  "schedule_free_adamw", "muon", "lion")
     for argument, value, text in (("lr", -1, RATES), ("beta1", 1, beta("beta1")), ("beta2", -0.5, beta("beta2")))]
REFUSED += [(f"{name}(eps = <<-1>>)", EPS)
            for name in ("amsgrad", "adamax", "nadam", "radam", "adabelief", "optimistic_adam", "schedule_free_adamw")]

# What is at the end of a domain, or a switch.
ACCEPTED = ["sgd(lr = 0)", "optimistic_sgd(0)", "schedule_free_sgd(lr = 0, momentum = 0)", "adam(beta1 = 0, beta2 = 0)",
            "nadam(beta1 = 0, momentum_decay = 0)", "radam(beta2 = 0.75)", "radam(beta2 = 0.61, threshold = 4)",
            "muon(lr = 0, momentum = 0, nesterov = false)", "adam() then lookahead(k = 1, alpha = 1)",
            "sgd() then clamp(-inf, 0)", "adadelta(decay = 0, eps = 1e-30)"]

# (the optimizer, `--set`, the argument told of in the run)
AT_RUN = [("radam()", "P.beta2=0.6", "radam of player P requires `2 / (1 - beta2) - 1 > threshold`, got P.beta2 = 0.6, "
           "P.threshold = 5"),
          ("adam() then lookahead()", "P.k=2.5",
           "lookahead of player P requires `k >= 1 and k < inf and floor(k) == k`, got P.k = 2.5"),
          ("optimistic_adam()", "P.beta1=1",
           "optimistic_adam of player P requires `beta1 >= 0 and beta1 < 1`, got P.beta1 = 1"),
          ("muon()", "P.adam_lr=-1", "muon of player P requires `adam_lr >= 0 and adam_lr < inf`, got P.adam_lr = -1")]


def program(optimizer):
    return ("network P(x: [3]) -> [1] = x |> dense(2) |> tanh |> dense(1)\ngame g {\n  noise x: [3] ~ normal(0, 1)\n"
            f"  player P minimizes E[P(x)^2]\n    with {optimizer}\n}}\n")


def written(name, optimizer):
    path = os.path.join(scratch, name + ".agon")
    with open(path, "w", encoding="utf-8") as file:
        file.write(program(optimizer))
    return path


def compiled(name, optimizer):
    path = written(name, optimizer)
    result = subprocess.run(["agonc", path, "--check"], capture_output=True, text=True)
    return path, result.returncode, result.stderr


def refused(number):
    marked, words = REFUSED[number]
    before, place, _ = re.split("<<|>>", marked)
    path, code, text = compiled(f"refused{number}", marked.replace("<<", "").replace(">>", ""))
    if "`" not in words:
        words = f"requires `{words}`, got "
    at, lines = f"  --> {path}:5:{len('    with ') + len(before) + 1}\n", text.splitlines()
    underlined = next((line for line in lines if "^" in line), "").count("^")
    right = code == 65 and words in text and text.count("error:") == 1 and at in text and underlined == len(place)
    return None if right else f"{marked}\n  expected {words} at {at}  exit code {code}: {text}"


def accepted(number):
    _, code, text = compiled(f"accepted{number}", ACCEPTED[number])
    return None if code == 0 and not text else f"{ACCEPTED[number]}\n  exit code {code}: {text}"


def judged(number):
    optimizer, setting, words = AT_RUN[number]
    path = written(f"run{number}", optimizer)
    binary = compile_model(path, path[:-5])
    _, text = run([binary, "train", "--steps", "3", "--out", path[:-5] + "-run", "--force", "--set", setting], 64)
    return None if words in text else f"{optimizer} --set {setting}\n  {text}"


def scheduled():
    """An expression of `t` ends the run before the step that it breaks."""
    path = written("scheduled", "schedule_free_adamw(lr = 0.25 - t / 16)")
    binary = compile_model(path, path[:-5])
    _, text = run([binary, "train", "--steps", "9", "--out", path[:-5] + "-run", "--force", "--quiet"], 1)
    words = "schedule_free_adamw of player P requires `lr >= 0 and lr < inf`, got P.lr = -0.0625 at step 5"
    return None if words in text else text


if __name__ == "__main__":
    scratch = sys.argv[1]
    os.makedirs(scratch, exist_ok=True)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        failures = [f for f in pool.map(refused, range(len(REFUSED))) if f]
        failures += [f for f in pool.map(accepted, range(len(ACCEPTED))) if f]
        failures += [f for f in pool.map(judged, range(len(AT_RUN))) if f]
    failures += [f for f in (scheduled(),) if f]
    if failures:
        sys.exit("\n".join(failures) + f"\n{len(failures)} checks fail")
    print(len(REFUSED), "are refused,", len(ACCEPTED), "accepted,", len(AT_RUN) + 1, "judged by the run")
