"""A body model file in SMPL's layout, made of ellipsoids around the joints and bones."""

from __future__ import annotations

import numpy as np
from scipy.spatial import ConvexHull

from smoothnet_plugin.structures.body_joints import BODY_JOINTS, body_tree

POINTS = 40  # of an ellipsoid


def body_arrays(joints: int = 24) -> dict[str, np.ndarray]:
    """Arrays of a model file; the first shape parameter makes the body larger by a tenth."""
    tree = body_tree(BODY_JOINTS[joints])
    rest = np.array(tree.offsets)
    for joint, parent in enumerate(tree.parents[1:], 1):
        rest[joint] += rest[parent]
    unit, triangles = ball()
    vertices, owners = [], []
    for joint in range(joints):
        vertices.append(0.05 * unit + rest[joint])
        owners.append(joint)
    for joint, parent in enumerate(tree.parents[1:], 1):
        along = (rest[joint] - rest[parent]) / 2
        length = max(float(np.linalg.norm(along)), 0.05)
        direction = along / max(float(np.linalg.norm(along)), 1e-9)
        stretched = 0.06 * unit + np.outer(unit @ direction, direction) * (length - 0.06)
        vertices.append(stretched + rest[parent] + along)
        owners.append(parent)
    template = np.concatenate(vertices)
    weights = np.repeat(np.eye(joints)[owners], POINTS, axis=0)
    regressor = np.zeros((joints, len(template)))
    for joint in range(joints):
        regressor[joint, joint * POINTS:(joint + 1) * POINTS] = 1 / POINTS
    shapes = np.zeros((len(template), 3, 10))
    shapes[:, :, 0] = 0.1 * template
    parents = np.where(tree.parents < 0, 2**32 - 1, tree.parents)
    return {'v_template': template, 'shapedirs': shapes,
            'posedirs': np.zeros((len(template), 3, 9 * (joints - 1))), 'J_regressor': regressor,
            'weights': weights,
            'kintree_table': np.array([parents, range(joints)], dtype=np.uint32),
            'f': np.concatenate([triangles + i * POINTS for i in range(len(owners))]).astype(
                np.uint32)}


def ball() -> tuple[np.ndarray, np.ndarray]:
    """Points of a unit sphere around 0 and triangles with normals outward."""
    height = 1 - (2 * np.arange(POINTS) + 1) / POINTS
    angle = np.pi * (1 + 5**0.5) * np.arange(POINTS)
    ring = np.sqrt(1 - height**2)
    points = np.stack([ring * np.cos(angle), ring * np.sin(angle), height], axis=-1)
    points -= points.mean(axis=0)
    triangles = ConvexHull(points).simplices
    a, b, c = points[triangles].transpose(1, 0, 2)
    inward = np.einsum('fc,fc->f', np.cross(b - a, c - a), a) < 0
    triangles[inward] = triangles[inward][:, ::-1]
    return points, triangles
