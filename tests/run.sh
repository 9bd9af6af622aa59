#!/usr/bin/env bash
# Makes the environment (Python >= 3.10 and pip are enough) and runs linter, type checker and all
# tests, those against the real MMPose included. Arguments go to pytest: tests/run.sh -k one_euro
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/../tools/setup_env.sh"
cd "$REPO"

make_venv
if "$PY" -c 'import sys; sys.exit(sys.version_info >= (3, 12))'; then
    "$PY" tests/tools/make_placeholder_wheel.py chumpy 0.70.post0 "$VENV/placeholders" >/dev/null
    setup_env tests -e "$REPO[mmpose,c3d,smpl,tests]" -r "$REPO/requirements/mmpose-cpu.txt" \
        --find-links "$VENV/placeholders"
else
    say 'no wheel of xtcocotools for this Python: tests against the real MMPose will be skipped;' \
        'they want Python 3.10 or 3.11 (PYTHON=python3.11 VENV=.venv311 tests/run.sh)'
    setup_env tests -e "$REPO[c3d,smpl,tests]"
fi

# One thread a process: results are the same on every machine, and workers do not crowd cores.
export OMP_NUM_THREADS=1 MPLBACKEND=Agg PYRIGHT_PYTHON_IGNORE_WARNINGS=1
export PATH="$VENV/bin:$PATH"

say 'ruff check'
ruff check .
say 'pyright'
pyright --pythonpath "$PY"
say 'pytest'
exec "$PY" -m pytest -n auto --maxprocesses 4 "$@"
