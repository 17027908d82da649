#!/bin/sh
# Records the matrix on this machine; see scripts/gpu/README.md. Needs Python 3.8 or later and nothing else.
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd) || exit 1
for folder in "$here" "$here/scripts/gpu"; do
  [ -f "$folder/capture.py" ] && capture="$folder/capture.py" && break
done
if [ -z "${capture:-}" ]; then
  echo "run.sh: capture.py is not beside this file: unpack the archive again." >&2
  exit 3
fi
if ! command -v "${PYTHON:-python3}" >/dev/null 2>&1; then
  echo "run.sh: python3 was not found: install Python 3, or name it in PYTHON." >&2
  exit 3
fi
exec "${PYTHON:-python3}" -B "$capture" "$@"
