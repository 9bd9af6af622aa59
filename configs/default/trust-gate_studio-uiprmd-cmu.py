# The trust gate of smoother='default': what network, robust track and samples are worth.
#   python tools/trust_gate/train.py configs/default/trust-gate_studio-uiprmd-cmu.py --width 2 \
#       --data DATA --out trust_2d.safetensors
_base_ = './_base_/held_out.py'

seed = 77
hidden = 48
steps = 1500
batch = 16
rate = 3e-3
# Weights of what is worse than the input, and of the acceleration error.
harm = 1.5
bend = 0.3

# Shares of the kinds of drawn clips (tools/trust_gate/motions.py, errors.py).
shares = dict(
    motion=dict(coco=.5, joints=.15, few=.1, articulated=.17, loose=.08),
    error=dict(white=.2, coloured=.2, grid=.1, periodic=.07, frozen=.08, bursts=.08, spikes=.05,
               exchanged=.05, detector=.12, clean=.05),
    change=dict(plain=.68, still=.1, fast=.08, pan=.07, zoom=.07))

estimators = ['mp_static', 'mp_video', 'thunder', 'lightning']
# Parts of the data, with the share of each in a batch. The network has learned from the same
# Kinect clips, so most of them are altered.
data_2d = [
    dict(name='studio', weight=.2, splits=['train'], estimators=estimators),
    dict(name='studio', weight=.15, splits=['train'], estimators=estimators, seconds=1.67),
    dict(name='kinect', weight=.03, every=4),
    dict(name='kinect', weight=.07, every=3, altered=True),
    dict(name='drawn', weight=.55, number=1500)]
data_3d = [
    dict(name='kinect', weight=.08, every=2),
    dict(name='kinect', weight=.27, every=1, altered=True),
    dict(name='drawn', weight=.65, number=1300)]
