from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smoothnet_plugin.errors import DataFormatError
from smoothnet_plugin.io._json import JsonStyle, parse_json

values = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.integers() | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner,
                                                                max_size=4), max_leaves=12)


@given(document=st.lists(st.dictionaries(st.text(max_size=4), values, min_size=1, max_size=3),
                         min_size=1, max_size=3),
       style=st.sampled_from([{}, {'indent': 2}, {'indent': '\t'}, {'indent': '  '}]),
       end=st.sampled_from(['', '\n']), mark=st.sampled_from(['', '\ufeff']))
def test_layout_comes_back(document, style, end, mark):
    text = mark + json.dumps(document, ensure_ascii=True, **style) + end
    assert JsonStyle.of(text).dumps(parse_json(text, 'x')) == text


@pytest.mark.parametrize('text', [
    '[\n{"a":1,"b":[1,2]},\n{"a":2}\n]\n', '[\n{"a": 1, "b": "x"}\n]', '{"a":[1,2],"b":{"c":"d"}}',
    '{\r\n  "a": [\r\n    1,\r\n    2\r\n  ]\r\n}\r\n', '[]', '{}\n', '{"é": NaN, "b": -Infinity}',
    '[{"a":true,"b":false,"c":null}]'])
def test_common_layouts_come_back(text):
    assert JsonStyle.of(text).dumps(parse_json(text, 'x')) == text


@pytest.mark.parametrize('text, message', [
    ('[{"a": 1},\n {"a": ', 'line 2, column 8; the file is cut off'),
    ('{"a": "b', 'Unterminated string.*line 1, column 7; the file is cut off'),
    ('[1 2]', r'line 1, column 4\.'), ('[' * 100000, 'not usable JSON|cut off'),
    ('[' + '1' * 5000 + ']', 'not usable JSON'),
])
def test_errors_name_the_place(text, message):
    with pytest.raises(DataFormatError, match=f"'some.json' is {'.*'}{message}"):
        parse_json(text, 'some.json')
