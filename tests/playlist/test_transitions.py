"""Transitions: what follows well, by numbers that a musician can check."""

import numpy as np
import pytest

from app.playlist.transitions import Sounds, key_similarity, tempo_similarity, transition_scores

A_MINOR, C_MAJOR, G_MAJOR, F_SHARP_MAJOR, E_FLAT_MINOR = (9, 0), (0, 1), (7, 1), (6, 1), (3, 0)


def test_tempo_is_a_ratio_in_which_half_and_double_nearly_match() -> None:
    """70 to 140 BPM is the same beat felt at two speeds; 100 to 130 is a break."""
    scores = tempo_similarity(np.array([70.0, 70.0, 140.0, 75.6, 100.0, 130.0]))
    assert scores[0, 1] == 1
    assert scores[0, 2] == pytest.approx(0.9)
    assert scores[0, 3] == pytest.approx(0.5)  # 8 % apart
    assert scores[4, 5] < 0.15


def test_key_distance_follows_the_circle_of_fifths() -> None:
    """Camelot neighbors (fifth, relative key) are one step; the tritone is farthest."""
    keys = np.array([C_MAJOR, G_MAJOR, A_MINOR, F_SHARP_MAJOR, E_FLAT_MINOR], dtype=float)
    scores = key_similarity(keys[:, 0], keys[:, 1])
    assert scores[0, 0] == 1
    assert scores[0, 1] == scores[0, 2] == pytest.approx(6 / 7)
    assert scores[0, 3] == pytest.approx(1 / 7)
    assert scores[0, 4] == 0
    assert scores[1, 2] == pytest.approx(5 / 7)  # a fifth and the other mode


def test_all_24_keys_have_exactly_three_nearest_neighbors() -> None:
    """The wheel that DJs use: same letter one up, one down, and the other letter."""
    key, mode = np.repeat(np.arange(12.0), 2), np.tile([0.0, 1.0], 12)
    scores = key_similarity(key, mode)
    assert (np.isclose(scores, 6 / 7).sum(axis=1) == 3).all()
    assert (scores == scores.T).all()


def test_unknown_parts_are_said_and_count_half() -> None:
    """A track without analysis is neither a good nor a bad neighbor, and says so."""
    nan = np.nan
    sounds = Sounds(
        tempo=np.array([120.0, 120.0, nan]),
        key=np.array([0.0, -1.0, nan]),
        mode=np.array([1.0, 1.0, nan]),
        energy=np.array([0.5, 0.75, nan]),
        loudness=np.array([-8.0, -14.0, nan]),
    )
    scores = transition_scores(sounds)
    assert scores.parts["tempo"][0, 1] == 1
    assert np.isnan(scores.parts["key"][0, 1])
    assert scores.parts["energy"][0, 1] == pytest.approx(0.5)
    assert scores.parts["loudness"][0, 1] == pytest.approx(0.5)
    assert scores.certainty[0, 1] == pytest.approx(0.75)
    assert scores.score[0, 2] == pytest.approx(0.5)
    assert scores.certainty[0, 2] == 0
    assert np.isfinite(scores.score).all()
