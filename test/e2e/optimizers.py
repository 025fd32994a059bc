# RUN: %python %s %t
"""Every optimizer of the library is its paper's formula, over 20 steps in f64, for numbers, vectors, matrices and
filters; a player that maximizes mirrors one that minimizes, and a run that goes on in the middle ends in the same
bits. Slow weights that a run takes up in the middle begin where it is."""

import os
import sys
from concurrent.futures import ThreadPoolExecutor

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "Inputs"), os.path.join(HERE, "..", "..", "scripts")]
sys.dont_write_bytecode = True
import library_reference
import optimizer_formulas as formulas
from optimizer_game import distance, gradient, initial, source, trained, weights_of
from support import compile_model, run

# Text of the player's optimizer, and the formula. The arguments are far from what is usual where that shows more: a
# mean of squares that falls, a maximum that is left.
CASES = {
    "sgd": ("sgd(lr = 0.02)", formulas.sgd(0.02)),
    "heavy_ball": ("sgd(lr = 0.02, momentum = 0.8)", formulas.sgd(0.02, 0.8)),
    "nesterov": ("sgd(lr = 0.02, momentum = 0.8, nesterov = true)", formulas.sgd(0.02, 0.8, True)),
    "optimistic_sgd": ("optimistic_sgd(lr = 0.02)", formulas.optimistic_sgd(0.02)),
    "schedule_free_sgd": ("schedule_free_sgd(lr = 0.05, momentum = 0.8, weight_decay = 0.1)",
                          formulas.schedule_free(lambda t: 0.05, 0.8, 0.1)),
    "schedule_free_warm": ("schedule_free_sgd(lr = 0.05 * min(1, t / 8) / (1 + t / 50))",
                           formulas.schedule_free(lambda t: 0.05 * min(1, t / 8) / (1 + t / 50), 0.9, 0)),
    "schedule_free_still": ("schedule_free_sgd(lr = 0.01 * max(0, t - 3))",
                            formulas.schedule_free(lambda t: 0.01 * max(0, t - 3), 0.9, 0)),
    "adam": ("adam(lr = 0.02, beta1 = 0.7, beta2 = 0.9, eps = 1e-3)", formulas.adamw(0.02, 0.7, 0.9, 1e-3)),
    "adamw": ("adamw(lr = 0.02, weight_decay = 0.3)", formulas.adamw(0.02, 0.9, 0.999, 1e-8, 0.3)),
    "amsgrad": ("amsgrad(lr = 0.1, beta1 = 0.7, beta2 = 0.5, eps = 1e-3)", formulas.amsgrad(0.1, 0.7, 0.5, 1e-3)),
    "adamax": ("adamax(lr = 0.02, beta1 = 0.8, beta2 = 0.6, eps = 1e-3)", formulas.adamax(0.02, 0.8, 0.6, 1e-3)),
    "nadam": ("nadam(lr = 0.02, beta1 = 0.8, beta2 = 0.9, eps = 1e-3, momentum_decay = 0.5)",
              formulas.nadam(0.02, 0.8, 0.9, 1e-3, 0.5)),
    "radam": ("radam(lr = 0.02, beta1 = 0.8, eps = 1e-3)", formulas.radam(0.02, 0.8, 0.999, 1e-3, 5)),
    "radam_paper": ("radam(lr = 0.02, beta2 = 0.9, threshold = 4)", formulas.radam(0.02, 0.9, 0.9, 1e-8, 4)),
    "adabelief": ("adabelief(lr = 0.02, beta1 = 0.8, beta2 = 0.9, eps = 1e-3)",
                  formulas.adabelief(0.02, 0.8, 0.9, 1e-3)),
    "optimistic_adam": ("optimistic_adam(lr = 0.02, beta1 = 0.5, beta2 = 0.9, eps = 1e-3)",
                        formulas.optimistic_adam(0.02, 0.5, 0.9, 1e-3)),
    "schedule_free_adamw": ("schedule_free_adamw(lr = 0.03 * min(1, t / 8), beta1 = 0.8, beta2 = 0.9, "
                            "eps = 1e-3, weight_decay = 0.1)",
                            formulas.schedule_free_adamw(lambda t: 0.03 * min(1, t / 8), 0.8, 0.9, 1e-3, 0.1)),
    "rmsprop": ("rmsprop(lr = 0.02, decay = 0.8, eps = 1e-3)", formulas.rmsprop(0.02, 0.8, 1e-3)),
    "adagrad": ("adagrad(lr = 0.1, eps = 1e-3)", formulas.adagrad(0.1, 1e-3)),
    "adadelta": ("adadelta(lr = 0.7, decay = 0.8, eps = 1e-3)", formulas.adadelta(0.7, 0.8, 1e-3)),
    "lion": ("lion(lr = 0.02, beta1 = 0.8, beta2 = 0.9, weight_decay = 0.1)", formulas.lion(0.02, 0.8, 0.9, 0.1)),
    "muon": ("muon(lr = 0.05, momentum = 0.8, weight_decay = 0.1, adam_lr = 0.03, beta1 = 0.7, eps = 1e-3)",
             formulas.muon(0.05, 0.8, True, 0.1, 0.03, 0.7, 0.95, 1e-3)),
    "muon_plain": ("muon(lr = 0.05, nesterov = false)",
                   formulas.muon(0.05, 0.95, False, 0, 3e-4, 0.9, 0.95, 1e-10)),
    "lookahead": ("sgd(lr = 0.05, momentum = 0.5) then lookahead(k = 3, alpha = 0.3)",
                  formulas.lookahead(formulas.sgd(0.05, 0.5), 3, 0.3)),
    "lookahead_every_step": ("adam(lr = 0.05) then lookahead(k = 1) then clamp(-0.9, 0.9)",
                             formulas.clamp(formulas.lookahead(formulas.adamw(0.05, 0.9, 0.999, 1e-8), 1, 0.5),
                                            -0.9, 0.9)),
    "clip_norm": ("clip_norm(1.5) then sgd(lr = 0.1)",
                  formulas.changed(formulas.sgd(0.1), formulas.clip_norm(1.5))),
    "clip_value": ("clip_value(0.2) then sgd(lr = 0.1)",
                   formulas.changed(formulas.sgd(0.1), formulas.clip_value(0.2))),
    "weight_decay": ("weight_decay(0.3) then adam(lr = 0.02)",
                     formulas.changed(formulas.adamw(0.02, 0.9, 0.999, 1e-8), formulas.weight_decay(0.3))),
    "ema": ("ema(0.9)", formulas.sgd(0.1)),
    "clamp": ("sgd(lr = 0.1) then clamp(-0.5, 0.7)", formulas.clamp(formulas.sgd(0.1), -0.5, 0.7)),
}
STEPS = (1, 2, 5, 20)


