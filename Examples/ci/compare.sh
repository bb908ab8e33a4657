#!/usr/bin/env bash
# Compares each .onnx file that differs from a commit with its version there.
#   usage: compare.sh [--cached] COMMIT [options of apus diff]
# Exits with the largest exit code of apus diff. APUS names the command.
set -euo pipefail
cached=
if [ "${1:-}" = --cached ]; then cached=--cached; shift; fi
base=${1:?usage: compare.sh [--cached] COMMIT [options of apus diff]}
shift
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
git diff $cached --name-only --diff-filter=M -z "$base" -- '*.onnx' > "$work/names"
worst=0
while IFS= read -r -d '' model; do
  git show "$base:$model" > "$work/old.onnx"
  if [ -n "$cached" ]; then git show ":$model" > "$work/new.onnx"; else cp "$model" "$work/new.onnx"; fi
  echo "$model"
  code=0
  "${APUS:-apus}" diff "$work/old.onnx" "$work/new.onnx" "$@" || code=$?
  if [ "$code" -gt "$worst" ]; then worst=$code; fi
done < "$work/names"
exit "$worst"
