# The network of smoother='default' for rotations: CMU motion capture with drawn errors.
#   python tools/rotation_network/train.py configs/default/rotation-transformer_w64_1xb32_cmu.py \
#       cmu_bvh_rotations.npz cmu_amc_rotations.npz --out rotations.safetensors
seed = 15
# Subjects that are not used.
left_out = ['02', '08', '12', '16', '49']

network = dict(type='RotationTransformer', window_size=64, hidden_size=128, num_blocks=3,
               num_heads=4, num_bands=8)

steps = 3200
rate = 1.5e-3
batch = 32
# Joints of the windows of a batch: as many as drawn here, at random.
joints = (10, 14, 17, 17, 17)
# Share of windows that begin before their clip.
held = 0.15
# Weight of the acceleration error.
bend = 1.5

# Clips with errors in memory, frames of each, and every how many steps one is replaced.
clips = 400
clip_frames = (100, 260)
renewal = 5
# How often each number of frames per second, and each kind of error, is drawn.
frame_rates = {60: 0.25, 30: 0.55, 20: 0.2}
errors = dict(white=0.22, drift=0.30, bursts=0.20, all=0.24, none=0.04)
backwards = 0.3
# Share of clips whose joints swing independently of one another.
swinging = 0.15
