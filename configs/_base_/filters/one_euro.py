# MMPose 0.x: configs/_base_/filters/one_euro.py. Its min_cutoff=0.004 and beta=0.7 are for time in
# frames and do not change pixels; these are this filter's own defaults, in Hz.
smoother = dict(type='OneEuroFilter')
