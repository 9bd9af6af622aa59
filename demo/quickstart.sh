#!/usr/bin/env bash
# Makes the environment (Python >= 3.10 and pip are enough), smooths the sample clip, prints what
# changed, and draws it before and after. Nothing is downloaded but the packages.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/../tools/setup_env.sh"
cd "$REPO"

setup_env runtime -e "$REPO"

input=demo/data/sports2d_mediapipe.json
out=outputs/quickstart
mkdir -p "$out"

say "smoothing $input (keypoints by MediaPipe, 30 fps; see demo/data/README.md)"
"$VENV/bin/smoothnet" smooth "$input" -o "$out/smoothed.json" --fps 30

say 'drawing it before and after'
"$PY" tools/visualize.py "$input" "$out/smoothed.json" -o "$out/side_by_side.mp4" --fps 30 \
    --skeleton coco

say 'done; look at'
printf '  %s\n' "$REPO/$out/smoothed.json" "$REPO/$out/side_by_side.mp4"
