"""Videos of stick figures and plots over time, before and after smoothing."""

from .comparison import draw_clip, draw_sheet, write_comparison, write_sheet
from .curves import CurveStrip, Plot, comparison_plots
from .plots import draw_plot, write_plot
from .scene import View
from .series import acceleration, position_error, spectrum
from .video import read_video, video_info, write_video

__all__ = [
    'CurveStrip', 'Plot', 'View', 'acceleration', 'comparison_plots', 'draw_clip', 'draw_plot',
    'draw_sheet',
    'position_error', 'read_video', 'spectrum', 'video_info', 'write_comparison', 'write_plot',
    'write_sheet', 'write_video'
]
