#!/usr/bin/env bash
# Damaged bytecode under the address and undefined-behaviour sanitizers: refused, or runs clean.
#   usage: fuzz-vm.sh path/to/apus [ROUNDS per file]
set -euo pipefail
apus=$(realpath "${1:?usage: fuzz-vm.sh path/to/apus [ROUNDS]}")
rounds=${2:-20000}
cd "$(dirname "$0")/../.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for graph in Tests/Tools/fuzz/*.apir; do
  "$apus" compile "$graph" -o "$work/$(basename "$graph" .apir).apb" --emit bytecode
done
gcc -std=gnu11 -O1 -g -Wno-psabi -ffp-contract=off -fsanitize=address,undefined \
  -fno-sanitize-recover=all -ISources/CApusVM/include Tests/Tools/fuzz-vm.c \
  Sources/CApusVM/*.c -lm -o "$work/fuzz"
"$work/fuzz" "$rounds" "$work"/*.apb
