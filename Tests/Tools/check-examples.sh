#!/usr/bin/env bash
# Builds and runs the examples.
set -euo pipefail
cd "$(dirname "$0")/../../Examples"
for cc in gcc clang; do
  command -v "$cc" > /dev/null || continue
  for file in digits/show.c embed-vm/vm_classifier.c embed-vm/main.c; do
    "$cc" -std=gnu11 -Wall -Wextra -Wconversion -Werror -I../Sources/CApusVM/include \
      -fsyntax-only "$file"
  done
done
for apus in ../.build/release/apus ../.build/debug/apus; do
  if [ -x "$apus" ]; then break; fi
done
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python=python3
for candidate in ../.venv/bin/python "${PYTHON:-}"; do
  if [ -x "$candidate" ]; then python=$candidate; fi
done

ci/check.sh "$apus"
digits/run.sh "$apus" | tail -5
cc -O2 -I../Sources/CApusVM/include embed-vm/main.c digits/build/vm_*.o -lm -o "$work/embed-vm"
"$work/embed-vm" digits/build/digits.apb | grep -q '^probabilities: '
"$apus" compile digits/digits.onnx --dim N=1..64 --emit so -o "$work/digits.so"
"$python" ctypes/test.py "$work/digits.so"

# Without its old plan SwiftPM sees files that are new in the package below.
rm -f embed-ir/.build/*.yaml
swift build --package-path embed-ir
"$(swift build --package-path embed-ir --show-bin-path)/EmbedIR" digits/digits.onnx "$work" \
  > "$work/embed-ir.txt" || { cat "$work/embed-ir.txt"; exit 1; }

swift build --package-path .. --product apus-c
libraries=$(swift build --package-path .. --show-bin-path)
for cc in gcc clang; do
  command -v "$cc" > /dev/null || continue
  "$cc" -std=c99 -pedantic -Wall -Wextra -Wconversion -Werror -I../Sources/CApusLibrary \
    c-api/main.c -L"$libraries" -lapus-c -Wl,-rpath,"$libraries" -o "$work/c-api"
  "$work/c-api" digits/digits.onnx "$work" > "$work/c-api.txt" || { cat "$work/c-api.txt"; exit 1; }
done

export APUS_LIBRARY="$libraries/libapus-c.so"
"$python" python/test.py
"$python" ../Tests/Tools/check-snippets.py "$apus" "$libraries/Modules"

count=$(od -An -tu4 -j8 -N4 digits/test-images.bin | tr -d ' ')
test "$(stat -c %s digits/test-images.bin)" -eq $((20 + count * 65))
echo "examples: clean, $count images"
