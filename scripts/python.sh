#!/bin/sh
# A virtual environment with PyTorch, JAX, ONNX and TensorBoard in the directory given, for `make bench` and
# `make test-long`. Where the package index cannot be reached it takes the distribution's PyTorch; what is in neither is
# left out, and what needs it says that it was not run.
set -eu
target=$1
if [ -n "${AGON_PYTHON:-}" ] ||
  "$target/bin/python" -c "import torch, numpy, jax, onnx, onnxruntime, tensorboard, PIL" 2>/dev/null; then
  exit 0
fi
echo "setting up PyTorch, JAX, ONNX and TensorBoard in $target/"
log=$target.log
: > "$log"
install() {
  [ "$(id -u)" = 0 ] || return 0
  (apt-get update -qq && apt-get install -y -qq --no-install-recommends "$@") >> "$log" 2>&1 || true
}
# torch.compile needs Python's headers.
headers='import ensurepip, os, sysconfig
assert os.path.exists(os.path.join(sysconfig.get_path("include"), "Python.h"))'
python3 -c "$headers" 2>/dev/null || install python3-venv python3-dev
missing=
if python3 -m venv "$target" >> "$log" 2>&1; then
  if ! "$target/bin/pip" install --quiet numpy torch pillow >> "$log" 2>&1; then
    install python3-numpy python3-torch python3-pil
    python3 -m venv --system-site-packages "$target" >> "$log" 2>&1
    "$target/bin/python" -c "import numpy, torch" 2>> "$log" || missing="PyTorch"
  fi
  "$target/bin/pip" install --quiet jax >> "$log" 2>&1 || missing="${missing:+$missing and }JAX"
  "$target/bin/pip" install --quiet onnx==1.23.2 onnxruntime==1.32.0 >> "$log" 2>&1 ||
    missing="${missing:+$missing and }ONNX"
  "$target/bin/pip" install --quiet tensorboard >> "$log" 2>&1 || missing="${missing:+$missing and }TensorBoard"
else
  missing="PyTorch, JAX, ONNX and TensorBoard"
fi
if [ -n "$missing" ]; then
  tail -n 3 "$log"
  echo "$missing could not be installed: what needs it is not run"
fi
