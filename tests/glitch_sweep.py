"""One keypoint of one frame far away, at random places of real clips: what else moves.

    python tests/glitch_sweep.py                        # 60 places, every preset, offline
    python tests/glitch_sweep.py --live 0 4 --places 20 --presets one_euro default

Clips: the Sports2D demo in the repository and, where they are, those of ``../shared/data``. Prints
for each preset by how many pixels another joint moves at most, and the joint in its other frames.

Where that is more than 1 px, it also prints how far the joints move if the same sample is missing.
Some quantities are estimated from all keypoints of a person: the cut-off frequency of the robust
track, and which sides are swapped. A lost sample changes these estimates, however it is lost.
Ends with status 1 if a joint moves by more than 1 px, and by more than 1 px further than that.
"""

from __future__ import annotations

import argparse
import sys
import warnings
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np

from smoothnet_plugin import smooth
from smoothnet_plugin.errors import SmoothNetError
from smoothnet_plugin.io import load
from smoothnet_plugin.smoothers import build_smoother, preset_names
from smoothnet_plugin.structures import PoseFrame, PoseInstance
from smoothnet_plugin.structures.layouts import guess_skeleton
from smoothnet_plugin.structures.left_right import left_right_groups

ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT.parent / 'shared' / 'data'
VALUES = (1e3, -1e3, 3e3, 1e4, -1e5, 1e6, 1e9, 1e30, -1e100, 1e150, 1e200, -1e300)
#: A chain without a measure for outliers refuses values beyond this.
MOST_LIVE = 1e150
#: Pixels by which a joint may move.
MOST = 1.0


class Clip(NamedTuple):
    name: str
    coords: np.ndarray
    scores: np.ndarray | None
    fps: float


class Place(NamedTuple):
    clip: Clip
    frame: int
    joint: int
    value: float

    def spoilt(self) -> np.ndarray:
        coords = self.clip.coords.copy()
        coords[self.frame, self.joint, 0] = self.value
        return coords

    def lost(self) -> np.ndarray:
        return self._replace(value=np.nan).spoilt()


def clips() -> Iterator[Clip]:
    """Real clips with real errors of estimators."""
    tracks = load(ROOT / 'demo/data/sports2d_mediapipe.json')
    for key, sequence in tracks.tracks.items():
        yield Clip(f'sports2d {key}', sequence.coords.astype(float), sequence.scores,
                   tracks.fps or 30.0)
    if (file := SHARED / 'real_estimators_dev.npz').exists():
        with np.load(file) as data:
            for name in sorted({key.split('/')[0] for key in data.files}):
                for step in (1, 2):
                    yield Clip(f'{name} {60 // step}', data[f'{name}/coords'][::step].astype(float),
                               data[f'{name}/scores'][::step].astype(float), 60 / step)
    for file in sorted((SHARED / 'studio').glob('*.npz'))[::12]:
        with np.load(file) as data:
            fps = float(data['fps'])
            for name in ('thunder', 'lightning', 'mp_video'):
                if name not in data:
                    continue
                values = data[name].astype(float)
                if np.isfinite(values[..., :2]).all(axis=(1, 2)).mean() > 0.9:
                    yield Clip(f'{file.stem} {name}', values[..., :2], values[..., -1], fps)


def places(number: int, seed: int = 0) -> list[Place]:
    """Random places at which the value is far from the body."""
    rng = np.random.default_rng(seed)
    known = list(clips())
    found: list[Place] = []
    while len(found) < number:
        clip = known[rng.integers(len(known))]
        frame, joint = int(rng.integers(len(clip.coords))), int(rng.integers(clip.coords.shape[1]))
        value = float(rng.choice(VALUES))
        there = clip.coords[frame, joint]
        if np.isfinite(there).all() and abs(value - there[0]) > size_of(clip):
            found.append(Place(clip, frame, joint, value))
    return found


def size_of(clip: Clip) -> float:
    """Median diagonal of the box around the person."""
    box = np.nanmax(clip.coords, axis=1) - np.nanmin(clip.coords, axis=1)
    return float(np.nanmedian(np.linalg.norm(box, axis=-1)))


@cache
def pairs_of_names(names: tuple[str, ...]) -> tuple[tuple[int, int], ...]:
    sides = left_right_groups(names)
    return tuple(pair for group in (*sides.groups, sides.head) for pair in group)


