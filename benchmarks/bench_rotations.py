#!/usr/bin/env python
"""Rotation filters on motion capture with three kinds of noise: the table of docs/smpl.md.

    python benchmarks/bench_rotations.py FOLDER_OF_CMU_BVH [-o rotations.json] [--smoothnet 3000]

FOLDER holds BVH files of the CMU database (cgspeed's conversion, ``NN_MM.bvh``). Subjects 02, 08,
12, 16 and 49 are the test data; the settings of every filter, and SmoothNet's weights, are chosen
on takes of the others. Noise is larger at the ends of limbs, like that of regressors. In the rows
"other axes", the axes of every joint are turned by a different rotation, which is the same motion
for a filter that does not depend on axes.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from common import parser_of

from smoothnet_plugin.filters import SmoothNetFilter
from smoothnet_plugin.filters.base import BaseFilter
from smoothnet_plugin.io.bvh_text import joint_rotations, parse_bvh
from smoothnet_plugin.processing import so3
from smoothnet_plugin.processing.kinematics import forward_kinematics
from smoothnet_plugin.processing.outliers import sample_weights
from smoothnet_plugin.processing.robust_track import robust_track
from smoothnet_plugin.processing.rotations import from_rotmat, to_rot6d, to_rotmat
from smoothnet_plugin.smoothers.build import build_filter

HELD_OUT = ('02', '08', '12', '16', '49')
FPS = 30.0
#: Radians from frame to frame above which a take holds an artefact: joints that flip over.
FASTEST = 1.0
#: A clip whose angle is this many times the input's got worse.
HARMED = 1.01
METRES_PER_UNIT = 0.0254 / 0.45
NOISES = ('white', 'correlated', 'bursts')
#: Measured with ``--clean``: the truth itself, which no setting is chosen for.
CLEAN = 'none'
_CUTOFFS = (1.5, 2.0, 2.8, 4.0)

#: Name of a row, what makes its filter, and the settings to choose from.
ROWS: dict[str, tuple[Mapping[str, Any], Sequence[Mapping[str, Any]]]] = {
    '6D Gaussian': (dict(type='GaussianFilter'), [dict(cutoff=c) for c in _CUTOFFS]),
    'geodesic Gaussian': (dict(type='GeodesicGaussianFilter'),
                          [dict(cutoff=c) for c in _CUTOFFS]),
    '6D Savitzky-Golay': (dict(type='SavgolFilter'),
                          [dict(window_size=w) for w in (11, 15, 21, 27)]),
    'geodesic Savitzky-Golay': (dict(type='GeodesicSavgolFilter'),
                                [dict(window_size=w) for w in (11, 15, 21, 27)]),
    '6D Kalman, RTS': (dict(type='KalmanFilter'), [dict(cutoff=c) for c in _CUTOFFS]),
    'SO(3) Kalman, RTS': (dict(type='RotationKalmanFilter'), [dict(cutoff=c) for c in _CUTOFFS]),
    '6D One-Euro (causal)': (dict(type='OneEuroFilter', normalize='none'),
                             [dict(min_cutoff=c, beta=b) for c in (1.0, 2.0, 3.0)
                              for b in (0.5, 1.5, 4.0)]),
    'tangent One-Euro (causal)': (dict(type='RotationOneEuroFilter'),
                                  [dict(min_cutoff=c, beta=b) for c in (1.0, 2.0, 3.0)
                                   for b in (0.5, 1.5, 4.0)]),
    'robust, quaternion curves': (dict(type='RobustFilter'), [{}]),
    'default (learned)': (dict(type='DefaultFilter'), [{}]),
}


Method = Callable[[np.ndarray], np.ndarray]


class Take(NamedTuple):
    """A take: rotations (T, J, 9), parents, and places of the joints in metres (T, J, 3)."""

    rotations: np.ndarray
    parents: list[int]
    places: np.ndarray


def read_takes(folder: Path, most: int, frames: int, held_out: bool) -> list[Take]:
    """Takes at 30 frames per second, spread over the folder's files."""
    paths = [path for path in sorted(folder.rglob('*.bvh'))
             if (path.stem.partition('_')[0] in HELD_OUT) == held_out]
    takes = []
    for index in np.linspace(0, len(paths) - 1, min(most, len(paths))).astype(int):
        motion = parse_bvh(paths[index].read_text(encoding='latin1'), paths[index])
        stride = max(1, round(motion.fps / FPS))
        values = motion.values[1::stride][:frames]  # The first frame is a T-pose.
        motion = type(motion)(motion.joints, values, FPS)
        turning = [i for i, joint in enumerate(motion.joints)
                   if joint.axes and np.ptp(values[:, joint.angle_columns]) > 0]
        if len(values) < 60:
            continue
        rotations = joint_rotations(motion)
        places = np.tile([joint.offset for joint in motion.joints], (len(values), 1, 1))
        # Joints that never turn belong to their parents.
        parents = [joint.parent for joint in motion.joints]
        for joint in range(len(parents)):
            above = parents[joint]
            while above >= 0 and above not in turning:
                places[:, joint] = places[:, above] + np.einsum(
                    'tij,tj->ti', rotations[:, above], places[:, joint])
                above = motion.joints[above].parent
            parents[joint] = turning.index(above) if above >= 0 else -1
        chosen = so3.quaternions_of_6d(to_rot6d(rotations[:, turning].reshape(
            len(values), -1, 9), 'rotmat'))
        if np.linalg.norm(so3.difference(chosen[:-1], chosen[1:]), axis=-1).max() > FASTEST:
            continue
        takes.append(Take(rotations[:, turning].reshape(len(values), -1, 9),
                          [parents[i] for i in turning], places[:, turning] * METRES_PER_UNIT))
    return takes


