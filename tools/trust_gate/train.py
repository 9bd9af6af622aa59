"""Train the trust gate of ``default``.

    python tools/trust_gate/train.py CONFIG --width 2 --data DATA --out trust_2d.safetensors
"""

from __future__ import annotations

import hashlib
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from smoothnet_plugin.utils.command import command_parser, run_command
from trust_gate.candidates import candidates
from trust_gate.clips import TrainingClip, drawn, kinect, recordings, studio
from trust_gate.losses import Goal, result_loss, spread_loss
from trust_gate.model import Gate, Sample, combined, spread_rows
from trust_gate.motions import cmu_takes
from trust_gate.sets import scripted


def main() -> None:
    """Run the command."""
    parser = command_parser(__doc__)
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


def train(parts: list[dict[str, Any]], config: Any, width: int, data: Path) -> Gate:
    """Train the shares, then the spread of the result that they give.

    Args:
        parts: The parts of the data with their weights, ``weight`` for the shares and
            ``spread_weight`` for the spread.
        config: The settings.
        width: 2 or 3.
        data: Folder with the data.

    Returns:
        The trained gate.
    """
    sets = [samples_of(part, config, width, data) for part in parts]
    kind = f'{width}d'
    torch.manual_seed(config.seed[kind])
    gate = Gate(config.hidden[kind], config.measures[kind])
    gate.standardize([sample for part, entry in zip(sets, parts) for sample in part
                      if entry['weight']])
    train_shares(gate, sets, [part['weight'] for part in parts], config, kind)
    within = [part.get('within', config.within[kind]) for part in parts]
    train_spread(gate, sets, [part['spread_weight'] for part in parts], within, config, kind)
    return gate


def train_shares(gate: Gate, sets: list[list[Sample]], weights: list[float], config: Any,
                 kind: str) -> None:
    """Train the shares on whole clips."""
    samples = [sample for part in sets for sample in part]
    goals = [Goal.of(sample) for sample in samples]
    chance = np.concatenate([np.full(len(part), weight / max(1, len(part)))
                             for part, weight in zip(sets, weights)])
    rng = np.random.default_rng(config.seed[kind])
    chosen = rng.choice(len(samples), (config.steps[kind], config.batch), p=chance / chance.sum())
    for loss in _steps(gate.share, config.steps[kind], config.rate):
        numbers = chosen[loss.step]
        loss.minimize(torch.stack([result_loss(
            combined(gate, samples[i]), samples[i], goals[i], config.harm[kind], config.bend[kind])
            for i in numbers]).mean())
    with torch.no_grad():
        last = gate.share[-1]
        assert isinstance(last, nn.Linear)
        last.bias[0] += config.caution[kind]


def train_spread(gate: Gate, sets: list[list[Sample]], weights: list[float],
                 within: list[tuple[float, float]], config: Any, kind: str) -> None:
    """Train the spread on single samples of all clips; ``within`` is per set."""
    rng = np.random.default_rng(config.seed[kind])
    rows = []
    for part in sets:
        number = max(20, config.spread_rows // max(1, len(part)))
        found = [spread_rows(gate, sample, number, rng) for sample in part]
        rows.append(tuple(torch.cat(values) for values in zip(*found)))
    counts = [round(config.spread_batch * weight / sum(weights)) for weight in weights]
    wanted = torch.cat([torch.tensor(shares)[:, None].expand(2, count)
                        for shares, count in zip(within, counts)], dim=1)
    for loss in _steps(gate.spread, config.spread_steps, config.rate):
        picked = [(rng.integers(0, len(errors), count), measures, errors)
                  for (measures, errors), count in zip(rows, counts)]
        measures = torch.cat([values[i] for i, values, _ in picked])
        errors = torch.cat([values[i] for i, _, values in picked])
        loss.minimize(spread_loss(gate.spread(measures)[:, 0], errors, wanted))


@dataclass
class _Step:
    """One step of Adam."""

    step: int
    optimizer: torch.optim.Optimizer
    value: float = 0.

    def minimize(self, loss: torch.Tensor) -> None:
        """Go down the gradient, of a length of at most 1."""
        self.optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(self.optimizer.param_groups[0]['params'], 1.)
        self.optimizer.step()
        self.value = loss.item()


def _steps(network: nn.Module, steps: int, rate: float) -> Iterator[_Step]:
    """Steps with a rate that rises over the first fifty and falls as a cosine; prints the loss."""
    optimizer = torch.optim.Adam(network.parameters(), lr=rate)
    begun, losses = time.monotonic(), []
    for number in range(steps):
        optimizer.param_groups[0]['lr'] = 1e-6 + rate * min(1, number / 50) * (
            1 + np.cos(np.pi * number / steps)) / 2
        step = _Step(number, optimizer)
        yield step
        losses.append(step.value)
        if number % 250 == 249:
            print(f'step {number + 1}: {np.mean(losses[-250:]):.4f}, '
                  f'{time.monotonic() - begun:.0f} s', flush=True)


def samples_of(part: dict[str, Any], config: Any, width: int, data: Path) -> list[Sample]:
    """One part of the data.

    Some bodies come once more without names, and some clips once more without the network, as
    where it does not know the frame rate or the number of keypoints.
    """
    from smoothnet_plugin.filters import LearnedFilter
    rng = np.random.default_rng([config.seed[f'{width}d'], width])
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
    own = ('name', 'weight', 'spread_weight', 'within', 'shares')
    options = {key: value for key, value in part.items() if key not in own}
    if part['name'] == 'drawn':
        return drawn(cmu_takes(data, config.held_out), width, shares=part['shares'],
                     **options)
    if part['name'] == 'kinect':
        return kinect(data / 'uiprmd_train.npz', width, **options)
    if part['name'] == 'recordings':
        return recordings(data / 'real_estimators_dev.npz')
    if part['name'] == 'sets':
        return scripted(data / options.pop('script'), data, width, **options)
    return studio(data / 'studio', **options)


if __name__ == '__main__':
    sys.exit(run_command(main))
