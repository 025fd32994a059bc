#!/bin/sh
# Plays the games of a folder that test/gpu/prepare.py has made on this machine's device, and times them there:
#
#   sh run.sh FOLDER OUT [SECONDS]         in at most so many seconds, 470 without
#
# Correctness first. Each game begins on the processor, and goes on from there for two iterations on the device, twice,
# and on the processor: the device must come to the same bytes twice, and within 1e-4 of the processor's norms. Then the
# benchmark: Agon's workloads and products of matrices by `bench`, and the same in PyTorch (bench/gpu/peers.py, with
# $AGON_PYTHON or python3), where there is PyTorch. OUT/results.json has all that was seen; bench/gpu/results.py makes
# the page of it. What failed is told, and in the exit status; what there was no time for is null. Nothing need be
# installed but the driver.
set -u
folder=$(cd "$1" && pwd)
mkdir -p "$2"
out=$(cd "$2" && pwd)
end=$(($(date +%s) + ${3:-470}))
runs=$(mktemp -d)
trap 'rm -rf "$runs"' EXIT
limit=1e-4
failed=0
cd "$folder" || exit 1

# within SECONDS COMMAND...: runs it as long as that and the time left allow.
within() {
  seconds=$1
  left=$((end - $(date +%s)))
  shift
  test "$left" -gt 2 || return 124
  test "$left" -gt "$seconds" || seconds=$left
  timeout "$seconds" "$@" </dev/null
}

# play GAME RUN DEVICE STEPS [WORD...]: trains, saying what went wrong.
play() {
  game=$1 run=$2 device=$3 steps=$4
  shift 4
  within 60 "./$game" train --steps "$steps" --seed 3 --device "$device" --out "$runs/$run" --quiet "$@" \
    2>"$runs/errors" && return
  echo "$game: training on $device failed: $(cat "$runs/errors")"
  return 1
}

# judge GAME [WORD...]: sets `verdict`, and `distance` where there is one.
judge() {
  game=$1
  shift
  verdict="did not train" distance=null
  play "$game" first cpu 0 "$@" || return
  for each in cpu cuda again; do
    cp -r "$runs/first" "$runs/$each"
    device=$each
    test "$each" = again && device=cuda
    play "$game" "$each" "$device" 2 --resume=anyway "$@" || return
  done
  verdict="not the same bytes twice"
  cmp -s "$runs/cuda/checkpoint.safetensors" "$runs/again/checkpoint.safetensors" || return
  found=$(./agon-checkpoint-distance "$runs/cuda/checkpoint.safetensors" "$runs/cpu/checkpoint.safetensors")
  distance=${found%% *}
  verdict="too far from the processor: ${found#* }"
  awk "BEGIN { exit !($distance <= $limit) }" && verdict=good
}

# correctness: `"GAME": {...}, ...` of all games.
correctness() {
  comma=
  while read -r game words; do
    rm -rf "${runs:?}"/*
    # shellcheck disable=SC2086 # words are words
    judge "$game" $words >&2
    test "$verdict" = good || failed=1
    echo "$game: $verdict, distance $distance" >&2
    printf '%s\n"%s": {"verdict": "%s", "distance": %s}' "$comma" "$game" "$verdict" "$distance"
    comma=,
  done <games
}

# benchmark FILE: `"NAME": {"PRECISION": ..., ...}, ...` of a file's lines NAME PRECISION [WORD...], a name's together.
benchmark() {
  last=
  while read -r name precision words; do
    if test "$name" = "$last"; then
      printf ',\n'
    else
      printf '%s\n"%s": {' "${last:+\},}" "$name"
    fi
    last=$name
    printf '"%s": ' "$precision"
    # shellcheck disable=SC2086
    if within 60 "./$name-$precision" bench --device cuda --json $words >"$runs/bench" 2>"$runs/errors"; then
      cat "$runs/bench"
      echo "$name in $precision: timed" >&2
    else
      printf null
      failed=1
      echo "$name in $precision: timing failed: $(cat "$runs/errors")" >&2
    fi
  done <"$1"
  printf '%s' "${last:+\}}"
}

# peers: what peers.py found.
peers() {
  python=${AGON_PYTHON:-python3}
  echo '{"reason": "no Python"}' >"$runs/peers.json"
  if command -v "$python" >/dev/null; then
    echo '{"reason": "no time was left"}' >"$runs/peers.json"
    left=$((end - $(date +%s)))
    # shellcheck disable=SC2046
    within "$left" "$python" bench/gpu/peers.py "$runs/peers.json" --seconds $((left - 10)) $(cat peers) >&2 ||
      echo "the comparison with PyTorch ended with $?" >&2
  fi
  cat "$runs/peers.json"
}

any=$({ cut -d ' ' -f 1 games; cut -d ' ' -f 1,2 --output-delimiter=- workloads; } | head -n 1)
device=$("./$any" info | sed -n 's/^device //p' | head -n 1)
{
  printf '{"device": "%s", "games": {' "$device"
  correctness
  printf '},\n"workloads": {'
  benchmark workloads
  printf '},\n"peers": '
  peers
  printf '}\n'
} >"$out/results.json"
echo "$out/results.json"
exit "$failed"
