#!/usr/bin/env bash
# Creates the environment (Python >= 3.10 and pip are enough), smooths the sample clip, prints a
# report, draws raw and smoothed poses on its video, and writes a page with curves of every joint.
# Only the packages are downloaded.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/../tools/setup_env.sh"
cd "$REPO"

setup_env runtime -e "$REPO"

input=demo/data/sports2d_mediapipe.json
out=outputs/quickstart
mkdir -p "$out"

say "smoothing $input (keypoints by MediaPipe, 30 fps; see demo/data/README.md)"
"$VENV/bin/smoothnet" smooth "$input" -o "$out/smoothed.json" --fps 30 --track-ids

say 'drawing raw and smoothed poses on its video'
"$PY" demo/video_demo.py demo/data/sports2d.mp4 --poses "$input" --poses-size 1768 994 \
    --skeleton coco --quiet --height 480 -o "$out/side_by_side.mp4"

say 'writing a page with a player and curves of every joint'
"$VENV/bin/smoothnet" view "$input" "$out/smoothed.json" --fps 30 --skeleton coco \
    --video demo/data/sports2d.mp4 --image-size 1768 994 -o "$out/page.html"

results=("$out/smoothed.json" "$out/side_by_side.mp4" "$out/page.html")

say 'done; results:'
printf '  %s\n' "${results[@]/#/$REPO/}"
