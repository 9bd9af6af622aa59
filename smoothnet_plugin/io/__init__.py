"""Files of poses, read and written: a module a format, told by content.

What was read in a format can be written back in it with everything kept that was not smoothed.
"""

from .base import Format, SourceDocument, frame_base
from .front import formats, get_format, load, save, sniff

__all__ = ['Format', 'SourceDocument', 'formats', 'frame_base', 'get_format', 'load', 'save',
           'sniff']
