#!/usr/bin/env bash
# Makes the environment (Python >= 3.10 and pip are enough) and runs linter, type checker and all
# tests, those against the real MMPose included. Arguments go to pytest: tests/run.sh -k one_euro
# Without arguments it also measures branch coverage, and fails below 95 % of any folder below.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/../tools/setup_env.sh"
cd "$REPO"

make_venv
EXTRAS=c3d,h5,smpl,cluster,docs,rerun,onnxruntime,openvino,fast,tests
if "$PY" -c 'import sys; sys.exit(sys.version_info >= (3, 12))'; then
    "$PY" tests/tools/make_placeholder_wheel.py chumpy 0.70.post0 "$VENV/placeholders" >/dev/null
    setup_env tests -e "$REPO[mmpose,$EXTRAS]" -r "$REPO/requirements/mmpose-cpu.txt" \
        --find-links "$VENV/placeholders"
else
    say 'no wheel of xtcocotools for this Python: tests against the real MMPose will be skipped;' \
        'they want Python 3.10 or 3.11 (PYTHON=python3.11 VENV=.venv311 tests/run.sh)'
    setup_env tests -e "$REPO[$EXTRAS]"
fi

# Estimators of the demos, without the OpenCV that they would put in place of ours.
if ! "$PY" -c 'import mediapipe, rtmlib' >/dev/null 2>&1; then
    "$PY" -m pip install -qq --no-deps -c requirements/constraints.txt \
        certifi flatbuffers mediapipe onnxruntime rtmlib
fi
# Its wheel has no model; without one two tests are skipped.
if ! "$PY" -c 'from smoothnet_plugin.integrations.estimators.mediapipe_model import model_place
raise SystemExit(not model_place().is_file())'; then
    "$PY" tools/mediapipe_model.py --download || say 'no model for MediaPipe'
fi

# tests/conftest.py sets this for the tests, and says why.
export OMP_NUM_THREADS=1 MPLBACKEND=Agg PYRIGHT_PYTHON_IGNORE_WARNINGS=1
export PATH="$VENV/bin:$PATH"

say 'ruff check'
ruff check .
say 'pyright'
pyright --pythonpath "$PY"
say 'pytest'
# A worker begins with the tests of its own half of the files, whose fixtures are made once.
workers=(-n auto --maxprocesses 4 --dist worksteal)
if (( $# )); then
    exec "$PY" -m pytest "${workers[@]}" "$@"
fi
"$PY" -m pytest "${workers[@]}" --cov --cov-report=
say 'branch coverage'
status=0
for part in processing tracking filters smoothers io evaluation/functional; do
    say "$part"
    "$PY" -m coverage report --include "*/smoothnet_plugin/$part/*" --fail-under 95 || status=$?
done
exit "$status"