def pairs_of(clip: Clip) -> tuple[tuple[int, int], ...]:
    """Pairs of left and right keypoints."""
    skeleton = guess_skeleton(clip.coords)
    return () if skeleton is None else pairs_of_names(tuple(skeleton.keypoint_names))


def offline(coords: np.ndarray, clip: Clip, preset: str) -> np.ndarray:
    return np.asarray(smooth(coords, preset, fps=clip.fps, scores=clip.scores))


def live(coords: np.ndarray, clip: Clip, preset: str, lookahead: int) -> np.ndarray:
    smoother = build_smoother(preset, fps=clip.fps, lookahead=lookahead)
    frames = []
    for number, pose in enumerate(coords):
        scores = None if clip.scores is None else clip.scores[number]
        frames += smoother.step(PoseFrame(number, [PoseInstance(pose, scores, track_id='a')]))
    return np.stack([frame.instances[0].keypoints for frame in frames + smoother.flush()])


def moved(result: np.ndarray, base: np.ndarray, place: Place) -> tuple[float, float]:
    """How far other joints, and the joint in its other frames, are from where they were.

    A joint is itself and that of the other side, with which an estimator may have exchanged it.
    """
    distance = np.nan_to_num(np.linalg.norm(result - base, axis=-1))
    own = np.array([place.joint, *(other for pair in pairs_of(place.clip) if place.joint in pair
                                   for other in pair if other != place.joint)])
    others = np.delete(distance, own, axis=1)
    other_frames = np.delete(distance[:, own], place.frame, axis=0)
    return float(others.max()), float(other_frames.max(initial=0))


class Moved(NamedTuple):
    """Pixels by which a value far away moves the other joints and the joint's other frames.

    ``lost`` is how far the other joints move if the sample is missing; 0 where they hardly move.
    """

    others: float
    own: float
    lost: float
    place: Place


def sweep(chosen: Sequence[Place], preset: str, lookahead: int | None = None) -> list[Moved]:
    """What moves for each place."""
    bases: dict[str, np.ndarray] = {}
    found = []
    for place in chosen:
        clip = place.clip
        if lookahead is not None and abs(place.value) > MOST_LIVE:
            place = place._replace(value=float(np.copysign(MOST_LIVE, place.value)))

        def run(coords: np.ndarray, clip: Clip = clip) -> np.ndarray:
            return (offline(coords, clip, preset) if lookahead is None
                    else live(coords, clip, preset, lookahead))
        if clip.name not in bases:
            bases[clip.name] = run(clip.coords)
        try:
            others, own = moved(run(place.spoilt()), bases[clip.name], place)
            lost = moved(run(place.lost()), bases[clip.name], place)[0] if others > MOST else 0.0
            found.append(Moved(others, own, lost, place))
        except SmoothNetError as error:
            print(f'{preset}: {place.clip.name}, frame {place.frame}, joint {place.joint}: {error}')
            found.append(Moved(np.inf, np.inf, 0.0, place))
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument('--presets', nargs='+', default=[
        name for name in preset_names() if name != 'smoothnet'])
    parser.add_argument('--places', type=int, default=60)
    parser.add_argument('--seed', type=int, default=0)
    parser.add_argument('--live', type=int, nargs='*', default=[], help='look-aheads')
    args = parser.parse_args()
    warnings.simplefilter('ignore')
    chosen = places(args.places, args.seed)
    failed = False
    for preset in args.presets:
        for lookahead in args.live or [None]:
            found = sweep(chosen, preset, lookahead)
            how = 'offline' if lookahead is None else f'live, {lookahead} ahead'
            own = [one.own for one in found]
            beyond = [one for one in found if one.others > MOST]
            print(f'{preset:20} {how:14} others {max(one.others for one in found):8.2f} px, '
                  f'{len(beyond)} of {len(found)} beyond {MOST:g} px, '
                  f'{sum(one.others > one.lost + MOST for one in beyond)} of these by more than a '
                  f'missing sample; own {np.median(own):6.2f} (median) {max(own):8.2f} px',
                  flush=True)
            for one in beyond:
                print(f'    {one.place.clip.name}, frame {one.place.frame}, joint '
                      f'{one.place.joint}, {one.place.value:g}: others {one.others:.2f}, '
                      f'own {one.own:.2f}; missing: others {one.lost:.2f}')
            failed |= any(one.others > one.lost + MOST for one in beyond)
    return int(failed)


if __name__ == '__main__':
    sys.exit(main())
