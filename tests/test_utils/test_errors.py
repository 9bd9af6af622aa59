"""Messages of errors."""

from __future__ import annotations

import pickle

import pytest

from smoothnet_plugin.errors import DataFormatError, UnsafeFileError


@pytest.mark.parametrize('kind', [DataFormatError, UnsafeFileError])
def test_long_messages_keep_their_start_and_end(kind):
    error = kind("'a.pkl' holds " + 'x' * 10**7 + '; save it again.')
    assert len(str(error)) < 8000
    assert str(error).startswith("'a.pkl' holds x") and str(error).endswith('; save it again.')
    assert str(pickle.loads(pickle.dumps(error))) == str(error)
    assert str(kind('short')) == 'short' and kind('a', 1).args == ('a', 1)
