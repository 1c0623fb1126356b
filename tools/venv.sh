#!/usr/bin/env bash
# tools/venv.sh [EXTRAS]: make or refresh .venv: this project, editable, with EXTRAS (default: dev) and the versions of constraints.txt.
#
# Which Python: $PYTHON, else python3.11, else python3. Quick where uv can be installed, else the same with pip.
# Which torch:  the build in $PIP_FIND_LINKS if that folder holds one, else the CPU build (UV_TORCH_BACKEND=auto for another).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

extras=${1:-dev}
started=$SECONDS
python=.venv/bin/python

pick_python() {
  local candidate found="" candidates=(python3.11 python3)
  [ -z "${PYTHON:-}" ] || candidates=("$PYTHON")
  for candidate in "${candidates[@]}"; do
    "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo "$candidate"; return; }
    found=${found:-$("$candidate" --version 2>/dev/null || true)}
  done
  echo "proactive-gym needs Python 3.11 or newer, found ${found:-none}; name one: make PYTHON=/path/to/python3.11 …" >&2
  return 1
}

install_with_uv() {
  "$python" -m pip install -qq --no-compile --disable-pip-version-check uv || return
  local install=("$python" -m uv pip install --quiet --python "$python" --constraint constraints.txt --editable ".[$extras]")
  if [ -n "${PIP_FIND_LINKS:-}" ] && compgen -G "$PIP_FIND_LINKS/torch-*" >/dev/null; then
    UV_FIND_LINKS=$PIP_FIND_LINKS "${install[@]}"
  else
    UV_TORCH_BACKEND=${UV_TORCH_BACKEND:-cpu} "${install[@]}" || "${install[@]}"
  fi
}

install_with_pip() {
  echo "uv did not do it, going on with pip (slower)" >&2
  "$python" -m pip install -qq --no-compile --disable-pip-version-check --constraint constraints.txt --editable ".[$extras]"
}

if ! "$python" -c 'import sys, pip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
  base=$(pick_python)
  echo "Making .venv with $("$base" --version) …"
  "$base" -m venv --clear .venv
fi
echo "Installing proactive-gym[$extras] into .venv …"
install_with_uv || install_with_pip
echo "… done in $((SECONDS - started)) s"
