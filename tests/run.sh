#!/usr/bin/env bash
# Makes the environment (Python >= 3.10 and pip are enough) and runs linter, type checker and all
# tests, those against the real MMPose included. Arguments go to pytest: tests/run.sh -k one_euro
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/../tools/setup_env.sh"
cd "$REPO"

make_venv
"$PY" tests/tools/make_placeholder_wheel.py chumpy 0.70.post0 "$VENV/placeholders" >/dev/null
setup_env tests -e "$REPO[mmpose,c3d,tests]" -r "$REPO/requirements/mmpose-cpu.txt" \
    --find-links "$VENV/placeholders"

# One thread a process: results are the same on every machine, and workers do not crowd cores.
export OMP_NUM_THREADS=1 MPLBACKEND=Agg PYRIGHT_PYTHON_IGNORE_WARNINGS=1
export PATH="$VENV/bin:$PATH"

say 'ruff check'
ruff check .
say 'pyright'
pyright --pythonpath "$PY"
say 'pytest'
exec "$PY" -m pytest -n auto --maxprocesses 4 "$@"