def after(step):
    """The weights by the formula, after each number of STEPS."""
    weights, result = initial(), {}
    for t in range(1, STEPS[-1] + 1):
        weights = step(t, weights, gradient(weights))
        result[t] = weights
    return [result[t] for t in STEPS]


def failures_of(number, names):
    path = os.path.join(scratch, f"steps{number}.agon")
    with open(path, "w", encoding="utf-8") as file:
        file.write(source({name: CASES[name][0] for name in names}))
    binary = compile_model(path, path[:-5], "--float=f64")
    tensors = [trained(binary, f"{path[:-5]}-run{steps}", steps, "--force") for steps in STEPS]
    trained(binary, f"{path[:-5]}-again", 7, "--force")
    wrong = []
    again = trained(binary, f"{path[:-5]}-again", STEPS[-1], "--resume")
    for name in names:
        minimizing, maximizing = f"min_{name}", f"max_{name}"
        for steps, found, expected in zip(STEPS, tensors, after(CASES[name][1])):
            error = distance(weights_of(found, minimizing), expected)
            worst[name] = max(worst.get(name, 0), error)
            if not error < 1e-12:
                wrong.append(f"{name}: after {steps} steps {error:.1e} off")
            if weights_of(found, maximizing) != weights_of(found, minimizing):
                wrong.append(f"{name}: after {steps} steps the player that maximizes is elsewhere")
        for key in again:
            if minimizing in key and again[key] != tensors[-1][key]:
                wrong.append(f"{name}: a resumed run has another {key}")
        _, message = run([binary, "train", "--steps", "1", "--out", path[:-5] + "-none", "--set",
                          f"{minimizing}.{first[name]}=-1"], expect=64)
        if f"of player {minimizing} requires `" not in message or "-1" not in message:
            wrong.append(f"{name}: {message}")
    return wrong


def taken_up():
    """A run of adam that goes on, after 5 steps, with slow weights."""
    name, inner = "taken_up", formulas.adamw(0.05, 0.9, 0.999, 1e-8)
    out, outer = os.path.join(scratch, name + "-run"), formulas.lookahead(inner, 4, 0.25)
    for chain, steps, options in (("", 5, ["--force"]), (" then lookahead(k = 4, alpha = 0.25)", 9,
                                                         ["--resume=anyway"])):
        path = os.path.join(scratch, f"{name}{steps}.agon")
        with open(path, "w", encoding="utf-8") as file:
            file.write(source({name: "adam(lr = 0.05)" + chain}))
        tensors = trained(compile_model(path, path[:-5], "--float=f64"), out, steps, *options)
    weights = initial()
    for t in range(1, 10):
        weights = (inner if t <= 5 else outer)(t, weights, gradient(weights))
    error = distance(weights_of(tensors, f"min_{name}"), weights)
    return [] if error < 1e-12 else [f"slow weights taken up in the middle: {error:.1e} off"]


if __name__ == "__main__":
    scratch = sys.argv[1]
    os.makedirs(scratch, exist_ok=True)
    worst = {}
    # What `--set` must not make negative.
    first = {name: "lr" for name in CASES} | {"clip_norm": "limit", "clip_value": "limit", "weight_decay": "rate",
                                              "lookahead": "k", "lookahead_every_step": "alpha", "ema": "decay"}
    tested = " ".join(text for text, _ in CASES.values())
    for file, _, declarations in library_reference.library():
        for declaration in declarations if file == "optimizers" else []:
            assert f"{declaration.name}(" in tested, f"no case for {declaration.name}"
    groups = [list(CASES)[i::4] for i in range(4)]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        failures = [line for lines in pool.map(failures_of, range(4), groups) for line in lines]
    failures += taken_up()
    if failures:
        sys.exit("\n".join(failures))
    print(len(CASES), f"optimizers are their formulas, to {max(worst.values()):.1e}")
