from __future__ import annotations

import zipfile

import numpy as np
import pytest

from smoothnet_plugin.errors import ConfigError, DataFormatError, MissingFileError
from smoothnet_plugin.integrations.estimators import mediapipe_model

flatbuffers = pytest.importorskip('flatbuffers')
lite = pytest.importorskip('mediapipe.tasks.metadata.schema_py_generated')
schema = pytest.importorskip('mediapipe.tasks.metadata.metadata_schema_py_generated')


def network(values=(1.0, 2.0)):
    """A TensorFlow Lite file with one constant and metadata of its own."""
    model, graph, tensor, content = lite.ModelT(), lite.SubGraphT(), lite.TensorT(), lite.BufferT()
    content.data = np.frombuffer(np.array(values, np.float32).tobytes(), np.uint8)
    tensor.name, tensor.shape, tensor.buffer = b'input_1', [1, 2], 1
    graph.tensors, graph.inputs, graph.outputs = [tensor], [0], [0]
    entry = lite.MetadataT()
    entry.name, entry.buffer = b'min_runtime_version', 0
    model.version, model.subgraphs = 3, [graph]
    model.buffers, model.metadata = [lite.BufferT(), content], [entry]
    builder = flatbuffers.Builder(0)
    builder.Finish(model.Pack(builder), b'TFL3')
    return bytes(builder.Output())


def read(data):
    return lite.ModelT.InitFromObj(lite.Model.GetRootAsModel(bytearray(data), 0))


@pytest.fixture
def tool(repo_dir, monkeypatch):
    monkeypatch.syspath_prepend(str(repo_dir / 'tools'))
    import mediapipe_model as module
    return lambda *arguments: module.main([str(argument) for argument in arguments])


def test_bundle_of_a_wheel(tool, tmp_path, capsys):
    wheel, out = tmp_path / 'mediapipe-0.10.21.whl', tmp_path / 'pose.task'
    with zipfile.ZipFile(wheel, 'w', zipfile.ZIP_DEFLATED) as archive:
        archive.writestr('mediapipe/modules/pose_detection/pose_detection.tflite', b'detector')
        archive.writestr('mediapipe/modules/pose_landmark/pose_landmark_full.tflite', network())
    tool(wheel, '-o', out)
    assert str(out) in capsys.readouterr().out
    with zipfile.ZipFile(out) as bundle:
        assert all(info.compress_type == zipfile.ZIP_STORED for info in bundle.infolist())
        assert bundle.read('pose_detector.tflite') == b'detector'
        written = read(bundle.read('pose_landmarks_detector.tflite'))
    assert [entry.name for entry in written.metadata] == [b'min_runtime_version',
                                                          b'TFLITE_METADATA']
    tensor = written.subgraphs[0].tensors[0]
    np.testing.assert_array_equal(
        np.asarray(written.buffers[tensor.buffer].data).view(np.float32), [1, 2])
    content = bytearray(bytes(written.buffers[written.metadata[1].buffer].data))
    assert schema.ModelMetadata.ModelMetadataBufferHasIdentifier(content, 0)
    described = schema.ModelMetadataT.InitFromObj(
        schema.ModelMetadata.GetRootAsModelMetadata(content, 0))
    [picture] = described.subgraphMetadata[0].inputTensorMetadata
    options = picture.processUnits[0].options
    assert (options.mean, options.std) == ([0], [255])


def test_what_is_no_wheel_with_networks(tool, tmp_path):
    with pytest.raises(MissingFileError, match='no wheel'):
        tool(tmp_path / 'none.whl', '-o', tmp_path / 'pose.task')
    new = tmp_path / 'mediapipe-1.2.3.whl'
    with zipfile.ZipFile(new, 'w') as archive:
        archive.writestr('mediapipe/__init__.py', '')
    broken = tmp_path / 'broken.whl'
    broken.write_bytes(b'PK')
    for wheel in (new, broken):
        with pytest.raises(DataFormatError, match=r'0\.10\.5 to 0\.10\.21'):
            tool(wheel, '-o', tmp_path / 'pose.task')
    assert not (tmp_path / 'pose.task').exists()


def test_without_an_index(tool, tmp_path, monkeypatch):
    for name, value in (('PIP_NO_INDEX', '1'), ('PIP_FIND_LINKS', str(tmp_path)),
                        ('PIP_CONFIG_FILE', '/dev/null')):
        monkeypatch.setenv(name, value)
    with pytest.raises(ConfigError, match='pip download'):
        tool('--download', '-o', tmp_path / 'pose.task')


def test_the_place_is_in_mediapipes_folder():
    import mediapipe
    place = mediapipe_model.model_place()
    assert place.name == 'pose_landmarker_full.task'
    assert mediapipe.__file__ is not None and str(place.parent) in mediapipe.__file__
