import csv
import json

import pytest

from smoothnet_plugin.benchmark.record import Record
from smoothnet_plugin.benchmark.report import markdown, write
from smoothnet_plugin.benchmark.tables import (
    TABLES,
    noise_levels,
    published_records,
    published_rows,
)
from smoothnet_plugin.errors import ConfigError

RECORDS = [
    Record('h36m', 'input', metrics={'mpjpe': 54.5512, 'accel_error': 19.17}),
    Record('h36m', 'gaussian', 'cutoff=4', 'mpjpe', 4, {'mpjpe': 53.67, 'accel_error': 2.43}),
    Record('h36m', 'SmoothNet', metrics={'mpjpe': 52.72, 'accel_error': 1.03},
           source='supplement 3')]


def test_markdown_shows_what_is_known():
    table = markdown(RECORDS, ('mpjpe', 'pa_mpjpe', 'accel_error'))
    head, rule, *rows = table.splitlines()
    assert [cell.strip() for cell in head.strip('|').split('|')] == [
        'data', 'smoother', 'tuned for', 'setting', 'look-ahead', 'source', 'MPJPE', 'Accel']
    assert len({len(line) for line in (head, rule, *rows)}) == 1
    assert '54.55' in rows[0] and 'supplement 3' in rows[2]
    assert markdown([], ('mpjpe',))


def test_the_worst_joint_is_named():
    metrics = {'worst_joint_ratio': 1.25, 'joint/ankle/ratio': 1.25, 'joint/hip/ratio': 0.5}
    raw = {'worst_joint_ratio': 1.0, 'joint/ankle/ratio': 1.0, 'joint/hip/ratio': 1.0}
    table = markdown([Record('d', 'input', metrics=raw), Record('d', 'net', metrics=metrics)],
                     ('worst_joint_ratio',))
    head, _, *rows = (
        [cell.strip() for cell in line.strip('|').split('|')] for line in table.splitlines())
    assert head[-1] == 'worst joint'
    assert [row[-1] for row in rows] == ['1.000', '1.250 (ankle)']


def test_files_by_their_endings(tmp_path):
    for name in ('t.md', 't.csv', 't.json', 't.png'):
        write(tmp_path / name, RECORDS, ('mpjpe', 'accel_error'))
    assert (tmp_path / 't.png').read_bytes().startswith(b'\x89PNG')
    assert json.loads((tmp_path / 't.json').read_text())[1]['lookahead'] == 4
    with open(tmp_path / 't.csv', newline='') as file:
        assert next(csv.DictReader(file))['mpjpe'] == '54.5512'
    with pytest.raises(ConfigError, match=r'\.md, \.csv'):
        write(tmp_path / 't.xlsx', RECORDS, ('mpjpe',))


def test_printed_numbers_are_found_by_their_data():
    row, = published_records(('readme 3d',), 'h36m', 'h36m', 'fcn', '3D')
    assert row.metrics == {'input_mpjpe': 54.55, 'mpjpe': 52.72, 'input_accel_error': 19.17,
                           'accel_error': 1.03}
    assert row.source == 'readme 3d' and 'h36m_fcn_3d' in row.setting
    assert not published_records(('readme 3d',), 'mine', 'uiprmd', 'kinect', '3D')


def test_every_table_has_printed_rows():
    tables = {row['table'] for row in published_rows()}
    for table in TABLES.values():
        assert set(table.published) <= tables
    assert sum(row['table'].startswith('readme') for row in published_rows()) == 33
    assert ('3d', 0.5, 50.0) in noise_levels() and ('2d', 0.1, 50.0) in noise_levels()


def test_printed_numbers_agree_with_the_reference_copy(reference_dir):
    reference = json.loads((reference_dir / 'published_tables.json').read_text())
    ours = [sorted(row['metrics'].values()) for row in published_rows()]
    for row in reference['rows']:
        assert sorted(row['metrics'].values()) in ours
