"""Videos of stick figures and plots over time, before and after smoothing."""

from .comparison import draw_clip, write_comparison
from .plots import draw_plot, write_plot
from .series import acceleration, position_error, spectrum
from .video import read_video, video_info, write_video

__all__ = [
    'acceleration', 'draw_clip', 'draw_plot', 'position_error', 'read_video', 'spectrum',
    'video_info', 'write_comparison', 'write_plot', 'write_video'
]
