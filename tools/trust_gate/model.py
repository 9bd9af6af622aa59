"""The trust gate in torch."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from smoothnet_plugin.processing.robust_track import RobustTrack
from smoothnet_plugin.processing.trust import (
    FURTHEST,
    FURTHEST_MEASURE,
    SHARE_SECONDS,
    TrustGate,
    judged,
)
from smoothnet_plugin.processing.trust_features import FEATURES, trust_features

from .candidates import Candidates

#: Shorter errors count as this long, in body sizes.
_SHORTEST = 3e-5


@dataclass
class Sample:
    """A clip in body sizes, with the truth at 0.

    Attributes:
        features: Measures, shape (T, K, F).
        track: Errors of the robust track, shape (T, K, C).
        change: What the network changes of it; 0 without one.
        residual: The gated samples less the track; 0 where missing.
        input: Errors of the samples as they are.
        known: Where truth and sample are known, shape (T, K).
        fps: Frames per second.
        has_network: Whether the network knows the clip.
    """

    features: Tensor
    track: Tensor
    change: Tensor
    residual: Tensor
    input: Tensor
    known: Tensor
    fps: float
    has_network: bool

    @classmethod
    def of(cls, found: Candidates, is_body: bool, with_network: bool) -> Sample:
        """A clip for the gate, optionally without its names or its network."""
        change = found.change if with_network else None
        track, coords = found.track, found.clip.coords
        with np.errstate(all='ignore'):
            features = trust_features(found.gated, found.far, track, change, found.clip.fps,
                                      is_body)
        truth, size = found.clip.truth, track.size[..., None]
        seen = np.isfinite(coords)
        moved = np.zeros_like(truth) if change is None else change

        def tensor(values: np.ndarray) -> Tensor:
            return torch.tensor(np.nan_to_num(values, posinf=50, neginf=-50), dtype=torch.float32)

        return cls(
            tensor(features), tensor((track.coords - truth) / size), tensor(moved / size),
            tensor(np.nan_to_num(found.gated - track.coords) / size),
            tensor((np.where(seen, coords, track.coords) - truth) / size),
            torch.tensor(np.isfinite(truth).all(axis=-1) & seen.all(axis=-1)),
            found.clip.fps, change is not None)


class Gate(nn.Module):
    """:class:`~smoothnet_plugin.processing.trust.TrustGate` with gradients.

    Args:
        hidden: Units of each hidden layer.
        count: Measures that count, the first ones. Defaults to all.
    """

    def __init__(self, hidden: int, count: int = len(FEATURES)) -> None:
        super().__init__()
        self.mean: Tensor
        self.std: Tensor
        self.register_buffer('mean', torch.zeros(count))
        self.register_buffer('std', torch.ones(count))
        # Hardly any share of the samples, and a spread of 1 % of the body size, at first.
        self.share = _network(count, hidden, [0., 0., -2.])
        self.spread = _network(count, hidden, [-4.5])

    def standardize(self, samples: list[Sample]) -> None:
        """Take mean and deviation of the measures from the training data."""
        rows = torch.cat([sample.features.flatten(0, 1)[::7, :len(self.mean)]
                          for sample in samples])
        self.mean.copy_(rows.mean(0))
        self.std.copy_(rows.std(0) + 1e-3)

    def measures(self, features: Tensor) -> Tensor:
        """The standardised measures that both networks take."""
        measures = (features[..., :len(self.mean)] - self.mean) / self.std
        return measures.clamp(-FURTHEST_MEASURE, FURTHEST_MEASURE)

    def arrays(self) -> dict[str, np.ndarray]:
        """The weights as :meth:`TrustGate.of_arrays` takes them."""
        found = {'mean': self.mean.numpy(), 'std': self.std.numpy()}
        for name, network in (('share', self.share), ('spread', self.spread)):
            linear = [layer for layer in network if isinstance(layer, nn.Linear)]
            for number, layer in enumerate(linear):
                weight = layer.weight.detach().numpy()
                found[f'{name}_weight_{number}'] = np.ascontiguousarray(weight.T)
                found[f'{name}_offset_{number}'] = layer.bias.detach().numpy()
        return found


def _network(inputs: int, hidden: int, first: list[float]) -> nn.Sequential:
    """A small network that gives about ``first`` before it is trained."""
    last = nn.Linear(hidden, len(first))
    with torch.no_grad():
        last.weight.mul_(.1)
        last.bias.copy_(torch.tensor(first))
    return nn.Sequential(nn.Linear(inputs, hidden), nn.ReLU(), nn.Linear(hidden, hidden),
                         nn.ReLU(), last)


def combined(gate: Gate, sample: Sample) -> Tensor:
    """Errors of the convex combination, shape (T, K, C)."""
    logits = gate.share(gate.measures(sample.features))
    if not sample.has_network:
        logits = logits - torch.tensor([0., 1e4, 0.])
    shares = _triangle_mean(logits.softmax(-1), max(2, round(SHARE_SECONDS * sample.fps)))
    step = shares[..., 1:2] * sample.change
    length = step.norm(dim=-1, keepdim=True) + 1e-9
    furthest = FURTHEST[step.shape[-1]]
    step = step * (furthest / length.clamp(min=furthest))
    return sample.track + step + shares[..., 2:3] * sample.residual


def final(gate: TrustGate, sample: Sample) -> Tensor:
    """Errors of what the package makes of it, self-check included, shape (T, K, C)."""
    track, change, residual = (values.numpy().astype(np.float64) for values in (
        sample.track, sample.change, sample.residual))
    flat = np.zeros(track.shape[:2])
    result, _ = judged(
        gate, sample.features.numpy().astype(np.float64), track + residual,
        RobustTrack(track, flat, flat, flat, flat, flat + 1),
        change if sample.has_network else None, sample.fps, spread=False)
    return torch.tensor(result, dtype=torch.float32)


@torch.no_grad()
def spread_rows(gate: Gate, sample: Sample, number: int,
                rng: np.random.Generator) -> tuple[Tensor, Tensor]:
    """Measures (N, F) of random samples of a clip, and logarithms of the result's errors there."""
    known = sample.known.flatten().nonzero()[:, 0].numpy()
    chosen = rng.choice(known, number) if len(known) else known
    error = final(TrustGate.of_arrays(gate.arrays()), sample)
    length = error.norm(dim=-1).clamp(min=_SHORTEST).log()
    return gate.measures(sample.features).flatten(0, 1)[chosen], length.flatten()[chosen]


def _triangle_mean(values: Tensor, reach: int) -> Tensor:
    """:func:`~smoothnet_plugin.processing.rolling.triangle_mean` with gradients, (T, K, S)."""
    flat = values.flatten(1).T[None]
    first = max(1, reach // 2)
    for part in (first, max(1, reach - first)):
        flat = F.avg_pool1d(flat, 2 * part + 1, 1, part, count_include_pad=False)
    return flat[0].T.reshape(values.shape)
