#!/bin/sh
# Installs what building and testing Agon needs, on Debian 12 and its relatives.
# Does nothing, quietly, when everything is there.
set -eu

packages="g++ cmake ninja-build ccache python3 pkg-config
  libmlir-22-dev mlir-22-tools llvm-22-dev llvm-22-tools lld-22 clang-22 clang-format-22 clang-tidy-22
  libclang-rt-22-dev
  libfmt-dev libcli11-dev nlohmann-json3-dev libgtest-dev libgmock-dev libjpeg62-turbo-dev libpng-dev
  libwebp-dev libgif-dev zlib1g-dev libzstd-dev
  libeigen3-dev libspectra-dev"

missing=""
if ! command -v dpkg-query >/dev/null 2>&1; then
  echo "setup: this is not a Debian system; install by hand: $packages" >&2
  command -v llvm-config-22 >/dev/null 2>&1 || { echo "setup: missing: LLVM and MLIR 22 (llvm-config-22)" >&2; exit 1; }
  exit 0
fi
for package in $packages; do
  dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q "install ok installed" || missing="$missing $package"
done
[ -z "$missing" ] && exit 0

echo "setup: installing$missing"
if [ "$(id -u)" = 0 ]; then sudo=""
elif command -v sudo >/dev/null 2>&1; then sudo="sudo"
else
  echo "setup: missing:$missing; install them as root: apt-get install$missing" >&2
  exit 1
fi
$sudo apt-get update -qq || { echo "setup: apt-get update failed" >&2; exit 1; }
DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq --no-install-recommends $missing >/dev/null ||
  { echo "setup: apt-get could not install:$missing" >&2; exit 1; }
