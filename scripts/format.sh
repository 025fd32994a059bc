#!/bin/sh
# format.sh [--check] [FILE...]: formats the C++ of the tree, or of the files given, as .clang-format says.
# --check changes nothing, and fails with the places that are not so formatted. Exit code 2: no clang-format-22.
set -eu
cd "$(dirname "$0")/.."
check=
if [ "${1:-}" = --check ]; then
  check="--dry-run --Werror"
  shift
fi
formatter=clang-format-22
command -v $formatter >/dev/null || { echo "format: $formatter is missing; scripts/setup.sh installs it" >&2; exit 2; }
if [ $# = 0 ]; then
  set -- bench compiler dialects frontend runtime support test
  find "$@" \( -name '*.h' -o -name '*.cpp' \) -print0 | xargs -0 -n 40 -P "$(nproc)" $formatter ${check:--i}
else
  $formatter ${check:--i} "$@"
fi
