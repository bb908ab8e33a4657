#!/usr/bin/env bash
# Times the digits network as a shared library against onnxruntime.
#   usage: run.sh path/to/apus
set -euo pipefail
apus=$(realpath "${1:?usage: run.sh path/to/apus}")
cd "$(dirname "$0")/../../.."
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"$apus" compile Examples/digits/digits.onnx -o "$folder" --emit so --dim N=1
.venv/bin/python Tests/Tools/bench/compare.py Examples/digits/digits.onnx "$folder/digits.so"
