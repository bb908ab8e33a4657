#!/usr/bin/env bash
# Runs the emitted C of all operator cases of ONNX under the address and undefined-behaviour
# sanitizers, against the recorded outputs; fails when a listed case does not pass or a sanitizer
# finds anything.
#   usage: conformance-sanitized.sh path/to/apus [CASES [FLAG-OF-VERIFY…]]
set -euo pipefail
apus=$(realpath "${1:?usage: conformance-sanitized.sh path/to/apus}")
root=$(realpath "$(dirname "$0")/../..")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cases=${2:-$work/cases}
shift $(($# < 2 ? 1 : 2))
if [[ ! -d $cases ]]; then
  mkdir "$cases"
  "${PYTHON:-$root/.venv/bin/python}" -W ignore "$root/Tests/Tools/write-node-cases.py" "$cases"
fi

# The compiler's own memory is not what is tested.
cat > "$work/cc" << 'END'
#!/bin/sh
unset LD_PRELOAD
exec gcc "$@" -O1 -g1 -fsanitize=address,undefined -fsanitize-recover=all
END
chmod +x "$work/cc"
read -ra bounds < "$root/Tests/Conformance/node-flags.txt"
code=0
LD_PRELOAD=$(gcc -print-file-name=libasan.so) \
  ASAN_OPTIONS=detect_leaks=0:halt_on_error=0:log_path="$work/found" \
  "$apus" verify "$cases" --backend c --cc "$work/cc" --jobs "${JOBS:-2}" \
  "${bounds[@]}" --list "$root/Tests/Conformance/node-cases.txt" "$@" 2> "$work/found" \
  | (grep -vE '^(pass|skip|unlisted) ' || true) || code=1
# The one sanitizer writes to files, the other to standard error.
(cat "$work"/found* | head -100 || true) >&2
if grep -qE 'ERROR: AddressSanitizer|runtime error:' "$work"/found*; then
  echo "the sanitizers found something"
  code=1
fi
exit $code
