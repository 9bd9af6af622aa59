# MMPose 0.x: configs/_base_/filters/savizky_golay.py.
smoother = dict(type='SavgolFilter', window_size=11, polyorder=2)
