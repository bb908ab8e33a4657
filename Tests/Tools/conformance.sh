#!/usr/bin/env bash
# Runs the ONNX backend suite that comes with the onnx package of .venv.
#   usage: conformance.sh path/to/apus [more options of apus verify]
set -euo pipefail
apus=$(realpath "${1:?usage: conformance.sh path/to/apus}")
shift
root=$(dirname "$0")/../..
onnx=$("$root/.venv/bin/python" -c 'import onnx, os; print(os.path.dirname(onnx.__file__))')
"$apus" verify "$onnx/backend/test/data/node" --jobs 2 "$@"
