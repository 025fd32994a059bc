#!/bin/sh
# Plays the games of a folder that test/gpu/prepare.py has made on this machine's device: sh run.sh FOLDER OUT
#
# Each game begins on the processor, and goes on from there for two iterations on the device, twice, and on the
# processor: the device must come to the same bytes twice, and within 1e-4 of the processor's norms. Then the regions of
# an iteration are timed on the device. OUT/results.json has all that was seen; what failed is told, and in the exit
# status. Nothing need be installed but the driver.
#
# TODO(#14): PyTorch eager, torch.compile and cuBLAS beside it, where they are installed; bench/gpu/results.md from the
# JSON. A tensor whose gradient is nothing but rounding (test/gpu/examples.py) is not left out here.
set -u
folder=$(cd "$1" && pwd)
mkdir -p "$2"
out=$(cd "$2" && pwd)
limit=1e-4
failed=0
cd "$folder" || exit 1

# play GAME RUN DEVICE STEPS [WORD...]: trains, saying what went wrong.
play() {
  game=$1 run=$2 device=$3 steps=$4
  shift 4
  "./$game" train --steps "$steps" --seed 3 --device "$device" --out "$out/$run" --quiet "$@" 2>"$out/$run.err" &&
    return
  echo "$game: training on $device failed: $(cat "$out/$run.err")"
  return 1
}

# judge GAME [WORD...]: sets `verdict`, and `distance` where there is one.
judge() {
  game=$1
  shift
  verdict="did not train" distance=null
  rm -rf "$out/$game-first"
  play "$game" "$game-first" cpu 0 "$@" || return
  for each in cpu cuda again; do
    rm -rf "$out/$game-$each"
    cp -r "$out/$game-first" "$out/$game-$each"
    device=$each
    test "$each" = again && device=cuda
    play "$game" "$game-$each" "$device" 2 --resume --accept-changes "$@" || return
  done
  verdict="not the same bytes twice"
  cmp -s "$out/$game-cuda/checkpoint.safetensors" "$out/$game-again/checkpoint.safetensors" || return
  found=$(./agon-checkpoint-distance "$out/$game-cuda/checkpoint.safetensors" "$out/$game-cpu/checkpoint.safetensors")
  distance=${found%% *}
  verdict="too far from the processor: ${found#* }"
  awk "BEGIN { exit !($distance <= $limit) }" && verdict=good
}

device=$("./$(head -n 1 games | cut -d ' ' -f 1)" info | sed -n 's/^device //p' | head -n 1)
{
  printf '{"device": "%s", "games": {' "$device"
  comma=
  while read -r game words; do
    # shellcheck disable=SC2086 # words are words
    judge "$game" $words >&2
    test "$verdict" = good || failed=1
    echo "$game: $verdict, distance $distance" >&2
    printf '%s"%s": {"verdict": "%s", "distance": %s, "bench": ' "$comma" "$game" "$verdict" "$distance"
    # shellcheck disable=SC2086
    "./$game" bench --device cuda --json $words 2>>"$out/bench.err" || printf null
    printf '}'
    comma=', '
  done <games
  printf '}}\n'
} >"$out/results.json"
echo "$out/results.json"
exit "$failed"
