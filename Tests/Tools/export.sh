#!/usr/bin/env bash
# Exports the cases of the ONNX backend suite, and real models where they are at hand, and runs them
# elsewhere; see export-cases.py.
#   usage: export.sh path/to/apus
set -euo pipefail
apus=$(realpath "${1:?usage: export.sh path/to/apus}")
cd "$(dirname "$0")/../.."
python=.venv/bin/python
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"$python" -W ignore Tests/Tools/write-node-cases.py "$folder"
"$python" Tests/Tools/export-cases.py "$apus" "$folder" \
  --list Tests/Conformance/node-cases.txt --known Tests/Conformance/export-known.txt
models=../shared/models
if [[ -d $models ]]; then
  "$python" Tests/Tools/export-cases.py "$apus" "$models" --atol 1e-3 \
    --known Tests/Conformance/export-known.txt
fi
