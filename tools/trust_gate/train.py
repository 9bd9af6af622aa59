"""Train the trust gate of ``default``.

    python tools/trust_gate/train.py CONFIG --width 2 --data DATA --out trust_2d.safetensors
"""

from __future__ import annotations

import argparse
import hashlib
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from trust_gate.candidates import candidates  # noqa: E402
from trust_gate.clips import TrainingClip, drawn, kinect, studio  # noqa: E402
from trust_gate.model import Gate, Goal, Sample, combined, result_loss, spread_loss  # noqa: E402
from trust_gate.motions import cmu_takes  # noqa: E402


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('config', help='configs/default/trust-gate_*.py')
    parser.add_argument('--width', type=int, choices=(2, 3), required=True,
                        help='values per keypoint')
    parser.add_argument('--data', type=Path, required=True,
                        help='folder with cmu_*_60hz.npz, uiprmd_train.npz and studio/')
    parser.add_argument('--out', type=Path, required=True, help='safetensors file to write')
    args = parser.parse_args()
    from mmengine.config import Config
    from safetensors.numpy import save_file

    from smoothnet_plugin.utils.files import temporary_beside
    config = Config.fromfile(args.config)
    torch.set_num_threads(1)
    gate = train(config[f'data_{args.width}d'], config, args.width, args.data)
    with temporary_beside(args.out) as temporary:
        save_file(gate.arrays(), temporary, {'format': 'np', 'licence': 'Apache-2.0'})
    print(f'{args.out}: SHA-256 {hashlib.sha256(args.out.read_bytes()).hexdigest()}')
    return 0


def train(parts: list[dict[str, Any]], config: Any, width: int, data: Path) -> Gate:
    """Train one gate.

    Args:
        parts: The parts of the data with their weights.
        config: ``seed``, ``steps``, ``batch``, ``hidden``, ``rate``, ``harm``, ``bend``.
        width: 2 or 3.
        data: Folder with the data.

    Returns:
        The trained gate.
    """
    sets = [samples_of(part, config, width, data) for part in parts]
    samples = [sample for part in sets for sample in part]
    goals = [Goal.of(sample) for sample in samples]
    chance = np.concatenate([np.full(len(found), part['weight'] / len(found))
                             for part, found in zip(parts, sets)])
    torch.manual_seed(config.seed)
    rng = np.random.default_rng(config.seed)
    gate = Gate(config.hidden)
    gate.standardize(samples)
    optimizer = torch.optim.Adam(gate.parameters(), lr=config.rate)
    begun, sums = time.monotonic(), np.zeros(2)
    for step in range(config.steps):
        rate = config.rate * min(1, step / 50) * (1 + np.cos(np.pi * step / config.steps)) / 2
        optimizer.param_groups[0]['lr'] = rate + 1e-5
        chosen = rng.choice(len(samples), config.batch, p=chance / chance.sum())
        losses = [_losses(gate, samples[i], goals[i], config) for i in chosen]
        loss, spread = (torch.stack(values).mean() for values in zip(*losses))
        optimizer.zero_grad()
        (loss + .5 * spread).backward()
        nn.utils.clip_grad_norm_(gate.parameters(), 1.)
        optimizer.step()
        sums += loss.item(), spread.item()
        if step % 250 == 249:
            print(f'step {step + 1}: result {sums[0] / 250:.4f}, spread {sums[1] / 250:.4f}, '
                  f'{time.monotonic() - begun:.0f} s', flush=True)
            sums[:] = 0
    return gate


def _losses(gate: Gate, sample: Sample, goal: Goal,
            config: Any) -> tuple[torch.Tensor, torch.Tensor]:
    outputs = gate(sample.features)
    error = combined(outputs, sample)
    return (result_loss(error, sample, goal, config.harm, config.bend),
            spread_loss(outputs[..., 3], error, sample))


def samples_of(part: dict[str, Any], config: Any, width: int, data: Path) -> list[Sample]:
    """One part of the data.

    Some bodies come once more without names, and some clips once more without the network, as
    where it does not know the frame rate or the number of keypoints.
    """
    from smoothnet_plugin.filters import LearnedFilter
    rng = np.random.default_rng([config.seed, width])
    samples = []
    for found in candidates(clips_of(part, config, width, data), LearnedFilter()):
        samples.append(Sample.of(found, found.is_body, True))
        chance = rng.random()
        if found.is_body and chance < .25:
            samples.append(Sample.of(found, False, True))
        elif found.change is not None and chance > .88:
            samples.append(Sample.of(found, found.is_body, False))
    print(f'{part["name"]}: {len(samples)} samples', flush=True)
    return samples


def clips_of(part: dict[str, Any], config: Any, width: int, data: Path) -> Iterator[TrainingClip]:
    """The clips of one part of the data."""
    options = {key: value for key, value in part.items() if key not in ('name', 'weight')}
    if part['name'] == 'drawn':
        return drawn(cmu_takes(data, config.held_out), width, shares=config.shares,
                     seed=config.seed, **options)
    if part['name'] == 'kinect':
        return kinect(data / 'uiprmd_train.npz', width, seed=config.seed, **options)
    return studio(data / 'studio', **options)


if __name__ == '__main__':
    sys.exit(main())
