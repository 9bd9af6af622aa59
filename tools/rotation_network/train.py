r"""Train the network of ``default`` for rotations.

    python tools/rotation_network/train.py CONFIG cmu_bvh_rotations.npz cmu_amc_rotations.npz \
        --out rotations.safetensors

The npz files are those of tools/dataset_converters/mocap_rotations_to_npz.py.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from rotation_network.errors import with_errors
from rotation_network.takes import RotationTake, load_takes, swinging
from smoothnet_plugin.models import WindowNetwork
from smoothnet_plugin.processing import so3
from smoothnet_plugin.processing.rotation_track import rotation_track
from smoothnet_plugin.utils.command import command_parser, run_command

#: Steps between two reports.
REPORT = 100
#: Steps between two files.
SAVING = 500
#: Takes longer than this many seconds are drawn no more often.
LONGEST_SECONDS = 20.0
#: Weight of the first and last frame of a window; 1 more in the middle.
LEAST_WEIGHT = 0.3


class Pairs:
    """Clips with drawn errors, and their truth, as curves of unit quaternions.

    Args:
        takes: The recordings.
        config: The settings.
        rng: Random numbers.
    """

    def __init__(self, takes: Sequence[RotationTake], config: Any,
                 rng: np.random.Generator) -> None:
        self.takes, self.config, self.rng = takes, config, rng
        weights = np.array([min(len(take.rotations) / take.fps, LONGEST_SECONDS)
                            for take in takes])
        self.chances = weights / weights.sum()
        self.clips = [self.draw() for _ in range(config.clips)]

    def draw(self) -> tuple[np.ndarray, np.ndarray]:
        """A clip: gated curves with errors, and true ones of the same signs, (T, J, 4)."""
        rng, config = self.rng, self.config
        while True:
            take = (swinging(rng) if rng.random() < config.swinging else
                    self.takes[rng.choice(len(self.takes), p=self.chances)])
            rates = list(config.frame_rates)
            rate = rates[rng.choice(len(rates), p=list(config.frame_rates.values()))]
            step = max(1, round(take.fps / rate))
            truth = take.rotations[rng.integers(step)::step]
            frames = int(rng.integers(*config.clip_frames))
            start = int(rng.integers(max(1, len(truth) - frames)))
            truth = truth[start:start + frames]
            if len(truth) >= config.network.window_size:
                break
        if rng.random() < config.backwards:
            truth = truth[::-1]
        fps = take.fps / step
        noisy = with_errors(take, truth, fps, config.errors, rng)
        gated, _, track = rotation_track(so3.quaternions_to_6d(noisy), fps)
        other = (truth * track.coords).sum(axis=-1, keepdims=True) < 0
        return (gated / 2).astype(np.float32), np.where(other, -truth, truth).astype(np.float32)

    def renew(self) -> None:
        """Draw one of the clips anew."""
        self.clips[self.rng.integers(len(self.clips))] = self.draw()

    def batch(self) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Windows of some joints, shape (N, W, K, 4), their truth, and what counts, (N, W).

        Some windows begin before the clip does: with its first frame, held.
        """
        rng, config = self.rng, self.config
        frames, number = config.network.window_size, int(rng.choice(config.joints))
        pairs: list[tuple[np.ndarray, np.ndarray]] = []
        masks = []
        while len(pairs) < config.batch:
            noisy, truth = self.clips[rng.integers(len(self.clips))]
            if truth.shape[1] >= number:
                start = rng.integers(len(truth) - frames + 1)
                joints = rng.permutation(truth.shape[1])[:number]
                held = int(rng.integers(1, frames - 8)) if rng.random() < config.held else 0
                place = start + np.maximum(np.arange(frames), held)
                pairs.append((noisy[place][:, joints], truth[place][:, joints]))
                masks.append(np.arange(frames) >= held)
        inputs, target = (torch.from_numpy(np.stack(values)) for values in zip(*pairs))
        return inputs, target, torch.from_numpy(np.stack(masks)).float()


