# REQUIRES: torch
# RUN: %torch_python %s %t
"""The library's optimizers take the steps that PyTorch's take, over 20 steps in f64, to 1e-12 of a parameter's greatest
element."""

import os
import sys

import torch

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "Inputs"))
sys.dont_write_bytecode = True
from optimizer_game import SHAPES, distance, gradient, initial, source, trained, weights_of
from support import compile_model

optim = torch.optim
CASES = {
    "sgd": ("sgd(lr = 0.02)", lambda w: optim.SGD(w, 0.02)),
    "heavy_ball": ("sgd(lr = 0.02, momentum = 0.8)", lambda w: optim.SGD(w, 0.02, momentum=0.8)),
    "nesterov": ("sgd(lr = 0.02, momentum = 0.8, nesterov = true)",
                 lambda w: optim.SGD(w, 0.02, momentum=0.8, nesterov=True)),
    "adam": ("adam(lr = 0.02, beta1 = 0.7, beta2 = 0.9, eps = 1e-3)",
             lambda w: optim.Adam(w, 0.02, (0.7, 0.9), 1e-3)),
    "adamw": ("adamw(lr = 0.02, weight_decay = 0.3)", lambda w: optim.AdamW(w, 0.02, weight_decay=0.3)),
    "amsgrad": ("amsgrad(lr = 0.1, beta1 = 0.7, beta2 = 0.5, eps = 1e-3)",
                lambda w: optim.Adam(w, 0.1, (0.7, 0.5), 1e-3, amsgrad=True)),
    "adamax": ("adamax(lr = 0.02, beta1 = 0.8, beta2 = 0.6, eps = 1e-3)",
               lambda w: optim.Adamax(w, 0.02, (0.8, 0.6), 1e-3)),
    "nadam": ("nadam(lr = 0.02, beta1 = 0.8, beta2 = 0.9, eps = 1e-3, momentum_decay = 0.5)",
              lambda w: optim.NAdam(w, 0.02, (0.8, 0.9), 1e-3, momentum_decay=0.5)),
    "radam": ("radam(lr = 0.02, beta1 = 0.8, eps = 1e-3)", lambda w: optim.RAdam(w, 0.02, (0.8, 0.999), 1e-3)),
    "rmsprop": ("rmsprop(lr = 0.02, decay = 0.8, eps = 1e-3)", lambda w: optim.RMSprop(w, 0.02, 0.8, 1e-3)),
    "adagrad": ("adagrad(lr = 0.1, eps = 1e-3)", lambda w: optim.Adagrad(w, 0.1, eps=1e-3)),
    "adadelta": ("adadelta(lr = 0.7, decay = 0.8, eps = 1e-3)", lambda w: optim.Adadelta(w, 0.7, 0.8, 1e-3)),
    "weight_decay": ("weight_decay(0.3) then adam(lr = 0.02)", lambda w: optim.Adam(w, 0.02, weight_decay=0.3)),
}
STEPS = 20


def of_torch(make):
    weights = [torch.tensor(values, dtype=torch.float64).reshape(shape).requires_grad_()
               for values, shape in zip(initial(), SHAPES.values())]
    optimizer = make(weights)
    for _ in range(STEPS):
        for weight, values in zip(weights, gradient([w.flatten().tolist() for w in weights])):
            weight.grad = torch.tensor(values, dtype=torch.float64).reshape(weight.shape)
        optimizer.step()
    return [weight.flatten().tolist() for weight in weights]


scratch = sys.argv[1]
os.makedirs(scratch, exist_ok=True)
torch.set_default_dtype(torch.float64)
path = os.path.join(scratch, "steps.agon")
with open(path, "w", encoding="utf-8") as file:
    file.write(source({name: text for name, (text, _) in CASES.items()}))
binary = compile_model(path, path[:-5], "--float=f64")
tensors = trained(binary, path[:-5] + "-run", STEPS, "--force")
for name, (text, make) in CASES.items():
    error = distance(weights_of(tensors, f"min_{name}"), of_torch(make))
    assert error < 1e-12, f"{text}: {error:.1e} away from PyTorch {torch.__version__}"
    print(f"{text}: {error:.1e}")
