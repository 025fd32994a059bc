#!/bin/sh
# lint.sh [--build DIR] [--base REVISION] [FILE.cpp | FOLDER]...: runs clang-tidy, as .clang-tidy says, on the files and
# on all .cpp files of the folders; without any, on what differs from REVISION (HEAD~1), where of more than 20 changed
# files the 20 with the most changed lines are judged. A header is judged with the .cpp beside it, or by itself.
# Exit code 2: something is missing that the linter needs.
set -eu
cd "$(dirname "$0")/.."
build=build base= most=20
while [ $# -gt 0 ]; do
  case $1 in
  --build) build=$2; shift 2 ;;
  --base) base=$2; shift 2 ;;
  -*) echo "lint: unknown option $1; there are --build DIR and --base REVISION" >&2; exit 64 ;;
  *) break ;;
  esac
done
missing() {
  echo "lint: $1" >&2
  exit 2
}
command -v clang-tidy-22 >/dev/null || missing "clang-tidy-22 is missing; scripts/setup.sh installs it"
[ -f "$build/compile_commands.json" ] || missing "$build has no compile_commands.json; make build writes it"
list=$build/lint/files
mkdir -p "$build/lint"

if [ $# -gt 0 ]; then
  for each in "$@"; do
    [ -e "$each" ] || { echo "lint: there is no $each" >&2; exit 64; }
  done
  find "$@" -name '*.cpp' -type f | sort > "$list"
else
  base=${base:-HEAD~1}
  git rev-parse --quiet --verify "$base^{commit}" >/dev/null 2>&1 ||
    missing "no revision $base to compare with; name another with --base, or files"
  git diff --numstat --no-renames --diff-filter=d "$base" -- '*.cpp' '*.h' | while read -r added removed file; do
    [ "$file" = "${file%.h}" ] || [ ! -f "${file%.h}.cpp" ] || file=${file%.h}.cpp
    echo "$((added + removed)) $file"
  done | sort -rn | awk '!seen[$2]++ {print $2}' > "$list.all"
  head -n $most "$list.all" > "$list"
  left=$(($(wc -l < "$list.all") - $(wc -l < "$list")))
  [ $left -le 0 ] || echo "note: the linter leaves out the $left changed files with the fewest changed lines"
fi
[ -s "$list" ] || { echo "lint: no C++ is changed"; exit 0; }

# The build's commands, for Clang: its precompiled header is GCC's, and what is generated is not ours to judge. The
# fuzzers, which have a build of their own, are judged as the runtime's tests are.
python3 - "$build" "$PWD" << 'EOF'
import glob, json, os, re, sys
build, root = os.path.abspath(sys.argv[1]), sys.argv[2]
with open(f"{build}/compile_commands.json") as file:
    commands = json.load(file)
for each in commands:
    command = each["command"].replace(f"-I{build} ", f"-isystem {build} ")
    each["command"] = re.sub(r"-Winvalid-pch -include \S+", f"-include {root}/dialects/agon/Precompiled.h", command)
test = f"{root}/test/unit/runtime/DataTest.cpp"
for file in glob.glob(f"{root}/test/fuzz/*.cpp"):
    commands += [{**each, "file": file, "command": each["command"].replace(test, file)}
                 for each in commands if each["file"] == test]
with open(f"{build}/lint/compile_commands.json", "w") as file:
    json.dump(commands, file)
EOF
echo "lint: $(wc -l < "$list") files"
xargs -n 1 -P "$(nproc)" clang-tidy-22 --quiet -p "$build/lint" < "$list"
