"""Reading and writing files of poses: one module per format, recognised by content.

A file can be written back in its own format with everything kept that was not smoothed. Formats
are classes in :data:`smoothnet_plugin.registry.FORMATS`; an extension derives its own from
:class:`Format`, reads into tracks by :class:`ReadContext`, and writes back by :func:`write_back`
(documents with a place for every person in every frame) or :func:`rows_for_document` (documents
with a record per person and frame).
"""

from ..registry import FORMATS
from ..utils.files import atomic_write
from . import (  # noqa: F401 (importing them registers the built-in formats)
    aist,
    alphapose,
    amass,
    bvh,
    c3d,
    coco,
    coco_annotations,
    deeplabcut,
    deeplabcut_h5,
    gvhmr,
    landmarks,
    mmaction,
    mmengine_dump,
    mmhuman3d,
    mmpose,
    mmpose_lines,
    npy,
    npz,
    openpose,
    openpose_file,
    opensim,
    phalp,
    pose2sim,
    poseflow,
    posetrack17,
    pw3d,
    romp,
    sleap,
    smoothnet_npz,
    table,
    trc,
    ultralytics,
    ultralytics_labels,
    vibe,
    videopose3d,
    videopose3d_detections,
    wham,
)
from ._choice import formats, get_format
from .base import Format, ReadContext, SourceDocument, frame_base
from .front import load, save, sniff
from .input_file import InputFile
from .rows import Row, rows_for_document
from .write_back import DenseUpdate, write_back

__all__ = ['FORMATS', 'DenseUpdate', 'Format', 'InputFile', 'ReadContext', 'Row', 'SourceDocument',
           'atomic_write', 'formats', 'frame_base', 'get_format', 'load', 'rows_for_document',
           'save', 'sniff', 'write_back']
