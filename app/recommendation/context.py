"""What mood, activity, time of day and device do to a ranking: they lean, they never filter."""

import numpy as np
from numpy.typing import NDArray

from app.recommendation.habits import Habits
from app.recommendation.model import Model
from app.recommendation.request import ContextEffect, ListeningContext

Floats = NDArray[np.float32]

_SUIT_WEIGHT = 0.4  # of one standard deviation; 1 is the lead of a part's ten best
_HABIT_WEIGHT = 0.6  # of one nat


def context_scores(
    model: Model, context: ListeningContext, allowed: NDArray[np.bool_]
) -> tuple[Floats, tuple[ContextEffect, ...]]:
    """What to add to each track's score, shape=(tracks,), and what was done for each given word."""
    total = np.zeros(len(model.track_ids), dtype=np.float32)
    effects: list[ContextEffect] = []
    for name, word in (("mood", context.mood), ("activity", context.activity)):
        if word is not None:
            added, effect = _suited(model, name, word, allowed)
            total += added
            effects.append(effect)
    for name, word, habits in (
        ("timeOfDay", context.time_of_day, model.parts_of_day),
        ("device", context.device, model.devices),
    ):
        if word is not None:
            added, effect = _habitual(habits, name, word)
            total += added
            effects.append(effect)
    if context.location is not None:
        effects.append(
            ContextEffect(
                "location", context.location, False, "listens do not say where they were heard"
            )
        )
    return total, tuple(effects)


def _suited(
    model: Model, name: str, word: str, allowed: NDArray[np.bool_]
) -> tuple[Floats, ContextEffect]:
    nothing = np.zeros(len(model.track_ids), dtype=np.float32)
    if word not in model.suit_words:
        return nothing, ContextEffect(
            name, word, False, "nothing is known of the sound, genres or tags of the tracks"
        )
    suits = model.suits[model.suit_words.index(word)]
    values = suits[allowed]
    deviation = float(values.std()) if len(values) else 0.0
    if deviation < 1e-6:
        return nothing, ContextEffect(name, word, False, "all tracks suit it alike")
    added = (suits - values.mean()) / deviation * _SUIT_WEIGHT
    return added.astype(np.float32), ContextEffect(
        name, word, True, "tracks whose sound, genres and tags suit it move up"
    )


def _habitual(habits: Habits, name: str, word: str) -> tuple[Floats, ContextEffect]:
    if not habits.learned:
        nothing = np.zeros(habits.lift.shape[1], dtype=np.float32)
        return nothing, ContextEffect(name, word, False, "the listens show no such habit")
    lift = habits.lift[list(habits.words).index(word)]
    return np.asarray(lift * _HABIT_WEIGHT, dtype=np.float32), ContextEffect(
        name, word, True, "tracks that listeners play more then move up"
    )
