#!/usr/bin/env bash
# Runs the operator cases of the ONNX backend suite, made by the onnx package of .venv.
#   usage: conformance.sh path/to/apus [more options of apus verify]
set -euo pipefail
apus=$(realpath "${1:?usage: conformance.sh path/to/apus}")
shift
root=$(realpath "$(dirname "$0")/../..")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"$root/.venv/bin/python" -W ignore "$root/Tests/Tools/write-node-cases.py" "$folder"
"$apus" verify "$folder" --jobs 2 "$@"
