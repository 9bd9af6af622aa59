"""The record of a run over many files: JSON lines, a row per file."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from ..errors import DataFormatError
from ..utils.files import atomic_write

Row = dict[str, Any]


class Manifest:
    """A file with a row for every input that is finished; each input has one row.

    Rows are appended as files finish. A last row that is cut off, because the process was killed
    while it wrote, is ignored.

    Args:
        path: The file. It need not exist.

    Raises:
        DataFormatError: A row is not JSON with the key ``input``.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.rows: dict[str, Row] = {}
        if path.exists():
            self._read()

    def _read(self) -> None:
        lines = self.path.read_text(encoding='utf-8').split('\n')
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            try:
                row = json.loads(line)
                self.rows[row['input']] = row
            except (ValueError, KeyError, TypeError) as error:
                if number == len(lines):
                    continue
                raise DataFormatError(
                    f"'{self.path}', line {number}: expected a JSON object with 'input' "
                    f'({error}); it is not a manifest of smooth-many. Give another --manifest, or '
                    'remove the file to start over.') from error

    def keep(self, inputs: Iterable[str]) -> None:
        """Rewrite the file with the rows of these inputs only."""
        wanted = set(inputs)
        self.rows = {name: row for name, row in self.rows.items() if name in wanted}
        with atomic_write(self.path) as file:
            file.writelines(map(_line, self.rows.values()))

    def add(self, row: Row) -> None:
        """Append the row of a finished input."""
        self.rows[row['input']] = row
        with self.path.open('a', encoding='utf-8') as file:
            file.write(_line(row))
            file.flush()
            os.fsync(file.fileno())


def digest(path: Path) -> str:
    """SHA-256 of a file, or of the names and contents of the files in a folder."""
    total = hashlib.sha256()
    if path.is_dir():
        for file in sorted(one for one in path.rglob('*') if one.is_file()):
            total.update(f'{file.relative_to(path)}\0{digest(file)}\0'.encode())
    else:
        with path.open('rb') as file:
            while block := file.read(1 << 20):
                total.update(block)
    return total.hexdigest()


def digest_of(settings: Mapping[str, Any]) -> str:
    """SHA-256 of settings, the same in every process."""
    return hashlib.sha256(json.dumps(settings, sort_keys=True, default=str).encode()).hexdigest()


def _line(row: Row) -> str:
    return json.dumps(row, default=str) + '\n'
