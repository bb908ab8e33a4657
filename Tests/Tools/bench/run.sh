#!/usr/bin/env bash
# Times the generated C and the bytecode against onnxruntime; fails below the thresholds.
#   usage: run.sh path/to/apus [options of compare.py]
set -euo pipefail
apus=$(realpath "${1:?usage: run.sh path/to/apus}")
shift
cd "$(dirname "$0")/../../.."
.venv/bin/python Tests/Tools/bench/compare.py "$apus" .cache/bench --require "$@"
