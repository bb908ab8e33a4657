#!/usr/bin/env bash
# Emitted C of models: clean under the warnings of gcc and clang, clean under sanitizers, and no
# deeper on the stack than the header says.
#
#   check-emitted-c.sh APUS MODEL.onnx[:DIM=SIZE,…[:NUMBER]] …
#
# NUMBER is what inputs of i64 hold, where not all numbers will do.
set -euo pipefail
apus=$1
shift
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
warnings=(-Wall -Wextra -Wconversion -Wshadow -Wvla -Werror)
failed=0

# The stack of a call in bytes: NAME_invoke, NAME_run and the kernel that takes most.
stack_depth() {
  awk -F'\t' '{ n = split($1, part, ":"); name = part[n] }
    name ~ /^model_(invoke|run)/ { sum += $2; next }
    $2 > most { most = $2 }
    END { print sum + most }' "$1"
}

for item in "$@"; do
  tightest=0
  IFS=: read -r model sizes number <<<"$item"
  dims=()
  for dim in $(tr ',' ' ' <<<"$sizes"); do dims+=(--dim "$dim"); done
  for target in native c99; do
    rm -rf "$work/out"
    "$apus" compile "$model" -o "$work/out" --name model --target "$target" "${dims[@]}"
    flags=(-march=native)
    standard=gnu11
    [[ $target == c99 ]] && flags=(-Wpedantic) && standard=c99
    extra=()
    if [[ -f $work/out/model_weights.S ]]; then
      gcc -c -Wa,-I,"$work/out" "$work/out/model_weights.S" -o "$work/out/weights.o"
      extra=("$work/out/weights.o")
    fi
    bound=$(awk '/_STACK_BYTES/ { print $3 }' "$work/out/model.h")
    for compiler in gcc clang; do
      for level in 1 2 3; do
        "$compiler" -w -std=$standard -O$level "${flags[@]:0:1}" -fstack-usage \
          -c "$work/out/model.c" -o "$work/out/stack.o"
        depth=$(stack_depth "$work/out/stack.su")
        if ((depth > bound)); then
          echo "FAIL $model $target $compiler -O$level takes $depth bytes of stack, not $bound"
          failed=1
        fi
        tightest=$((depth * 100 / bound > tightest ? depth * 100 / bound : tightest))
      done
      if ! "$compiler" -std=$standard -O1 "${flags[@]}" "${warnings[@]}" -c "$work/out/model.c" \
        -o "$work/out/$compiler.o" 2> "$work/log"; then
        echo "FAIL $model $target $compiler warnings"
        head -5 "$work/log"
        failed=1
      fi
    done
    gcc -std=gnu11 -O1 -g -march=native -fsanitize=address,undefined \
      -fno-sanitize-recover=all -DMODEL=model '-DMODEL_HEADER="model.h"' -I "$work/out" \
      "$here/harness.c" "$work/out/model.c" "${extra[@]}" -lm -o "$work/out/run"
    if ! "$work/out/run" ${number:+"$number"} 2> "$work/log"; then
      echo "FAIL $model $target sanitizers"
      head -12 "$work/log"
      failed=1
    fi
  done
  echo "checked $model (at most $tightest % of the stack bound)"
done
exit $failed
