"""Add a filter: a mean under a Hann window, for arrays, files, chains and live frames.

    python examples/add_a_filter.py
    smoothnet smooth --import examples/add_a_filter.py --smoother HannFilter in.json -o out.json
"""

import numpy as np

from smoothnet_plugin import build_smoother, smooth
from smoothnet_plugin.filters import BaseFilter, Support
from smoothnet_plugin.registry import SMOOTHERS
from smoothnet_plugin.smoothers import register_preset


@SMOOTHERS.register_module()
class HannFilter(BaseFilter):
    """Weighted mean over `seconds` around each frame; both ends are reflected at a point."""

    def __init__(self, seconds: float = 0.3) -> None:
        super().__init__()
        self.seconds = seconds

    def support(self, fps):
        """The frames of past and future that a result depends on."""
        half = max(1, round(self.seconds * fps / 2))
        return Support(past=half, future=half)

    def _filter(self, coords, fps, weights):
        """Filter one run without gaps: coords (T, K, C), finite float64."""
        half = self.support(fps).future
        window = np.hanning(2 * half + 3)[1:-1]
        padded = np.pad(coords, ((half, half), (0, 0), (0, 0)), 'reflect', reflect_type='odd')
        shifted = np.lib.stride_tricks.sliding_window_view(padded, len(window), axis=0)
        return shifted @ (window / window.sum())


# Register a name for a chain, or for a filter with other settings.
register_preset('hann', [dict(type='HampelFilter'), dict(type='HannFilter', seconds=0.5)])


if __name__ == '__main__':
    rng = np.random.default_rng(0)
    time = np.arange(150)[:, None, None] / 30
    truth = 300 + 80 * np.sin(2 * np.pi * 0.4 * time + rng.uniform(0, 6, (1, 17, 2)))
    poses = truth + rng.normal(0, 4, truth.shape)
    gappy = poses.copy()
    gappy[40, 3] = np.nan  # Interpolated before the filter: it never sees a missing value.
    for smoother in ('HannFilter', 'hann', dict(type='HannFilter', seconds=0.2)):
        result = smooth(gappy, smoother, fps=30)
        print(f'{smoother}: error {np.abs(result - truth).mean():.2f} px, '
              f'before {np.abs(poses - truth).mean():.2f} px')

    # Live, each result is late by the filter's frames of future, and equal to the offline one.
    live = build_smoother(dict(type='HannFilter'), fps=30)
    frames = [frame for pose in poses for frame in live.step(pose)] + live.flush()
    results = np.stack([frame.instances[0].keypoints for frame in frames])
    assert live.latency == 4
    assert np.allclose(results, smooth(poses, dict(type='HannFilter'), fps=30))
