#!/usr/bin/env bash
# Compiles the digits network to C and to bytecode, builds show.c against both and runs it.
#   usage: run.sh path/to/apus      CC and CFLAGS are honoured.
set -euo pipefail

apus=$(realpath "${1:?usage: run.sh path/to/apus}")
cd "$(dirname "$0")"
cc=${CC:-cc}
read -ra flags <<< "${CFLAGS:--O3 -march=native}"
flags=(-std=gnu11 -Wall -Wextra -ffp-contract=off "${flags[@]}")
vm=../../Sources/CApusVM

mkdir -p build
"$apus" compile digits.onnx -o build --dim N=1 --weights embed
"$apus" compile digits.onnx -o build --dim N=1 --emit bytecode
"$cc" "${flags[@]}" -Ibuild -I. -c build/digits.c -o build/digits.o
for source in "$vm"/*.c; do
  "$cc" "${flags[@]}" -Wno-psabi -I"$vm/include" -c "$source" -o "build/$(basename "$source" .c).o"
done
"$cc" "${flags[@]}" -Ibuild -I. -I"$vm/include" \
  show.c compiled.c ../embed-vm/vm_classifier.c build/digits.o build/vm_*.o -lm -o build/show
build/show test-images.bin build/digits.apb
size build/digits.o | awk 'NR == 2 { printf "C object  %d bytes of code and constants\n", $1 + $2 }'
printf 'bytecode  %d bytes\n' "$(stat -c %s build/digits.apb)"
