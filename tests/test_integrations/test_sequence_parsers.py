from __future__ import annotations

import numpy as np
import pytest

from smoothnet_plugin.errors import ConfigError, DataFormatError
from smoothnet_plugin.integrations.mmpose.sequence_parsers import (
    PARSERS,
    FolderSequenceParser,
    Human36mSequenceParser,
    RowPlace,
    build_sequence_parser,
)

H36M = 'S9/S9_Walking_1.54138969/S9_Walking_1.54138969_{:06d}.jpg'


def sample(rows=1, **meta):
    return {'pred_instances': {'keypoints': np.zeros((rows, 4, 2))}, **meta}


@pytest.mark.parametrize(('name', 'meta', 'expected'), [
    ('h36m', dict(target_img_path=np.array([H36M.format(7)])),
     RowPlace('S9_Walking_1.54138969', 7, 0, 50.0)),
    ('h36m', dict(target_img_path=H36M.format(7)), RowPlace('S9_Walking_1.54138969', 7, 0, 50.0)),
    ('h3wb', dict(img_paths=['d/S7/Images/Eating.551/frame_8.jpg', 'd/Eating.551/frame_12.jpg']),
     RowPlace('d/Eating.551/frame_', 12, 0, 50.0)),
    ('h3wb', dict(img_path='d/Eating.551/frame_12.jpg'),
     RowPlace('d/Eating.551/frame_', 12, 0, 50.0)),
    ('ubody3d', dict(target_img_paths=['d/images/Trim3/000041.png'], img_path='d/Trim3/000043.png'),
     RowPlace('d/images/Trim3', 41, 0)),
    # Video models read the pictures around the frame too.
    ('posetrack18', dict(img_path=['val/01_mpii/000012.jpg', 'val/01_mpii/000010.jpg'],
                         raw_ann_info={'track_id': 3}), RowPlace('val/01_mpii', 12, 3)),
    ('posetrack18', dict(img_path='val/01_mpii/000012.jpg'), RowPlace('val/01_mpii', 12)),
    ('jhmdb', dict(img_path='Rename_Images/golf/a_b_4/00015.png'),
     RowPlace('Rename_Images/golf/a_b_4', 15, 0, 30.0)),
    ('coco', dict(img_path='/data/clip/cam2_frame0031.png'),
     RowPlace('/data/clip/cam2_frame', 31)),
    ('coco', dict(img_path='C:\\data\\clip\\31.png'), RowPlace('C:/data/clip', 31)),
    (None, dict(target_img_path=['clip/5.png'], img_path='clip/9.png'), RowPlace('clip', 5)),
])
def test_place_by_data_set(name, meta, expected):
    [place] = build_sequence_parser('auto', name)(sample(**meta), 1)
    assert place == expected
    assert isinstance(place.frame, int)


def test_several_targets_and_several_people():
    paths = [H36M.format(i) for i in range(4)]
    places = Human36mSequenceParser()(sample(4, target_img_path=paths), 4)
    assert [place.frame for place in places] == [0, 1, 2, 3]
    places = FolderSequenceParser(fps=25)(sample(3, img_path='a/1.png'), 3)
    assert places == [RowPlace('a', 1, None, 25)] * 3
    people = sample(2, img_path='a/1.png')
    people['pred_instances']['track_ids'] = np.array([4, 9])
    assert [p.track_id for p in FolderSequenceParser()(people, 2)] == [4, 9]
    with pytest.raises(DataFormatError, match='3 poses and names 4 images'):
        Human36mSequenceParser()(sample(3, target_img_path=paths), 3)


@pytest.mark.parametrize('name', [*PARSERS, None])
def test_missing_key_names_the_entry_to_add(name):
    wanted = {'h36m': 'target_img_path', 'ubody3d': 'target_img_paths'}.get(name or '', 'img_path')
    with pytest.raises(DataFormatError, match=rf"meta_keys=\(\.\.\., '{wanted}'\)"):
        build_sequence_parser('auto', name)(sample(img_id=3), 1)


def test_names_without_numbers():
    with pytest.raises(DataFormatError, match="no frame number in the file name of 'a/b.png'"):
        FolderSequenceParser()(sample(img_path='a/b.png'), 1)
    with pytest.raises(DataFormatError, match="'a/12.png' is not an image of Human3.6M"):
        Human36mSequenceParser()(sample(target_img_path='a/12.png'), 1)


def test_forms_of_entry():
    assert type(build_sequence_parser('h36m', 'coco')) is Human36mSequenceParser
    built = build_sequence_parser(lambda s, rows: [RowPlace('x', s['n'])] * rows)
    assert built(sample(n=4), 1) == [RowPlace('x', 4)]
    for entry, message in (('h36', "Did you mean 'h36m'"), (3, 'expected a name'),
                           (dict(type='Nothing'), "type 'Nothing'")):
        with pytest.raises(ConfigError, match=message):
            build_sequence_parser(entry)


@pytest.mark.mmpose
@pytest.mark.parametrize('prefix', ['', 'smoothnet_plugin.'])
def test_registered_by_name(prefix):
    parser = build_sequence_parser(dict(type=f'{prefix}FolderSequenceParser', fps=24))
    assert type(parser) is FolderSequenceParser and parser.fps == 24


@pytest.mark.mmpose
def test_data_sets_are_named_as_in_mmpose(mmpose):
    from pathlib import Path

    from mmengine.config import Config
    bases = Path(mmpose.__file__).parent / '.mim' / 'configs' / '_base_' / 'datasets'
    names = {Config.fromfile(bases / f'{file}.py').dataset_info['dataset_name']
             for file in ('h36m', 'h3wb', 'ubody3d', 'posetrack18', 'jhmdb')}
    assert names == set(PARSERS) - {'folder'}
