#!/usr/bin/env bash
# Runs the suites of the onnx package of .venv, and cases that its onnxruntime answers, on both back
# ends; fails when a listed case does not pass. Then writes docs/reference/operators.md.
#   usage: conformance.sh path/to/apus
set -euo pipefail
apus=$(realpath "${1:?usage: conformance.sh path/to/apus}")
root=$(realpath "$(dirname "$0")/../..")
python=("${PYTHON:-$root/.venv/bin/python}" -W ignore)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
mkdir -p "$folder"/{node,other,results}
"${python[@]}" "$root/Tests/Tools/write-node-cases.py" "$folder/node"
"${python[@]}" "$root/Tests/Tools/write-runtime-cases.py" "$folder/other/onnxruntime"
data=$("${python[@]}" -c 'import onnx.backend.test as t; print(t.__path__[0])')/data
for suite in simple pytorch-converted pytorch-operator; do
  ln -s "$data/$suite" "$folder/other/$suite"
done
# Sizes that operands tell have no bounds but those that the user gives.
read -ra bounds < "$root/Tests/Conformance/node-flags.txt"
code=0
for suite in node other; do
  for backend in bytecode c; do
    "$apus" verify "$folder/$suite" --backend $backend --jobs 2 "${bounds[@]}" --json \
      --list "$root/Tests/Conformance/$suite-cases.txt" \
      > "$folder/results/$suite.$backend.json" || code=1
  done
done
"$apus" ops | "${python[@]}" "$root/Tests/Tools/write-operators.py" "$folder" \
  > "$folder/operators.md"
mv "$folder/operators.md" "$root/docs/reference/operators.md"
exit $code