def noisy(take: Take, kind: str, rng: np.random.Generator, strength: float = 1.0) -> np.ndarray:
    """The take's rotations with noise, as 6D (T, J, 6)."""
    frames, joints = take.rotations.shape[:2]
    depth = np.zeros(joints)
    for joint, parent in enumerate(take.parents):
        depth[joint] = depth[parent] + 1 if parent >= 0 else 0
    size = (0.5 + depth / max(depth.max(), 1))[:, None]
    white = rng.normal(0, 1, (frames, joints, 3))
    if kind == CLEAN:
        error = 0 * white
    elif kind == 'white':
        error = 0.1 * white
    elif kind == 'correlated':
        drift = rng.normal(0, 1, (frames, joints, 3))
        for frame in range(1, frames):
            drift[frame] = 0.9 * drift[frame - 1] + np.sqrt(1 - 0.9**2) * drift[frame]
        error = 0.08 * drift + 0.04 * white
    else:
        error = 0.05 * white
        for _ in range(max(1, frames * joints // 400)):
            start, joint = rng.integers(frames), rng.integers(joints)
            span = slice(start, start + int(rng.integers(1, 10)))
            error[span, joint] += rng.normal(0, 0.5, 3)
    turns = so3.exp(strength * size * error)
    return so3.quaternions_to_6d(so3.multiply(from_rotmat(take.rotations, 'quaternion'), turns))


def measure(take: Take, estimate: np.ndarray) -> dict[str, float]:
    """Errors of rotations in 6D: degrees, millimetres, and mm per frame squared.

    ``accel`` is the acceleration of the joints, and ``accel error`` how far it is from the truth's.
    """
    matrices = to_rotmat(estimate, 'rot6d')
    angles = np.degrees(np.linalg.norm(so3.difference(
        from_rotmat(take.rotations, 'quaternion'), from_rotmat(matrices, 'quaternion')), axis=-1))
    places = take.places - take.places[:, :1]  # The translation is known here.
    joints, truth = (forward_kinematics(rotations, take.parents, places)
                     for rotations in (matrices, take.rotations))
    ordered = np.sort(angles, axis=None)
    bends, true_bends = (np.diff(values, n=2, axis=0) for values in (joints, truth))
    return {'degrees': float(angles.mean()),
            'worst 1 %': float(ordered[int(0.99 * len(ordered)):].mean()),
            'mpjpe': 1000 * float(np.linalg.norm(joints - truth, axis=-1).mean()),
            'accel': 1000 * float(np.linalg.norm(bends, axis=-1).mean()),
            'accel error': 1000 * float(np.linalg.norm(bends - true_bends, axis=-1).mean())}


def slerp_smoothed(coords: np.ndarray, share: float) -> np.ndarray:
    """Exponential smoothing by slerp from the last result to the new rotation, causal."""
    given = so3.quaternions_of_6d(coords)
    result = given.copy()
    for frame in range(1, len(given)):
        result[frame] = so3.slerp(result[frame - 1], given[frame], share)
    return so3.quaternions_to_6d(result)


def with_other_axes(coords: np.ndarray, method: Method) -> np.ndarray:
    """A method's result for rotations in other axes, in the original axes."""
    rng = np.random.default_rng(5)
    left, right = (so3.quaternions_of_6d(rng.normal(0, 1, (coords.shape[1], 6)))
                   for _ in range(2))
    turned = so3.multiply(so3.multiply(left, so3.quaternions_of_6d(coords)), right)
    result = so3.quaternions_of_6d(method(so3.quaternions_to_6d(turned)))
    return so3.quaternions_to_6d(
        so3.multiply(so3.multiply(so3.inverse(left), result), so3.inverse(right)))


def train_smoothnet(takes: Sequence[Take], steps: int, path: Path) -> BaseFilter:
    """SmoothNet of 32 frames trained on the same noise of the training takes."""
    import torch

    from smoothnet_plugin.models import PoseRefiner, save_safetensors
    torch.manual_seed(0)
    rng = np.random.default_rng(1)
    config = dict(type='SmoothNet', window_size=32, hidden_size=256, res_hidden_size=64,
                  num_blocks=2, dropout=0.0)
    model = PoseRefiner(config)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 2e-3, total_steps=steps)
    truths = [to_rot6d(take.rotations, 'rotmat') for take in takes]
    pairs: list[tuple[np.ndarray, np.ndarray]] = []
    for step in range(steps):
        if step % 100 == 0:
            pairs = [(noisy(take, kind, rng), truth) for take, truth in zip(takes, truths)
                     for kind in NOISES]
        inputs, target = [], []
        for _ in range(24):
            noise, truth = pairs[rng.integers(len(pairs))]
            start = rng.integers(len(truth) - 32)
            span = slice(start, start + 32)
            chosen = rng.permutation(truth.shape[1])[:20]
            inputs.append(noise[span, chosen])
            target.append(truth[span, chosen])
        batch = {'inputs': torch.as_tensor(np.stack(inputs), dtype=torch.float32),
                 'target': torch.as_tensor(np.stack(target), dtype=torch.float32)}
        losses = model(**batch, mode='loss')
        optimizer.zero_grad()
        torch.stack([value for key, value in losses.items() if 'loss' in key]).sum().backward()
        optimizer.step()
        schedule.step()
    save_safetensors(path, model.network.state_dict(), config)
    return SmoothNetFilter(str(path), normalize='none')


def _clips(takes: Sequence[Take], seed: int,
           kinds: Sequence[str] = NOISES, strength: float = 1.0,
           ) -> Iterator[tuple[str, Take, np.ndarray]]:
    for index, take in enumerate(takes):
        for kind in kinds:
            yield kind, take, noisy(take, kind, np.random.default_rng([seed, index]), strength)


def robust_6d(coords: np.ndarray) -> np.ndarray:
    """The robust track of the 6D values, one by one."""
    return robust_track(coords, FPS, sample_weights(coords, FPS)).coords


def evaluate(method: Method, clips: Sequence[tuple[str, Take, np.ndarray]]
             ) -> dict[str, dict[str, float]]:
    """Means over the clips of each kind of noise, and the share of clips that get worse."""
    results: dict[str, list[dict[str, float]]] = {}
    for kind, take, inputs in clips:
        numbers, before = measure(take, method(inputs)), measure(take, inputs)['degrees']
        numbers['harmed'] = float(numbers['degrees'] > HARMED * before)
        results.setdefault(kind, []).append(numbers)
    return {kind: {key: float(np.mean([one[key] for one in many])) for key in many[0]}
            for kind, many in results.items()}


def _error(result: Mapping[str, Mapping[str, float]]) -> float:
    return float(np.mean([numbers['degrees'] for numbers in result.values()]))


def main(argv: Sequence[str] | None = None) -> int:
    """Run the benchmark and print its table."""
    parser = parser_of(__doc__)
    parser.add_argument('folder', type=Path, help='BVH files of the CMU database')
    parser.add_argument('-o', '--output', type=Path, help='JSON file for the numbers')
    parser.add_argument('--takes', type=int, default=20, help='test takes. Defaults to 20')
    parser.add_argument('--training-takes', type=int, default=6,
                        help='takes for the choice of settings. Defaults to 6')
    parser.add_argument('--frames', type=int, default=180, help='frames a take. Defaults to 180')
    parser.add_argument('--smoothnet', type=int, default=0, metavar='STEPS',
                        help='train SmoothNet for this many steps. Defaults to 0, no such row')
    parser.add_argument('--clean', action='store_true',
                        help='add a column of the truth without noise: what a filter distorts')
    parser.add_argument('--strength', type=float, default=1.0,
                        help='factor of the noise of the test takes; settings are chosen for 1. '
                        'Defaults to 1')
    args = parser.parse_args(argv)
    tuning = list(_clips(read_takes(args.folder, args.training_takes, args.frames, False), 0))
    test = list(_clips(read_takes(args.folder, args.takes, args.frames, True), 1,
                       (*NOISES, CLEAN) if args.clean else NOISES, args.strength))
    results = {'input': evaluate(np.array, test)}
    methods: dict[str, dict[str, Method]] = {
        'slerp, exponential (causal)': {f'{share:g}': partial(slerp_smoothed, share=share)
                                        for share in (0.3, 0.5, 0.7)},
        'robust, 6D': {'': robust_6d}}
    for name, (config, choices) in ROWS.items():
        methods[name] = {', '.join(f'{value:g}' for value in choice.values()): partial(
            build_filter({**config, **choice}).filter, fps=FPS) for choice in choices}
    for name, choices in methods.items():
        errors = {chosen: _error(evaluate(method, tuning)) if len(choices) > 1 else 0.0
                  for chosen, method in choices.items()}
        best = min(errors, key=lambda chosen: errors[chosen])
        results[f'{name} {best}'.rstrip()] = evaluate(choices[best], test)
        print(f'{name} {best}: {_error(list(results.values())[-1]):.3f} degrees', flush=True)
    if args.smoothnet:
        with tempfile.TemporaryDirectory() as folder:
            network = train_smoothnet(read_takes(args.folder, 60, 400, False), args.smoothnet,
                                      Path(folder) / 'smoothnet.safetensors')
            results[f'SmoothNet, 6D, {args.smoothnet} steps'] = evaluate(
                partial(network.filter, fps=FPS), test)
            results['SmoothNet, other axes'] = evaluate(
                partial(with_other_axes, method=partial(network.filter, fps=FPS)), test)
            results['default, other axes'] = evaluate(partial(with_other_axes, method=partial(
                build_filter(dict(type='DefaultFilter')).filter, fps=FPS)), test)
    kinds = list(results['input'])
    print('| | ' + ' | '.join(kinds) + ' | mean | worst 1 % | MPJPE | acceleration | its error '
          '| harmed |\n|---|' + '---:|' * (len(kinds) + 6))
    for name, result in results.items():
        means = {key: float(np.mean([result[kind][key] for kind in NOISES]))
                 for key in ('worst 1 %', 'mpjpe', 'accel', 'accel error', 'harmed')}
        print(f'| {name} | ' + ' | '.join(f"{result[kind]['degrees']:.2f}" for kind in kinds)
              + f' | {_error({kind: result[kind] for kind in NOISES}):.2f}'
              + ''.join(f' | {means[key]:.1f}' for key in ('worst 1 %', 'mpjpe'))
              + ''.join(f' | {means[key]:.2f}' for key in ('accel', 'accel error'))
              + f" | {100 * means['harmed']:.0f} % |")
    if args.output:
        args.output.write_text(json.dumps(results, indent=1), encoding='utf-8')
    return 0


if __name__ == '__main__':
    raise SystemExit(main())
