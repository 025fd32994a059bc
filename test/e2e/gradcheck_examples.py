# RUN: %python %s %examples %t %if long %{ long %}
"""Every example's players pass gradient checks in f64, first and second order."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "Inputs"))
from support import compile_model, data_options, examples_in, gradient_failure, small

examples, scratch = sys.argv[1:3]
os.makedirs(scratch, exist_ok=True)
for name in examples_in(examples, sys.argv):
    binary = compile_model(os.path.join(examples, name), os.path.join(scratch, name[:-5]), "--float=f64", "-D",
                           "batch=8", *small(name))
    failure = gradient_failure(binary, *data_options(binary, scratch))
    assert not failure, f"{name}\n{failure}"
    print(name)
