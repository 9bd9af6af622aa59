# Makes or reuses the virtual environment of tests/run.sh and demo/quickstart.sh; sourced by both.
# Needs Python >= 3.10 with pip. PYTHON names the interpreter (default: the first python3 that is
# new enough), VENV the environment's folder (default: .venv in the repository).

REPO="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
VENV="${VENV:-$REPO/.venv}"
PY="$VENV/bin/python"
export PIP_DISABLE_PIP_VERSION_CHECK=1

say() { printf '[%s] %s\n' "$(date +%H:%M:%S)" "$*"; }

die() {
    printf 'error: %s\n' "$*" >&2
    exit 1
}

find_python() {
    local candidate
    for candidate in ${PYTHON:-python3 python3.11 python3.12 python3.10 python}; do
        if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 10))' 2>/dev/null; then
            printf '%s' "$candidate"
            return
        fi
    done
    die "no Python >= 3.10 among: ${PYTHON:-python3 python3.11 python3.12 python3.10 python};" \
        'install one, or name it: PYTHON=/path/to/python3.11'
}

make_venv() {
    if "$PY" -m pip --version >/dev/null 2>&1; then return; fi
    local python
    python="$(find_python)"
    say "making $VENV with $("$python" --version)"
    # Debian ships Python without ensurepip: then pip installs itself into the environment.
    "$python" -m venv --clear "$VENV" >/dev/null 2>&1 || {
        "$python" -m venv --clear --without-pip "$VENV"
        "$python" -m pip --python "$PY" install -qq pip
    }
}

# Hash of all that an installed layer depends on.
fingerprint() {
    "$PY" - "$REPO" "$@" <<'PYTHON_CODE'
import hashlib
import pathlib
import sys

repo = pathlib.Path(sys.argv[1])
digest = hashlib.sha256(repr((sys.version, sys.argv[1:])).encode())
names = ('setup.py', 'setup.cfg', 'pyproject.toml', 'smoothnet_plugin/version.py')
for path in sorted([*(repo / 'requirements').glob('*.txt'), *(repo / name for name in names)]):
    digest.update(path.read_bytes())
print(digest.hexdigest())
PYTHON_CODE
}

# setup_env LAYER [PIP ARGUMENT...]: install with the arguments unless LAYER is there already.
setup_env() {
    local layer="$1" stamp="$VENV/.installed-$1" wanted started=$SECONDS
    shift
    make_venv
    wanted="$(fingerprint "$@")"
    if [[ -f "$stamp" && "$(cat "$stamp")" == "$wanted" ]]; then
        say "environment $VENV ($layer) is up to date"
        return
    fi
    say "installing the $layer requirements into $VENV (a few minutes the first time)"
    # Python compiles what is imported, a small part of all.
    "$PY" -m pip install -qq --no-compile -c "$REPO/requirements/constraints.txt" "$@"
    # opencv-python wants libGL, which bare machines lack; the headless build has the same cv2.
    if ! "$PY" -c 'import cv2' 2>/dev/null; then
        say 'cv2 lacks a system library here: putting the headless build in its place'
        "$PY" -m pip install -qq --no-deps --force-reinstall \
            -c "$REPO/requirements/constraints.txt" opencv-python-headless
        "$PY" -c 'import cv2'
    fi
    # tests/run.sh leaves out what mediapipe and rtmlib want for cameras and in place of our OpenCV.
    local known='^(mediapipe|rtmlib) .* requires (opencv-contrib-python|sounddevice),'
    local faults
    faults="$("$PY" -m pip check | grep -vE "^No broken|$known" || true)"
    [[ -z "$faults" ]] || { printf '%s\n' "$faults" >&2; die 'packages disagree'; }
    printf '%s\n' "$wanted" >"$stamp"
    say "environment ready after $((SECONDS - started)) s"
}
