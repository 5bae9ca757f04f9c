"""Moods order tracks by sound and words, and stay honest about what is not known."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from app.audio.moods import ACTIVITIES, MOODS, feature_place, mood_scores
from app.errors import BadInput

NAMES = (
    "tempo", "mode", "loudness", "energy", "danceability", "valence", "acousticness",
    "instrumentalness", "speechiness", "liveness",
)  # fmt: skip
PARTY = (124, 1, -5, 0.9, 0.9, 0.9, 0.1, 0.0, 0.05, 0.1)
LULLABY = (66, 1, -24, 0.05, 0.2, 0.4, 0.95, 0.9, 0.03, 0.1)
METAL = (170, 0, -4, 0.99, 0.3, 0.1, 0.0, 0.3, 0.1, 0.2)
ELEGY = (62, 0, -18, 0.15, 0.2, 0.05, 0.8, 0.2, 0.03, 0.1)
FOUR = np.array([PARTY, LULLABY, METAL, ELEGY], dtype=np.float32)


@pytest.mark.parametrize(
    ("mood", "best"),
    [
        ("happy", 0), ("calm", 1), ("angry", 2), ("sad", 3), ("party", 0), ("sleep", 1),
        ("workout", 2), ("focused", 1), ("romantic", 1), ("melancholic", 3), ("uplifting", 0),
    ],
)  # fmt: skip
def test_each_mood_prefers_the_track_made_for_it(mood: str, best: int) -> None:
    """Protects the mapping from moods to sound: four unmistakable tracks, one winner a mood."""
    assert int(np.argmax(mood_scores(FOUR, NAMES, mood))) == best


def test_the_promised_words_are_known() -> None:
    """Clients were promised these values."""
    assert {
        "happy", "calm", "energetic", "sad", "relaxed", "focused", "romantic", "angry",
    } <= set(MOODS)  # fmt: skip
    assert set(ACTIVITIES) == {
        "workout", "studying", "party", "sleep", "commute", "work", "relaxing",
    }  # fmt: skip


def test_an_unknown_mood_is_refused_with_the_list() -> None:
    """A typing error gets the allowed words, not an empty answer."""
    with pytest.raises(BadInput, match=r"'hapy'.*happy, calm") as caught:
        mood_scores(FOUR, NAMES, "hapy")
    assert caught.value.argument == "mood"


def test_uncalibrated_features_still_order() -> None:
    """An analyzer whose energy ends at .3 orders tracks as one that uses the whole scale."""
    squeezed = FOUR.copy()
    squeezed[:, 3:] *= 0.3
    for mood in ("energetic", "calm", "workout"):
        assert np.argmax(mood_scores(squeezed, NAMES, mood)) == np.argmax(
            mood_scores(FOUR, NAMES, mood)
        )


def test_what_is_not_known_pulls_a_score_to_the_middle() -> None:
    """An unanalyzed track is neither promoted nor dropped: .5, and partly known ones between."""
    features = np.array([PARTY, PARTY, [np.nan] * len(NAMES), METAL], dtype=np.float32)
    features[1, NAMES.index("valence")] = np.nan
    whole, part, nothing, _ = mood_scores(features, NAMES, "happy")
    assert nothing == pytest.approx(0.5)
    assert whole > part > nothing


def test_tags_and_genres_move_a_score() -> None:
    """Words decide where the sound does not: named, hinted at, unrelated, against."""
    same = np.repeat(FOUR[:1], 4, axis=0)
    tags = [["sad songs"], ["blues"], ["seen live"], ["party"]]
    named, hinted, unrelated, against = mood_scores(same, NAMES, "sad", tags)
    assert named > hinted > unrelated > against
    assert unrelated == pytest.approx(mood_scores(same, NAMES, "sad")[2])


def test_place_of_a_lone_value_and_of_an_impossible_tempo() -> None:
    """One track has no rank to speak of; a tempo of 0 counts as not known."""
    assert feature_place(np.array([0.8], np.float32), "energy") == pytest.approx([0.65])
    assert np.isnan(feature_place(np.array([0, 120], np.float32), "tempo")).tolist() == [
        True,
        False,
    ]


@given(
    features=arrays(
        np.float32,
        st.tuples(st.integers(0, 8), st.just(len(NAMES))),
        elements=st.floats(width=32, allow_nan=True, allow_infinity=True),
    ),
    mood=st.sampled_from((*MOODS, *ACTIVITIES)),
)
def test_any_numbers_give_a_score_from_0_to_1(features: np.ndarray, mood: str) -> None:
    """Broken feature rows (NaN, infinities, absurd sizes) never make a NaN score."""
    scores = mood_scores(features, NAMES, mood)
    assert scores.shape == (len(features),)
    assert scores.dtype == np.float32
    assert ((scores >= 0) & (scores <= 1)).all()
