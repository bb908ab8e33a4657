#!/usr/bin/env bash
# Writes the reference pages under docs/reference from what the command says about itself.
#   usage: generate-docs.sh path/to/apus
set -euo pipefail
apus=$(realpath "${1:?usage: generate-docs.sh path/to/apus}")
cd "$(dirname "$0")/../.."
mkdir -p docs/reference
for page in ops passes targets; do
  "$apus" "$page" > "docs/reference/$page.md.new"
  mv "docs/reference/$page.md.new" "docs/reference/$page.md"
done
