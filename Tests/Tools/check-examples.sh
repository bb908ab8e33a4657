#!/usr/bin/env bash
# Checks the examples that need no compiled model: their C is clean and the data is intact.
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
  if [ -x "$apus" ]; then ci/check.sh "$apus"; break; fi
done
count=$(od -An -tu4 -j8 -N4 digits/test-images.bin | tr -d ' ')
test "$(stat -c %s digits/test-images.bin)" -eq $((20 + count * 65))
echo "examples: clean, $count images"
