#!/usr/bin/env bash
# Runs variants of the operator cases of ONNX in the interpreter: inputs as constants, and the leading
# extent of all inputs or of the first as a symbol with bounds; fails when a listed one does not pass.
#   usage: conformance-variants.sh path/to/apus
set -euo pipefail
apus=$(realpath "${1:?usage: conformance-variants.sh path/to/apus}")
root=$(realpath "$(dirname "$0")/../..")
python=("${PYTHON:-$root/.venv/bin/python}" -W ignore)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
mkdir "$folder"/{node,constants,symbolic,batch}
"${python[@]}" "$root/Tests/Tools/write-node-cases.py" "$folder/node"
code=0
for kind in constants symbolic batch; do
  "${python[@]}" "$root/Tests/Tools/write-variants.py" $kind "$folder/node" "$folder/$kind"
  "$apus" verify "$folder/$kind" --backend bytecode --jobs 2 --dim "N=1..$([[ $kind == batch ]] && echo 64 || echo 16384)" \
    --list "$root/Tests/Conformance/$kind-cases.txt" \
    | (grep -vE '^(pass|skip|unlisted) ' || true) || code=1
done
exit $code
