"""A model for new versions of MediaPipe, from the wheel of an old one.

Wheels of MediaPipe up to 0.10.21 hold the networks of its pose estimator (Apache 2.0); newer ones
hold none and read a bundle, a zip file of the same networks. What the bundle needs beside them is
the normalisation of the landmark network's pictures, as TensorFlow Lite metadata.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from ...errors import ConfigError, DataFormatError, MissingFileError
from ...utils.files import StrPath, check_output_path, temporary_beside
from .base import required

#: Name of the bundle in MediaPipe's folder.
MODEL_NAME = 'pose_landmarker_full.task'
#: The last version with networks in its wheel.
WHEEL_VERSION = '0.10.21'
_DETECTOR = 'mediapipe/modules/pose_detection/pose_detection.tflite'
_LANDMARKS = 'mediapipe/modules/pose_landmark/pose_landmark_full.tflite'
# The data is the same for every system; this wheel is the one to ask for.
_PLATFORM = ('--only-binary', ':all:', '--python-version', '3.11', '--implementation', 'cp',
             '--platform', 'manylinux_2_28_x86_64')


def model_place() -> Path:
    """Path of a bundle in the folder of the installed MediaPipe, where it is found by itself.

    Raises:
        ConfigError: MediaPipe is not installed.
    """
    return Path(required('mediapipe', 'mediapipe').__file__).parent / MODEL_NAME


def download_wheel(folder: StrPath) -> Path:
    """Download the wheel of :data:`WHEEL_VERSION` (36 MB) with pip, and install nothing.

    Args:
        folder: Where to put it.

    Returns:
        Its path.

    Raises:
        ConfigError: There is no pip (nor uv, which can run it), or it fails.
    """
    command = ['pip', 'download', f'mediapipe=={WHEEL_VERSION}', '--no-deps', *_PLATFORM]
    uv = shutil.which('uv')
    # Environments of uv have no pip in them.
    runner = [uv, 'tool', 'run'] if uv and not find_spec('pip') else [sys.executable, '-m']
    done = subprocess.run(
        [*runner, *command, '--quiet', '--disable-pip-version-check', '--dest', os.fspath(folder)],
        capture_output=True, text=True)
    found = sorted(Path(folder).glob('mediapipe-*.whl'))
    if done.returncode or not found:
        raise ConfigError(
            f'The wheel of MediaPipe {WHEEL_VERSION} cannot be downloaded ('
            f'{(done.stderr.strip() or "no file").splitlines()[-1]}). Download it elsewhere, '
            f"'{' '.join(command)}', and give its path: python tools/mediapipe_model.py WHEEL")
    return found[-1]


def write_model(wheel: StrPath, out: StrPath) -> Path:
    """Write the bundle of the networks in a wheel.

    Args:
        wheel: Wheel of MediaPipe 0.10.5 to 0.10.21, of any system.
        out: File to write (``.task``).

    Returns:
        Its path.

    Raises:
        ConfigError: MediaPipe is not installed.
        DataFormatError: The wheel is absent or holds no networks, or ``out`` cannot be written.
    """
    wheel, out = Path(wheel), check_output_path(out)
    if not wheel.is_file():
        raise MissingFileError(f"There is no wheel '{wheel}'.")
    try:
        with zipfile.ZipFile(wheel) as archive:
            detector, landmarks = archive.read(_DETECTOR), archive.read(_LANDMARKS)
    except (zipfile.BadZipFile, KeyError) as error:
        raise DataFormatError(
            f"'{wheel}' holds no pose networks ({error}); expected a wheel of MediaPipe 0.10.5 to "
            f'{WHEEL_VERSION}.') from error
    # MediaPipe maps the networks into memory, so they are stored, not compressed.
    with temporary_beside(out) as temporary, zipfile.ZipFile(temporary, 'w') as bundle:
        bundle.writestr('pose_detector.tflite', detector)
        # Pixels from 0 to 1; the detector's metadata, from -1 to 1, is in its file.
        bundle.writestr('pose_landmarks_detector.tflite', normalised(landmarks, 0, 255))
    return out


def normalised(network: bytes, mean: float, std: float) -> bytes:
    """A TensorFlow Lite network that says how its input picture is normalised.

    Args:
        network: The network; its only input is an RGB picture.
        mean: Subtracted from the values 0 to 255.
        std: What they are divided by afterwards.

    Returns:
        The network with this metadata; all else is the same.
    """
    flatbuffers = required('flatbuffers', 'mediapipe')
    lite: Any = required('mediapipe.tasks.metadata.schema_py_generated', 'mediapipe')
    model = lite.ModelT.InitFromObj(lite.Model.GetRootAsModel(bytearray(network), 0))
    content = lite.BufferT()
    content.data = np.frombuffer(_metadata(flatbuffers, mean, std), np.uint8)
    entry = lite.MetadataT()
    entry.name, entry.buffer = b'TFLITE_METADATA', len(model.buffers)
    model.buffers.append(content)
    model.metadata = [*(model.metadata or []), entry]
    return _packed(flatbuffers, model, b'TFL3')


def _metadata(flatbuffers: Any, mean: float, std: float) -> bytes:
    schema: Any = required('mediapipe.tasks.metadata.metadata_schema_py_generated', 'mediapipe')
    options, unit = schema.NormalizationOptionsT(), schema.ProcessUnitT()
    options.mean, options.std = [mean], [std]
    unit.optionsType = schema.ProcessUnitOptions.NormalizationOptions
    unit.options = options
    picture, content = schema.ImagePropertiesT(), schema.ContentT()
    picture.colorSpace = schema.ColorSpaceType.RGB
    content.contentPropertiesType = schema.ContentProperties.ImageProperties
    content.contentProperties = picture
    tensor, graph, whole = (schema.TensorMetadataT(), schema.SubGraphMetadataT(),
                            schema.ModelMetadataT())
    tensor.name, tensor.content, tensor.processUnits = 'image', content, [unit]
    graph.inputTensorMetadata = [tensor]
    whole.name, whole.subgraphMetadata = 'pose landmarks', [graph]
    return _packed(flatbuffers, whole, b'M001')


def _packed(flatbuffers: Any, table: Any, identifier: bytes) -> bytes:
    builder = flatbuffers.Builder(0)
    builder.Finish(table.Pack(builder), identifier)
    return bytes(builder.Output())
