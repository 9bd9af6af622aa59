"""Draw the moving picture of the README: the sample on its video, raw and smoothed, at half speed.

    python demo/make_picture.py
"""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
from PIL import Image

from smoothnet_plugin import load, smooth
from smoothnet_plugin.visualization.footage import FootageStyle, draw_footage
from smoothnet_plugin.visualization.video import frame_times

REPO = Path(__file__).resolve().parent.parent
VIDEO, OUT = REPO / 'demo/data/sports2d.mp4', REPO / 'docs/images/sample.webp'
PERSON, FRAMES = 4, range(100, 166)
#: Size of the pictures that MediaPipe saw.
POSE_SIZE = (1768, 994)
_MILLISECONDS = 67


def main() -> None:
    """Write ``docs/images/sample.webp``."""
    raw = load(REPO / 'demo/data/sports2d_mediapipe.json', fps=30, skeleton='coco')
    before, after = (tracks.replace(tracks={PERSON: tracks[PERSON]}, image_size=POSE_SIZE)
                     for tracks in (raw, smooth(raw)))
    drawn = draw_footage(before, after, VIDEO, frame_times(VIDEO),
                         FootageStyle(height=430, trail=0.4))
    pictures = [Image.fromarray(np.ascontiguousarray(picture[..., ::-1]))
                for _, picture in itertools.islice(drawn, FRAMES.start, FRAMES.stop)]
    # About a tenth of the size of a GIF.
    pictures[0].save(OUT, save_all=True, append_images=pictures[1:], duration=_MILLISECONDS,
                     loop=0, quality=46, method=5)
    print(f'wrote {OUT} ({OUT.stat().st_size / 1e6:.2f} MB)')


if __name__ == '__main__':
    main()
