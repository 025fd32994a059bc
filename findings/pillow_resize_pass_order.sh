#!/bin/sh
# Pillow 13.0.0: resizing gives other bytes than 12.3.0 where a picture shrinks more along its columns than its rows.
#
# One would expect the same picture, filter and box to give the same bytes in all versions: benchmarks of generators
# fix the filter ("PIL bicubic", Parmar et al. 2022) and no version. What happens: up to 12.3.0 rows come first, then
# columns, with a rounding to bytes between; 13.0.0 takes the other order where columns shrink more, and single
# bytes come out one more or less. Sets of pictures scaled by the two differ.
# Agon takes rows first (runtime/data/Resample.cpp, test/unit/runtime/DataPictureTest.cpp), whatever is installed.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cat > "$work/resize.py" <<'PYTHON'
import PIL
from PIL import Image

picture = Image.frombytes("L", (3, 11), bytes((i * i * 7 + i * 37 + 11) % 256 for i in range(33)))
print(PIL.__version__, list(picture.resize((2, 3), Image.Resampling.BICUBIC, box=(0, 3.25, 3, 7.75)).tobytes()))
PYTHON
for version in 12.3.0 13.0.0; do
  python3 -m venv "$work/$version"
  "$work/$version/bin/pip" install --quiet "pillow==$version"
  "$work/$version/bin/python" "$work/resize.py" | tee "$work/$version.line"
done
if [ "$(cut -d ' ' -f 2- "$work/12.3.0.line")" = "$(cut -d ' ' -f 2- "$work/13.0.0.line")" ]; then
  echo "this has changed" >&2
  exit 1
fi
