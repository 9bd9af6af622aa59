"""The sequences of a data set or of a dump as tracks to draw."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..errors import ConfigError, did_you_mean
from ..evaluation.clip import Clip
from ..structures import BodySequence, PoseTracks, is_rotation


def chosen_sequence(clips: Sequence[Clip], sequence: str | None) -> int:
    """Index of the sequence that a user names.

    Args:
        clips: The sequences.
        sequence: Name of one, or its number from 0; None for the only or the first one.

    Returns:
        The index.

    Raises:
        ConfigError: There is no such sequence.
    """
    names = [clip.name for clip in clips]
    if sequence is None:
        return 0
    if sequence in names:
        return names.index(sequence)
    if sequence.isdecimal() and int(sequence) < len(clips):
        return int(sequence)
    raise ConfigError(f'There is no sequence {sequence!r} among {len(clips)}. '
                      f'{did_you_mean(sequence, names)} A number from 0 to {len(clips) - 1} is '
                      'also valid.')


def tracks_of_clip(clip: Clip, refined: np.ndarray | None,
                   root_align: bool = True) -> dict[str, PoseTracks]:
    """Input, output and truth of a sequence.

    Args:
        clip: The sequence.
        refined: The smoothed coordinates, shape (T, K, C), or None.
        root_align: Whether 3D keypoints are drawn and measured relative to their root, where it is
            known. Defaults to True.

    Returns:
        The tracks by the titles of their panels.
    """
    poses = {'raw': (clip.inputs, 'betas'), 'smoothed': (refined, 'betas'),
             'truth': (clip.target, 'target_betas')}
    roots = clip.meta.get('root_indices')
    aligned = root_align and clip.representation == 'keypoints_3d'
    panels = {}
    for title, (coords, shape_key) in poses.items():
        if coords is None:
            continue
        if aligned and roots is not None:
            coords = coords - coords[:, list(roots)].mean(axis=1, keepdims=True)
        panels[title] = clip.replace(inputs=coords, scores=None, pred=None).tracks()
        betas = clip.meta.get(shape_key)
        if betas is not None and is_rotation(clip.representation):
            shape = np.broadcast_to(betas, (len(coords), np.shape(betas)[-1]))
            panels[title] = panels[title].map(
                lambda s, shape=shape: BodySequence.of_rotations(s, shape))
    return panels
