"""State of one tracked person."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

#: Weights of the newest displacement in the velocity and of the newest size in the size.
_VELOCITY_RATE, _SIZE_RATE = 0.3, 0.1


@dataclass
class Observation:
    """A person in one frame; unusable keypoints and an unknown box or size are NaN.

    Attributes:
        keypoints: Shape (K, C).
        bbox: Shape (4,).
        size: Body size in the unit of the keypoints.
        strong: Whether the estimator is confident about this person.
    """

    keypoints: np.ndarray
    bbox: np.ndarray
    size: float
    strong: bool

    @property
    def known(self) -> bool:
        """Whether there is a keypoint or a box."""
        return bool(np.isfinite(self.keypoints).any() or np.isfinite(self.bbox).any())


@dataclass
class State:
    """Position and motion of a person in a frame.

    Attributes:
        frame_id: The frame.
        keypoints: Shape (K, C); NaN for keypoints that have not been seen yet.
        bbox: Shape (4,), or NaN.
        velocity: Velocity of the body per frame, shape (C,); 0 while unknown.
        bbox_velocity: Velocity of the box's centre per frame, shape (2,); 0 while unknown.
        moving: Whether the velocities are known.
    """

    frame_id: int
    keypoints: np.ndarray
    bbox: np.ndarray
    velocity: np.ndarray
    bbox_velocity: np.ndarray
    moving: bool = False

    @classmethod
    def first(cls, frame_id: int, observation: Observation) -> State:
        """State of a person seen for the first time."""
        return cls(frame_id, observation.keypoints, observation.bbox,
                   np.zeros(observation.keypoints.shape[1]), np.zeros(2))

    def pose_after(self, frames: float) -> np.ndarray:
        """The pose, extrapolated by ``frames`` frames."""
        return self.keypoints + frames * self.velocity

    def bbox_after(self, frames: float) -> np.ndarray:
        """The box, extrapolated by ``frames`` frames."""
        return self.bbox + frames * np.tile(self.bbox_velocity, 2)

    def then(self, frame_id: int, observation: Observation) -> State:
        """The state after another observation."""
        gap = frame_id - self.frame_id
        rate = _VELOCITY_RATE if self.moving else 1.0
        shift = observation.keypoints - self.keypoints
        shift = shift[np.isfinite(shift).all(axis=-1)]
        # The median, since a single outlier does not move the body.
        moved = np.median(shift, axis=0) if len(shift) else gap * self.velocity
        bbox_moved = (observation.bbox - self.bbox).reshape(2, 2).mean(axis=0)
        bbox_moved = np.where(np.isfinite(bbox_moved), bbox_moved, gap * self.bbox_velocity)
        unseen = np.isnan(observation.keypoints)
        return State(
            frame_id,
            # Missing keypoints move with the body.
            np.where(unseen, self.keypoints + moved, observation.keypoints),
            np.where(np.isnan(observation.bbox), self.bbox_after(gap), observation.bbox),
            self.velocity + rate * (moved / gap - self.velocity),
            self.bbox_velocity + rate * (bbox_moved / gap - self.bbox_velocity),
            moving=True)


class Track:
    """The track of one person.

    Attributes:
        track_id: The person's id.
        states: The newest state; after an uncertain match also the previous one, so that a single
            outlier pose does not break the track.
        size: Body size, or NaN.
        strong: Whether the estimator has been confident about this person at least once.
        hits: Number of frames in which the person was seen.
    """

    def __init__(self, track_id: int, frame_id: int, observation: Observation) -> None:
        self.track_id = track_id
        self.states = [State.first(frame_id, observation)]
        self.size = observation.size
        self.strong = observation.strong
        self.hits = 1

    @property
    def seen(self) -> int:
        """The last frame in which the person was seen."""
        return self.states[0].frame_id

    @property
    def known(self) -> bool:
        """Whether the person was seen at all."""
        state = self.states[0]
        return bool(np.isfinite(state.keypoints).any() or np.isfinite(state.bbox).any())

    def update(self, frame_id: int, observation: Observation, state: int, sure: bool) -> None:
        """Add the person's newest observation.

        Args:
            frame_id: Frame of the observation.
            observation: The observation.
            state: Index of the state that it continues.
            sure: Whether the pose matches, and not only the box.
        """
        before = self.states[state]
        after = before.then(frame_id, observation)
        self.states = [after] if sure else [after, before]
        self.size = _next_size(self.size, observation.size)
        self.strong = self.strong or observation.strong
        self.hits += 1


def followed_size(observed: np.ndarray) -> np.ndarray:
    """Size of a track after each of its observations.

    Args:
        observed: Sizes of the observations, shape (T,); NaN where unknown.

    Returns:
        Shape (T,), NaN until the first known one.
    """
    size, sizes = float('nan'), []
    for value in observed.tolist():
        size = _next_size(size, value)
        sizes.append(size)
    return np.array(sizes)


def _next_size(size: float, observed: float) -> float:
    if not math.isfinite(observed):
        return size
    return size + _SIZE_RATE * (observed - size) if math.isfinite(size) else observed
