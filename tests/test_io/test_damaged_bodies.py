"""Every layout of body-model parameters, cut off: the fuzz harness asks less of damaged files."""

from __future__ import annotations

import pytest

from smoothnet_plugin import load
from smoothnet_plugin.errors import DataFormatError

from .samples import missing_package, write_samples

FORMATS = ('vibe', 'wham', 'phalp', 'gvhmr', 'romp', 'mmhuman3d', 'amass', 'aist', 'pw3d',
           'smoothnet_npz', 'bvh')


@pytest.fixture(scope='module')
def files(tmp_path_factory):
    return write_samples(tmp_path_factory.mktemp('samples'))


@pytest.mark.parametrize('name', FORMATS)
def test_cut_off(files, name, tmp_path):
    if missing_package(name):
        pytest.skip(f'{missing_package(name)} is not installed')
    whole = [path for path in files if path.name.partition('.')[0] == name and path.is_file()]
    assert whole
    for path in whole:
        content = path.read_bytes()
        for share in (0.0, 0.02, 0.3, 0.6, 0.9, 0.99):
            cut = tmp_path / path.name
            cut.write_bytes(content[:int(share * len(content))])
            for options in ({}, {'format': name}):
                with pytest.raises(DataFormatError, match=path.name):
                    load(cut, **options)
