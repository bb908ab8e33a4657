#!/usr/bin/env bash
# Writes the reference pages under docs/reference from what the command says about itself.
#   usage: generate-docs.sh path/to/apus
set -euo pipefail
apus=$(realpath "${1:?usage: generate-docs.sh path/to/apus}")
cd "$(dirname "$0")/../.."
mkdir -p docs/reference
write() {
  "$apus" "$2" > "docs/reference/$1.md.new"
  mv "docs/reference/$1.md.new" "docs/reference/$1.md"
}
for page in ops passes targets; do write "$page" "$page"; done
write diagnostics explain
