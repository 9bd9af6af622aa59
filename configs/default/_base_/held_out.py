# CMU takes that are not used to train smoother='default': every fifth of each skeleton. Training
# configs exclude them, benchmarks use them.
held_out = [
    'amc_01_03', 'amc_01_09', 'amc_02_02', 'amc_02_08', 'amc_03_04',
    'bvh_05_03', 'bvh_05_09', 'bvh_05_16', 'bvh_07_01', 'bvh_07_07', 'bvh_08_01', 'bvh_08_08',
    'bvh_12_02', 'bvh_16_31', 'bvh_29_01', 'bvh_35_05', 'bvh_35_11', 'bvh_35_17', 'bvh_35_23',
    'bvh_35_31', 'bvh_49_03', 'bvh_49_09', 'bvh_49_15', 'bvh_49_22']
# Takes of the third skeleton that record the same performance as a training take (found by their
# length and the body's extent over time): the motion is known, although the skeleton is not.
seen_motion = [
    'exp_test_jumping_jumping_1', 'exp_test_walking_extra_walking_12',
    'exp_test_walking_extra_walking_13', 'exp_test_walking_extra_walking_16',
    'exp_test_walking_extra_walking_17', 'exp_test_walking_extra_walking_18',
    'exp_test_walking_extra_walking_21', 'exp_test_walking_extra_walking_22',
    'exp_test_walking_extra_walking_23', 'exp_test_walking_extra_walking_6',
    'exp_test_walking_extra_walking_8', 'exp_test_walking_walking_1',
    'exp_train_walking_extra_walking_14', 'exp_train_walking_extra_walking_17',
    'exp_train_walking_extra_walking_19', 'exp_train_walking_extra_walking_22',
    'exp_train_walking_extra_walking_23', 'exp_train_walking_extra_walking_27',
    'exp_train_walking_extra_walking_29', 'exp_train_walking_extra_walking_30',
    'exp_train_walking_extra_walking_32', 'exp_train_walking_extra_walking_34',
    'exp_train_walking_walking_2', 'exp_train_walking_walking_3', 'exp_train_walking_walking_5']
