#!/usr/bin/env bash
# Runs the operator cases of ONNX in the interpreter, where Python has the onnx package; the cases
# stay in .cache for the next run. Needs no network and a minute.
#   usage: conformance-bytecode.sh path/to/apus
set -euo pipefail
apus=$(realpath "${1:?usage: conformance-bytecode.sh path/to/apus}")
cd "$(dirname "$0")/../.."
python=$([[ -x .venv/bin/python ]] && echo .venv/bin/python || echo python3)
wanted=$(sed -n 's/^onnx==//p' Tests/Tools/requirements.txt)
found=$("$python" -c 'import onnx; print(onnx.__version__)' 2> /dev/null || true)
if [[ $found != "$wanted" ]]; then
  echo "conformance-bytecode: skipped, Python has no onnx $wanted (make venv)"
  exit 0
fi
cases=.cache/node-cases-$wanted
if [[ ! -d $cases ]]; then
  work=$(mktemp -d -p "$(mkdir -p .cache && echo .cache)")
  trap 'rm -rf "$work"' EXIT
  "$python" -W ignore Tests/Tools/write-node-cases.py "$work"
  mv -T "$work" "$cases"
fi
read -ra bounds < Tests/Conformance/node-flags.txt
"$apus" verify "$cases" --backend bytecode --jobs 2 "${bounds[@]}" \
  --list Tests/Conformance/node-cases.txt | (grep -vE '^(pass|skip|unlisted) ' || true)
