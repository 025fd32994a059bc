# REQUIRES: ptxas
# RUN: %python %root/bench/gpu/registers.py --check %examples/ring.agon %examples/quadratic.agon
"""ptxas takes the kernels of games for every architecture, and those of contractions need no more registers than there
are (bench/gpu/registers.md tells of all examples)."""
