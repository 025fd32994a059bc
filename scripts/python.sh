#!/bin/sh
# A virtual environment with PyTorch and JAX in the directory given, for `make bench` and `make test-long`. Where the
# package index cannot be reached it is left out, and what needs it says that it was not run.
set -eu
target=$1
if [ -n "${AGON_PYTHON:-}" ] || "$target/bin/python" -c "import torch, numpy, jax" 2>/dev/null; then
  exit 0
fi
echo "setting up PyTorch and JAX in $target/"
if ! python3 -c "import ensurepip" 2>/dev/null && [ "$(id -u)" = 0 ]; then
  (apt-get update -qq && apt-get install -y -qq --no-install-recommends python3-venv) > "$target.log" 2>&1 || true
fi
if ! (python3 -m venv "$target" && "$target/bin/pip" install --quiet numpy torch jax) > "$target.log" 2>&1; then
  tail -n 3 "$target.log"
  echo "PyTorch and JAX could not be installed: comparisons with them are not run"
  rm -rf "$target"
fi
