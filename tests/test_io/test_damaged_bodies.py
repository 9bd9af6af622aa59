"""Every layout of body-model parameters, cut off and with damaged bytes."""

from __future__ import annotations

import numpy as np
import pytest

from smoothnet_plugin import load
from smoothnet_plugin.errors import DataFormatError, SmoothNetError
from smoothnet_plugin.io import sniff

from . import body_documents


@pytest.fixture(scope='module')
def files(tmp_path_factory):
    return body_documents.write_bodies(tmp_path_factory.mktemp('bodies'))


@pytest.fixture
def file(files, request):
    if request.param not in files:
        pytest.skip('joblib or torch is not installed')
    return request.param, files[request.param]


every = pytest.mark.parametrize('file', body_documents.NAMES, indirect=True)


@every
def test_intact(file):
    name, path = file
    assert sniff(path) == name
    tracks = load(path, fps=None if name in ('bvh', 'amass') else 30)
    assert all(np.isfinite(sequence.coords).all() for _, sequence in tracks)


@every
def test_cut_off(file, tmp_path):
    name, path = file
    content = path.read_bytes()
    for share in (0.0, 0.02, 0.3, 0.6, 0.9, 0.99):
        cut = tmp_path / path.name
        cut.write_bytes(content[:int(share * len(content))])
        for options in ({}, {'format': name}):
            with pytest.raises(DataFormatError, match=path.name):
                load(cut, **options)


@every
def test_damaged_bytes_give_tracks_or_an_error_of_this_package(file, tmp_path, rng):
    name, path = file
    content = np.frombuffer(path.read_bytes(), np.uint8)
    for _ in range(25):
        damaged = content.copy()
        places = rng.integers(0, len(damaged), rng.integers(1, 12))
        damaged[places] = rng.integers(0, 256, len(places))
        (tmp_path / path.name).write_bytes(damaged.tobytes())
        try:
            load(tmp_path / path.name, format=name, fps=30)
        except SmoothNetError as error:
            assert path.name in str(error)
