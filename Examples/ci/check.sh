#!/usr/bin/env bash
# Tries hook, comparison and textconv in a temporary repository.
#   usage: check.sh path/to/apus
set -euo pipefail
APUS=$(realpath "${1:?usage: check.sh path/to/apus}")
export APUS GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
git init -q .
git config user.name example
git config user.email example@example.com
git config diff.apus.textconv "$APUS snapshot"
echo '*.onnx diff=apus' > .gitattributes
cp "$here/compare.sh" .
cp "$here/pre-commit" .git/hooks/pre-commit
cp "$here/../digits/digits.onnx" model.onnx
git add .
git commit -q --no-verify -m base
# One byte of a weight changes: the hook refuses, textconv shows a digest, the gate can let it pass.
offset=$(($(stat -c %s model.onnx) / 2))
byte=$(od -An -tu1 -j "$offset" -N1 model.onnx | tr -d ' ')
printf "\\$(printf %o $((byte ^ 1)))" | dd of=model.onnx bs=1 seek="$offset" conv=notrunc status=none
git diff | grep -q '^+%.*#'
git add model.onnx
if git commit -q -m changed > log 2>&1; then echo "the hook let a change pass"; exit 1; fi
grep -q 'gate: failed, weight' log
code=0
./compare.sh HEAD > log || code=$?
test "$code" -eq 1
./compare.sh HEAD --fail-on topology --html diff.html > log
grep -q '</html>' diff.html
echo "ci kit: works"
