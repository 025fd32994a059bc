#!/bin/sh
# Compiles examples/ring.agon ahead of time, trains it, and shows what it learnt.
set -eu
build=$1
seed=${SEED:-0}
out=out/demo
mkdir -p out
echo "compiling examples/ring.agon"
"$build/bin/agonc" examples/ring.agon -o out/ring
echo "training out/ring (seed $seed)"
steps=$(sed -n 's|^// demo: --steps \([0-9]*\).*|\1|p' examples/ring.agon)
out/ring train --steps "${STEPS:-$steps}" --seed "$seed" --out "$out" --force
out/ring sample --from "$out" -n 2500 --seed 1 -o "$out/samples.png" --force
echo "picture of the samples over the true modes: $out/samples.png"
