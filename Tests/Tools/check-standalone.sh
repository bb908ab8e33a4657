#!/usr/bin/env bash
# Runs the C example with a library that must need no Swift on the machine.
#   usage: check-standalone.sh folder/of/libapus-c.so
set -euo pipefail
folder=$(realpath "${1:?usage: check-standalone.sh folder/of/libapus-c.so}")
cd "$(dirname "$0")/../../Examples"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
if ldd "$folder/libapus-c.so" | grep -i -E 'swift|Foundation|not found'; then
  echo "the library needs what only a Swift toolchain has" >&2
  exit 1
fi
cc -std=c99 -I../Sources/CApusLibrary c-api/main.c -L"$folder" -lapus-c \
  -Wl,-rpath,"$folder" -o "$work/c-api"
env -i "$work/c-api" digits/digits.onnx "$work" > "$work/log" || { cat "$work/log"; exit 1; }
echo "standalone: works, $(stat -c %s "$folder/libapus-c.so") bytes"
