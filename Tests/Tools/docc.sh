#!/usr/bin/env bash
# Builds the DocC archives of the libraries; a warning of DocC is an error.
#   usage: docc.sh [OUT]
set -euo pipefail
cd "$(dirname "$0")/../.."
out=${1:-.build/docc}
docc=$(dirname "$(command -v swift)")/docc
[ -x "$docc" ] || docc=$(command -v docc)
swift package dump-symbol-graph --minimum-access-level public > /dev/null
graphs=$(dirname "$(find .build -name ApusIR.symbols.json -path '*symbolgraph*' | head -1)")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$out"
for catalog in Sources/*/*.docc; do
  module=$(basename "$catalog" .docc)
  mkdir "$work/$module"
  cp "$graphs/$module".symbols.json "$graphs/$module"@*.symbols.json "$work/$module" 2> /dev/null \
    || true
  rm -rf "${out:?}/$module.doccarchive"
  "$docc" convert "$catalog" --additional-symbol-graph-dir "$work/$module" \
    --fallback-display-name "$module" --fallback-bundle-identifier "org.apus.$module" \
    --warnings-as-errors --output-path "$out/$module.doccarchive"
done
