#!/usr/bin/env bash
# Compiles the digits network twice in separate processes and compares every byte.
#   usage: determinism.sh path/to/apus
set -euo pipefail
apus=$(realpath "${1:?usage: determinism.sh path/to/apus}")
model=$(realpath "$(dirname "$0")/../../Examples/digits/digits.onnx")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
for emit in c bytecode; do
  "$apus" compile "$model" -o "$folder/first/$emit" --emit "$emit" --dim N=1
  "$apus" compile "$model" -o "$folder/second/$emit" --emit "$emit" --dim N=1
done
diff -r "$folder/first" "$folder/second"
echo "determinism: $(find "$folder/first" -type f | wc -l) files are the same"
