#!/bin/sh
# fuzz.sh BUILD SECONDS [NAME...]: runs each fuzzer, or those of these names, from the inputs of test/fuzz/corpus. What
# they find, and the inputs that they have grown, lie in BUILD/fuzz.
set -u
build=$1
seconds=$2
shift 2
root=$(dirname "$0")/..
failed=""
test $# -gt 0 || set -- $(cd "$build/bin" && ls | sed -n 's/^agon_fuzz_//p')
for name in "$@"; do
  grown=$build/fuzz/$name
  mkdir -p "$grown"
  seeds=$root/test/fuzz/corpus/$name
  test "$name" = language && seeds="$root/examples $root/test/frontend/accepted"
  # An allocation that a header asks for and the file does not bear out is a mistake, too.
  if TMPDIR=/dev/shm "$build/bin/agon_fuzz_$name" -max_total_time="$seconds" -timeout=20 -rss_limit_mb=3000 \
    -malloc_limit_mb=1000 -max_len=65536 -verbosity=1 -artifact_prefix="$build/fuzz/$name-" "$grown" $seeds \
    > "$build/fuzz/$name.log" 2>&1; then
    echo "$name: $(sed -n 's/^Done \([0-9]*\) runs.*/\1/p' "$build/fuzz/$name.log") inputs, nothing found"
  else
    failed="$failed $name"
    echo "$name: $(grep -m 1 -E 'ERROR|runtime error|SUMMARY' "$build/fuzz/$name.log"); see $build/fuzz/$name.log"
  fi
done
test -z "$failed"
