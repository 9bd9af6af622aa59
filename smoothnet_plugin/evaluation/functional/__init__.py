"""Metrics as pure NumPy functions of (T, K, C) arrays. See :mod:`.arrays` for their common form."""

from .arrays import (
    distances,
    frame_means,
    lengths,
    mean_of_measured,
    measured,
    measured_pair,
    root_align,
)
from .lag import lag_frames, lag_of_statistics, lag_statistics
from .motion import (
    accel_error,
    accel_error_per_joint,
    acceleration,
    acceleration_per_joint,
    jerk,
    jerk_per_joint,
    mpjve,
    mpjve_per_joint,
)
from .pck import pck, pck_per_joint
from .peaks import peak_attenuation, peak_energies
from .position import mpjpe, mpjpe_per_joint, mpvpe, n_mpjpe, n_mpjpe_per_joint
from .procrustes import pa_mpjpe, pa_mpjpe_per_joint, similarity_align
from .rotation import mpjae, mpjae_per_joint
from .spectrum import high_frequency_energies, high_frequency_ratio, spectrum_share
from .worst import worst_indices, worst_mean

__all__ = [
    'accel_error', 'accel_error_per_joint', 'acceleration', 'acceleration_per_joint', 'distances',
    'frame_means', 'high_frequency_energies', 'high_frequency_ratio', 'jerk', 'jerk_per_joint',
    'lag_frames', 'lag_of_statistics', 'lag_statistics', 'lengths', 'mean_of_measured',
    'measured', 'measured_pair', 'mpjae', 'mpjae_per_joint', 'mpjpe', 'mpjpe_per_joint', 'mpjve',
    'mpjve_per_joint', 'mpvpe', 'n_mpjpe', 'n_mpjpe_per_joint',
    'pa_mpjpe', 'pa_mpjpe_per_joint', 'pck', 'pck_per_joint', 'peak_attenuation', 'peak_energies',
    'root_align', 'similarity_align', 'spectrum_share', 'worst_indices', 'worst_mean',
]
