"""Style of the pictures in the gallery."""

from __future__ import annotations

from typing import Any


def reset(gallery_conf: Any, fname: str) -> None:
    """Begin every example with Okabe and Ito's colours, which all colour visions tell apart."""
    import matplotlib as mpl
    mpl.rcdefaults()
    mpl.rcParams.update({
        'axes.prop_cycle': mpl.cycler(color=['#0072B2', '#D55E00', '#009E73', '#CC79A7', '#E69F00',
                                             '#56B4E9', '#000000', '#F0E442']),
        'axes.spines.top': False, 'axes.spines.right': False, 'figure.dpi': 100})
