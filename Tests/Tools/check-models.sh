#!/usr/bin/env bash
# Verifies real models against their recorded outputs where the folder with them is at hand.
#   usage: check-models.sh path/to/apus
set -euo pipefail
apus=$(realpath "${1:?usage: check-models.sh path/to/apus}")
cd "$(dirname "$0")/../.."
models=../shared/models
if [[ ! -d $models ]]; then
  echo "models: skipped, no folder $models"
  exit 0
fi
"$apus" verify "$models" --jobs 2 --list Tests/Conformance/models.txt | tail -1
"$apus" verify "$models/mlperf_ic_fp16" --atol 2e-2 | tail -1
# Integers: the recorded outputs come from floats between the codes, and softmax spreads the last bit.
"$apus" verify "$models/mlperf_ic_int8" --atol 30 | tail -1
"$apus" verify "$models/mobilenet_v2_int8" --atol 16 | tail -1
