"""Every case of ``../shared/cases`` has tests: its own input, and further inputs of its kind.

The cases are inputs that an earlier version answered wrongly or broke on; each stands for a kind.
A new case fails here until its tests are entered.
"""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
#: For every case the tests of its own input (or one made in the same way), and those of others.
CASES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    'ids_missing_in_some_frames': (
        ('test_tracking/test_naming.py::test_offline_people_keep_their_rows',),
        ('test_tracking/test_naming.py::test_live_no_person_is_doubled_or_added',
         'test_tracking/test_naming.py::test_files_with_ids_in_some_frames',
         'test_apis/test_combinations.py::test_ids_in_some_frames_and_zeros_for_lost_keypoints')),
    'zeros_for_missing': (
        ('test_smoothers/test_preparation.py::test_placeholders_with_scores_do_not_pull',),
        ('test_smoothers/test_preparation.py::test_placeholders_of_files',
         'test_processing/test_placeholders.py::test_placeholders_of_any_number_are_found',
         'test_apis/test_cli.py::test_zeros')),
    'xyconf_as_3d': (
        ('test_apis/test_arrays.py::test_confidences_are_recognised_and_kept',),
        ('test_apis/test_combinations.py::test_confidences_in_arrays_of_files',
         'test_apis/test_combinations.py::'
         'test_confidences_without_a_name_are_scores_in_every_format',
         'test_processing/test_third_values.py::test_real_confidences_in_percent',
         'test_processing/test_third_values.py::test_real_recordings_are_depths')),
    'sports2d_trc': (
        ('test_io/test_trc.py::test_the_pixels_of_sports2d',),
        ('test_io/test_trc.py::test_flat_files_are_smoothed_in_2d',
         'test_apis/test_arrays.py::test_flat_points_in_space_are_smoothed_as_2d',
         'test_apis/test_combinations.py::test_millimetres_on_a_plane_with_zeros_for_missing')),
    'low_fps': (
        ('test_smoothers/test_low_rates.py::test_motion_capture_at_low_rates',),
        ('test_smoothers/test_low_rates.py::test_no_preset_is_worse_than_its_input_on_average',
         'test_smoothers/test_low_rates.py::test_default_is_not_worse_than_its_input_on_average')),
    'variable_frame_rate': (
        ('test_smoothers/test_clock.py::test_the_true_times_are_better_than_the_mean_rate',
         'test_smoothers/test_clock.py::test_milliseconds_as_frame_numbers_are_refused'),
        ('test_smoothers/test_clock.py::test_live_stamps_are_better_than_frame_numbers',
         'test_io/test_times.py::test_an_uneven_clock_is_used_and_kept',
         'test_processing/test_outdated.py::test_repeats_between_uneven_time_stamps')),
    'many_keypoints': (
        ('test_smoothers/test_many_keypoints.py::test_memory_of_whole_clips_is_linear',
         'test_smoothers/test_many_keypoints.py::test_work_of_the_networks_is_linear'),
        ('test_smoothers/test_many_keypoints.py::test_memory_of_live_smoothing_is_linear',
         'test_filters/test_robust_filter.py::test_any_shape',
         'test_models/test_grouped_joints.py::*')),
    'trc_dialects': (
        ('test_io/test_trc.py::test_bursts_of_lost_markers',
         'test_io/test_trc.py::test_dialects_are_read_and_written_as_trc'),
        ('test_io/test_trc.py::test_missing_cells_are_filled',
         'test_io/test_hostile_files.py::test_other_encodings_are_named',
         'test_smoothers/test_ends.py::test_a_trc_file_of_the_command')),
    'formats_refused': (
        ('test_io/test_every_format.py::test_layouts_that_were_refused',),
        ('test_io/test_every_format.py::test_smoothed_and_read_again',
         'test_io/test_hostile_files.py::test_unknown_files_are_described',
         'test_io/test_every_format.py::test_a_pickle_of_rotations_says_what_it_holds')),
    'low_scores': (
        ('test_smoothers/test_preparation.py::test_the_real_wrist_of_low_scores',),
        ('test_smoothers/test_preparation.py::'
         'test_right_detections_between_wrong_ones_of_low_scores',
         'test_filters/test_robust_filter.py::test_real_wrist_with_low_scores')),
    'left_right_exchange': (
        ('test_smoothers/test_preparation.py::test_left_and_right_of_mediapipe',),
        ('test_smoothers/test_preparation.py::test_exchanged_sides_are_put_back',
         'test_processing/test_exchanges.py::test_exchanges_are_found')),
    'outlier_other_joints': (
        ('test_smoothers/test_one_glitch.py::test_random_places_of_real_clips',),
        ('test_smoothers/test_one_glitch.py::test_a_glitch_stays_alone',
         'test_smoothers/test_one_glitch.py::test_every_kind_of_frame_keypoint_and_value')),
    'live_outlier': (
        ('test_smoothers/test_overflow.py::test_live_absurd_values_are_held_or_refused',),
        ('test_smoothers/test_overflow.py::test_finite_in_finite_out',
         'test_smoothers/test_overflow.py::test_overflow_names_frame_and_keypoint')),
    'traceback_readers': (
        ('test_io/test_hostile_files.py::test_the_damaged_files_of_the_workplace',
         'test_io/test_hostile_files.py::test_npy_headers',
         'test_io/test_hostile_files.py::test_tables_of_long_or_open_cells',
         'test_io/test_hostile_files.py::test_dumps_with_odd_ids_and_paths'),
        ('fuzz/test_reader_fuzz.py::*', 'test_io/test_damaged.py::test_json',
         'test_io/test_damaged.py::test_bytes')),
    'pickle_memory': (
        ('test_io/test_hostile_files.py::test_pickles_that_ask_for_memory',),
        ('test_io/test_hostile_files.py::test_tensors_larger_than_their_storage',
         'test_io/test_body_files.py::test_bombs_are_not_inflated')),
    'readers_bombs': (
        ('test_io/test_npz.py::test_a_bomb_is_refused_and_unused_arrays_are_never_unpacked',
         'test_io/test_hostile_files.py::test_too_many_columns',
         'test_io/test_hostile_files.py::test_frame_rates_that_are_none'),
        ('test_io/test_hostile_files.py::test_clips_with_far_frames_take_little_memory',
         'test_io/test_hostile_files.py::test_a_far_picture_needs_no_more_memory')),
    'trc_far': (
        ('test_io/test_trc.py::test_frames_far_apart_get_no_lines_between',),
        ('test_io/test_hostile_files.py::test_clips_with_far_frames_take_little_memory',
         'test_io/test_arrays.py::test_new_npy')),
    'c3d_segfault': (
        ('test_io/test_hostile_files.py::test_a_crash_of_ezc3d_ends_nothing',),
        ('test_io/test_c3d.py::*', 'test_io/test_every_format.py::*')),
    'device_node': (
        ('test_utils/test_files.py::test_a_device_is_written_to_and_stays',
         'test_utils/test_files.py::test_the_mode_of_the_old_file_is_kept'),
        ('test_utils/test_files.py::test_a_pipe_is_written_to_and_stays',
         'test_io/test_hostile_files.py::test_pipes_from_end_to_end')),
    'yaml_json_code': (
        ('test_utils/test_config_file.py::test_data_files_run_no_code',),
        ('test_utils/test_config_file.py::test_data_files_name_no_program',
         'test_utils/test_config_file.py::test_types_of_data_files_are_names_of_registered_classes',
         'test_utils/test_config_file.py::test_aliases_that_stand_for_billions_of_values',
         'test_apis/test_cli.py::test_configs_of_data_run_no_code')),
    'default_live_memory': (
        ('test_models/test_window_cache.py::*',),
        ('test_smoothers/test_live_memory.py::test_default_forgets_people_who_left',
         'test_smoothers/test_live_memory.py::test_people_who_left_are_forgotten',
         'test_smoothers/test_live_memory.py::test_memory_is_flat_and_proportional_to_the_people',
         'test_smoothers/test_live_memory.py::'
         'test_many_kinds_of_windows_share_the_size_of_the_cache',
         'test_smoothers/test_pose_smoother.py::test_live_memory_does_not_grow',
         'test_smoothers/test_frame_buffer.py::test_memory_is_bounded_by_the_frames_held')),
}


def functions_in(path: Path) -> set[str]:
    return {node.name for node in ast.parse(path.read_text()).body
            if isinstance(node, ast.FunctionDef) and node.name.startswith('test_')}


@pytest.mark.parametrize('case', CASES)
def test_the_functions_in_a_case_exist(case):
    own, others = CASES[case]
    assert own and others
    for entry in own + others:
        path, _, name = entry.partition('::')
        assert name == '*' or name in functions_in(TESTS / path), entry


def test_every_case_is_entered(cases_dir):
    cases = {path.stem for path in cases_dir.glob('*.py')} - {'common'}
    assert cases == set(CASES)
    files = functions_in(TESTS / 'test_io' / 'test_every_format.py')
    text = (TESTS / 'test_io' / 'test_every_format.py').read_text()
    assert 'test_layouts_that_were_refused' in files
    assert all(f"'{path.name}'" in text for path in (cases_dir / 'files').iterdir())
