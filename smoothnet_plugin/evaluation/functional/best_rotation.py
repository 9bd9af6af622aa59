"""The rotation that fits one set of points to another, for many sets at once."""

from __future__ import annotations

import numpy as np

#: Largest number of sweeps until three columns are orthogonal up to rounding; five are usual.
_MOST_SWEEPS = 30
_EPS = np.finfo(np.float64).eps
#: A sweep squares the cosine of the angle between columns: below this, one more sweep is enough.
_NEARLY = 1e-9


def best_rotation(covariance: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    r"""Rotations without reflection that maximise :math:`tr(R^\top H)`.

    In 2D this is an angle. In 3D, plane rotations from the right make the columns of :math:`H`
    orthogonal (one-sided Jacobi: Hestenes, J. SIAM 1958). This is a singular value decomposition
    :math:`H = U S V^\top` as precise as LAPACK's. The third vector of each side is the cross
    product of the first two, so that both are rotations without a check of the determinant.

    Args:
        covariance: :math:`H = A^\top B` of centred points (rows of :math:`A, B`), shape
            (C, C, T), finite float64.

    Returns:
        :math:`R` with :math:`A R \approx B`, shape (C, C, T), and the maximum, shape (T,): the sum
        of the singular values, with a negative sign of the smallest if a reflection would fit
        better. If several rotations are optimal, any one of them.

    Example:
        >>> turn = np.array([[0.0, 2.0], [-2.0, 0.0]])[..., None]
        >>> rotation, overlap = best_rotation(turn)
        >>> rotation[..., 0].tolist(), overlap.tolist()
        ([[0.0, 1.0], [-1.0, 0.0]], [4.0])
    """
    channels = len(covariance)
    if channels == 2:
        return _in_plane(covariance)
    if channels == 3:
        return _in_space(covariance)
    rotation, overlap = rotation_by_svd(covariance.transpose(2, 0, 1))
    return rotation.transpose(1, 2, 0), overlap


def _in_plane(h: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    cosine, sine = h[0, 0] + h[1, 1], h[0, 1] - h[1, 0]
    length = np.hypot(cosine, sine)
    known = length > 0
    cosine = np.divide(cosine, length, out=np.ones_like(length), where=known)
    sine = np.divide(sine, length, out=np.zeros_like(length), where=known)
    return np.array([[cosine, sine], [-sine, cosine]]), length


def _in_space(covariance: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    size = np.abs(covariance).max(axis=(0, 1))
    h = covariance / np.where(size > 0, size, 1)
    scaled = h.copy()
    v = np.zeros_like(h)
    v[[0, 1, 2], [0, 1, 2]] = 1
    for _ in range(_MOST_SWEEPS):
        if max([_orthogonalise(h, v, p, q) for p, q in ((0, 1), (0, 2), (1, 2))]) < _NEARLY:
            break
    lengths = np.sqrt(np.einsum('abt,abt->bt', h, h))
    order = np.argsort(-lengths, axis=0, kind='stable')[None]
    h, v = np.take_along_axis(h, order, axis=1), np.take_along_axis(v, order, axis=1)
    first, second = np.take_along_axis(lengths, order[0], axis=0)[:2]
    u1 = _unit(h[:, 0], first, np.array([1.0, 0.0, 0.0]))
    # For collinear points the second direction is arbitrary but orthogonal to the first.
    least = np.eye(3)[np.abs(u1).argmin(axis=0)].T
    free = _cross(u1, least)
    free /= np.sqrt((free ** 2).sum(axis=0))
    u2 = np.where(second > _EPS * first, _unit(h[:, 1], second, np.zeros(3)), free)
    u3, v3 = _cross(u1, u2), _cross(v[:, 0], v[:, 1])
    rotation = (u1[:, None] * v[None, :, 0] + u2[:, None] * v[None, :, 1]
                + u3[:, None] * v3[None])
    return rotation, np.einsum('abt,abt->t', rotation, scaled) * size


def _orthogonalise(h: np.ndarray, v: np.ndarray, p: int, q: int) -> float:
    """Rotate two columns of ``h`` and ``v`` in place; return their largest cosine before that."""
    x, y = h[:, p], h[:, q]
    alpha, beta = (x * x).sum(axis=0), (y * y).sum(axis=0)
    gamma = (x * y).sum(axis=0)
    lengths = np.sqrt(alpha * beta)
    skew = np.abs(gamma) > _EPS * lengths
    if not skew.any():
        return 0.0
    zeta = np.divide(beta - alpha, 2 * gamma, out=np.zeros_like(gamma), where=skew)
    tangent = np.where(zeta < 0, -1.0, 1.0) / (np.abs(zeta) + np.hypot(1.0, zeta)) * skew
    cosine = 1 / np.sqrt(1 + tangent * tangent)
    sine = cosine * tangent
    for matrix in (h, v):
        x, y = matrix[:, p], matrix[:, q]
        matrix[:, p], matrix[:, q] = cosine * x - sine * y, sine * x + cosine * y
    return float(np.max(np.abs(gamma[skew]) / lengths[skew]))


def _unit(vectors: np.ndarray, lengths: np.ndarray, otherwise: np.ndarray) -> np.ndarray:
    known = lengths > 0
    return np.where(known, vectors / np.where(known, lengths, 1), otherwise[:, None])


def _cross(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return np.stack([a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2],
                     a[0] * b[1] - a[1] * b[0]])


def rotation_by_svd(matrices: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The rotations that are closest to matrices of shape (N, C, C), by the Frobenius norm.

    Returns:
        The rotations, and the traces of their transposes times the matrices, shape (N,).
    """
    u, singular, vt = np.linalg.svd(matrices)
    sign = np.sign(np.linalg.det(u @ vt))
    singular[:, -1] *= sign
    u[:, :, -1] *= sign[:, None]
    return u @ vt, singular.sum(axis=1)
