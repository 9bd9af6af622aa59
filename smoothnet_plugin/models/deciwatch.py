"""DeciWatch: refine one frame in ten, then recover the frames between."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional

from ..errors import ConfigError
from ..registry import MODELS
from .attention_over_time import PoseTokens


@MODELS.register_module()
class DeciWatch(PoseTokens):
    """The idea of "DeciWatch: A Simple Baseline for 10x Efficient 2D and 3D Pose Estimation" (ECCV
    2022, section 3), written from the paper.

    *Sample*: only every ``interval``-th frame of a window is read, so that an estimator may skip
    the others. *Denoise*: self-attention over these poses adds a correction to them. *Recover*: the
    poses between are interpolated linearly, and attention of every frame to the corrected ones adds
    what the straight line lacks. Training takes its loss on all frames, instead of the paper's sum
    over sampled and recovered ones.

    Args:
        num_keypoints: Keypoints or joints K.
        dim: Values per keypoint.
        window_size: Frames W, a multiple of ``interval`` plus 1. Defaults to 31.
        output_size: Frames O that it refines, the first O of the window. Defaults to None, all W.
        interval: Frames from one sampled frame to the next; 1 samples all. Defaults to 10.
        hidden_size: Width of a token. Defaults to 128.
        num_heads: Heads of the attention. Defaults to 4.
        num_layers: Layers of both stages. Defaults to 5.
        dropout: Probability of dropout. Defaults to 0.1.

    Raises:
        ConfigError: A size is out of range, or the window does not end on a sampled frame.
    """

    def __init__(self, num_keypoints: int, dim: int, window_size: int = 31,
                 output_size: int | None = None, interval: int = 10, hidden_size: int = 128,
                 num_heads: int = 4, num_layers: int = 5, dropout: float = 0.1) -> None:
        super().__init__(num_keypoints, dim, window_size, output_size, hidden_size, num_heads,
                         dropout)
        if interval < 1 or (window_size - 1) % interval:
            raise ConfigError(f'DeciWatch: window_size is {window_size}; expected a multiple of '
                              f'interval = {interval} plus 1, so that the window ends on a '
                              'sampled frame.')
        self.interval = interval
        self.num_layers = num_layers
        self.embed = nn.Linear(self.num_channels, hidden_size)
        self.denoise = self.encoder(num_layers)
        self.correction = self.to_pose()
        # The motion of a frame follows from its neighbours.
        self.embed_recovered = nn.Conv1d(self.num_channels, hidden_size, 5, padding=2,
                                         padding_mode='replicate')
        layer = nn.TransformerDecoderLayer(hidden_size, num_heads, 2 * hidden_size, dropout,
                                           batch_first=True, norm_first=True)
        self.recover = nn.TransformerDecoder(layer, num_layers)
        self.detail = self.to_pose()

    def _refine(self, poses: Tensor) -> Tensor:
        sampled = poses[:, ::self.interval]
        memory = self.denoise(self.embed(sampled) + self.places[::self.interval])
        sampled = sampled + self.correction(memory)
        lines = functional.interpolate(sampled.transpose(1, 2), self.window_size, mode='linear',
                                       align_corners=True)
        tokens = self.embed_recovered(lines).transpose(1, 2) + self.places
        return lines.transpose(1, 2) + self.detail(self.recover(tokens, memory))
