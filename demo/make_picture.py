"""Draw the picture of the README from the sample: skeletons and accelerations, raw and smoothed.

    python demo/make_picture.py
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from smoothnet_plugin import PoseTracks, load, smooth
from smoothnet_plugin.structures import PoseSequence
from smoothnet_plugin.visualization.painter import draw_pose
from smoothnet_plugin.visualization.palette import BACKGROUND
from smoothnet_plugin.visualization.series import acceleration

REPO = Path(__file__).resolve().parent.parent
PERSON, FRAMES = 4, range(119, 146, 2)
#: Pixels of a frame's cell; people are about 350 pixels tall.
WIDTH, HEIGHT, FEET = 205, 440, 410
COLORS = {'raw': '#e1691e', 'smoothed': '#1473be'}


def draw_skeletons(axis: Axes, tracks: PoseTracks, places: PoseSequence, title: str) -> None:
    """Draw some frames side by side, each moved to where ``places`` has its person."""
    sequence = tracks[PERSON]
    image = np.full((HEIGHT, WIDTH * len(FRAMES), 3), BACKGROUND, dtype=np.uint8)
    for number, frame in enumerate(FRAMES):
        place = places.coords[places.frame_ids == frame][0]
        corner = np.array([place[:, 0].mean() - WIDTH * (number + 0.5), place[:, 1].max() - FEET])
        for pose in sequence.coords[sequence.frame_ids == frame]:
            draw_pose(image, pose - corner, skeleton=sequence.skeleton)
    axis.imshow(image[..., ::-1])
    axis.set_title(title, loc='left', fontsize=11)
    axis.set_axis_off()


def main() -> None:
    """Write ``docs/images/sample.png``."""
    raw = load(REPO / 'demo/data/sports2d_mediapipe.json', fps=30, skeleton='coco')
    smoothed = smooth(raw)
    figure = Figure(figsize=(9.6, 5.9), layout='constrained')
    axes = figure.subplot_mosaic([['raw'], ['smoothed'], ['curve']],
                                 height_ratios=[1, 1, 0.9])
    titles = {'raw': "raw: MediaPipe's output, every second frame",
              'smoothed': 'smoothed: the same frames'}
    for name, tracks in (('raw', raw), ('smoothed', smoothed)):
        draw_skeletons(axes[name], tracks, smoothed[PERSON], titles[name])
        alone = tracks.replace(tracks={PERSON: tracks[PERSON]}, frame_ids=None)
        axes['curve'].plot(alone.frame_ids / 30, acceleration(alone), color=COLORS[name],
                           linewidth=1.3, label=name)
    axes['curve'].set(yscale='log', xlabel='time (s)', ylabel='acceleration (px/frame²)')
    axes['curve'].set_title('mean over the keypoints', loc='left', fontsize=11)
    axes['curve'].axvspan(FRAMES[0] / 30, FRAMES[-1] / 30, color='0.93', label='frames above')
    axes['curve'].grid(True, color='0.88', linewidth=0.6)
    axes['curve'].spines[['top', 'right']].set_visible(False)
    axes['curve'].legend(frameon=False, ncols=3, loc='lower right', bbox_to_anchor=(1, 1))
    out = REPO / 'docs/images/sample.png'
    out.parent.mkdir(exist_ok=True)
    figure.savefig(out, dpi=110)
    print(f'wrote {out}')


if __name__ == '__main__':
    main()
