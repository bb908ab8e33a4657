#!/usr/bin/env bash
# Times the generated C and the bytecode against onnxruntime and OpenVINO, and checks the outputs.
#   usage: run.sh path/to/apus [options]
set -euo pipefail
apus=$(realpath "${1:?usage: run.sh path/to/apus}")
shift
cd "$(dirname "$0")/../../.."
.venv/bin/python Tests/Tools/bench "$apus" .cache/bench "$@"