def train(takes: Sequence[RotationTake], config: Any,
          save: Callable[[torch.nn.Module], None]) -> None:
    """Train the network.

    Args:
        takes: The recordings.
        config: The settings, see ``configs/default/rotation-transformer_w64_1xb32_cmu.py``.
        save: Takes the network from time to time, and at last.
    """
    from smoothnet_plugin.registry import MODELS
    torch.manual_seed(config.seed)
    pairs = Pairs(takes, config, np.random.default_rng(config.seed))
    network = MODELS.build(dict(config.network))
    optimizer = torch.optim.AdamW(network.parameters(), lr=config.rate, weight_decay=1e-4)
    begun, reports = time.process_time(), []
    for step in range(config.steps):
        optimizer.param_groups[0]['lr'] = 1e-6 + config.rate * min(1, step / REPORT) * (
            1 + np.cos(np.pi * step / config.steps)) / 2
        if step % config.renewal == 0:
            pairs.renew()
        loss, ratio = loss_of(network, *pairs.batch(), config.bend)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        reports.append((loss.item(), ratio))
        if step % REPORT == REPORT - 1:
            loss, ratio = np.mean(reports[-REPORT:], axis=0)
            print(f'step {step + 1}: loss {loss:.4f}, error over input {ratio:.4f}, '
                  f'{(time.process_time() - begun) / 60:.1f} min of CPU', flush=True)
        if step % SAVING == SAVING - 1:
            save(network)
    save(network)


def loss_of(network: WindowNetwork, inputs: torch.Tensor, target: torch.Tensor,
            mask: torch.Tensor, bend: float) -> tuple[torch.Tensor, float]:
    """Mean error in radians and acceleration error, relative to the input's error.

    Args:
        network: The network.
        inputs: Curves of unit quaternions, shape (N, W, K, 4).
        target: The truth, same shape.
        mask: Frames that count, shape (N, W), 0 or 1.
        bend: Weight of the acceleration error.

    Returns:
        The loss, and the error over the input's.
    """
    with torch.autocast('cpu', torch.bfloat16):
        refined = network.forward_window(inputs.flatten(2).transpose(1, 2))
    refined = refined.float().transpose(1, 2).unflatten(2, (-1, 4))
    # The middle of a window counts most where windows are merged.
    position = (torch.arange(inputs.shape[1]) + 0.5) / inputs.shape[1]
    weight = (mask * (torch.sin(torch.pi * position)**2 + LEAST_WEIGHT))[..., None]
    # A quaternion turns by half the angle of its rotation.
    error = 2 * (refined - target)
    place = (_length(error) * weight).mean(dim=(1, 2))
    change = _length(error[:, 2:] - 2 * error[:, 1:-1] + error[:, :-2])
    change = (change * (mask[:, 2:] * mask[:, :-2])[..., None]).mean(dim=(1, 2))
    with torch.no_grad():
        raw = (_length(2 * (inputs - target)) * weight).mean(dim=(1, 2))
        factor = (raw + 0.01)**-0.5
    return (factor * (place + bend * change)).mean(), float(place.sum().detach() / raw.sum())


def _length(error: torch.Tensor) -> torch.Tensor:
    # The slope of a square root is infinite at 0.
    return (error.square().sum(dim=-1) + 1e-12).sqrt()


def main(argv: Sequence[str] | None = None) -> None:
    """Run the command.

    Args:
        argv: Arguments. Defaults to None, those of the process.
    """
    parser = command_parser(__doc__)
    parser.add_argument('config', help='configs/default/rotation-transformer_*.py')
    parser.add_argument('data', nargs='+', type=Path,
                        help='npz files of mocap_rotations_to_npz.py')
    parser.add_argument('--out', type=Path, required=True, help='safetensors file to write')
    args = parser.parse_args(argv)
    from mmengine.config import Config

    from smoothnet_plugin.models import save_safetensors
    from smoothnet_plugin.utils.files import check_output_path
    check_output_path(args.out)
    config = Config.fromfile(args.config)
    torch.set_num_threads(1)

    def save(network: torch.nn.Module) -> None:
        # Matrices in half precision: half the size, nearly the same results.
        weights = {name: value.half() if value.ndim == 2 else value
                   for name, value in network.state_dict().items()}
        save_safetensors(args.out, weights, config.network.to_dict(), licence='Apache-2.0')

    train(load_takes(args.data, config.left_out), config, save)


if __name__ == '__main__':
    sys.exit(run_command(main))
