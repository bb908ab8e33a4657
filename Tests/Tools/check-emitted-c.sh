#!/usr/bin/env bash
# Emitted C of models: clean under the warnings of gcc and clang, clean under sanitizers.
#
#   check-emitted-c.sh APUS MODEL.onnx[:DIM=SIZE,…] …
set -euo pipefail
apus=$1
shift
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
warnings=(-Wall -Wextra -Wconversion -Wshadow -Wvla -Werror)
failed=0
for item in "$@"; do
  model=${item%%:*}
  dims=()
  if [[ $item == *:* ]]; then
    for dim in $(tr ',' ' ' <<<"${item#*:}"); do dims+=(--dim "$dim"); done
  fi
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
    for compiler in gcc clang; do
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
    if ! "$work/out/run" 2> "$work/log"; then
      echo "FAIL $model $target sanitizers"
      head -12 "$work/log"
      failed=1
    fi
  done
  echo "checked $model"
done
exit $failed
