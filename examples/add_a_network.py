"""Add a network: defined, trained, saved with its name, and used like any other smoother.

    python examples/add_a_network.py
    smoothnet smooth --import examples/add_a_network.py --smoother conv in.json -o out.json
"""

import numpy as np
import torch
from torch import nn

from smoothnet_plugin import smooth
from smoothnet_plugin.models import PoseRefiner, WindowNetwork, save_safetensors
from smoothnet_plugin.registry import MODELS
from smoothnet_plugin.smoothers import register_preset

WEIGHTS = 'conv.safetensors'


@MODELS.register_module()
class ConvNetwork(WindowNetwork):
    """Adds to each coordinate what two convolutions over its time see in the window."""

    def __init__(self, window_size: int = 16, hidden_size: int = 16) -> None:
        super().__init__(window_size)
        self.layers = nn.Sequential(
            nn.Conv1d(1, hidden_size, 9, padding=4), nn.GELU(),
            nn.Conv1d(hidden_size, 1, 9, padding=4))

    def forward_window(self, x):
        """Refine windows (N, channels, W); each channel is a coordinate of a keypoint."""
        channels = x.reshape(-1, 1, self.window_size)
        return (channels + self.layers(channels)).reshape(x.shape)


register_preset('conv', dict(type='SmoothNetFilter', checkpoint=WEIGHTS))


def motion(clips: int, frames: int, rng: np.random.Generator) -> np.ndarray:
    """Slow waves of a body's size, shape (clips, frames, 17, 2)."""
    time = np.arange(frames)[:, None, None] / 30
    hertz, phase = rng.uniform(0.1, 1.0, (2, clips, 1, 17, 2))
    return 0.5 * np.sin(2 * np.pi * (hertz * time + phase))


if __name__ == '__main__':
    rng = np.random.default_rng(0)
    torch.manual_seed(0)
    config = dict(type='ConvNetwork', window_size=16)
    model = PoseRefiner(config)  # The model of the training configs: network and loss.
    optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)
    for _ in range(120):
        truth = motion(8, 16, rng)
        # SmoothNetFilter passes windows with their mean subtracted, scaled to about -1 to 1.
        batch = dict(inputs=truth + rng.normal(0, 0.03, truth.shape), target=truth)
        centre = batch['inputs'].mean(axis=1, keepdims=True)
        losses = model(**{key: torch.as_tensor(value - centre, dtype=torch.float32)
                          for key, value in batch.items()}, mode='loss')
        optimizer.zero_grad()
        (losses['loss_pos'] + losses['loss_accel']).backward()
        optimizer.step()
    save_safetensors(WEIGHTS, model.network.state_dict(), config)

    truth = 300 + 200 * motion(1, 150, rng)[0]  # In pixels: the filter adapts the scale.
    poses = truth + rng.normal(0, 6, truth.shape)
    for smoother in ('conv', dict(type='SmoothNetFilter', checkpoint=WEIGHTS)):
        result = smooth(poses, smoother, fps=30)
        print(f'{smoother}: error {np.abs(result - truth).mean():.2f} px, '
              f'before {np.abs(poses - truth).mean():.2f} px')
        assert np.abs(result - truth).mean() < 0.7 * np.abs(poses - truth).mean()
