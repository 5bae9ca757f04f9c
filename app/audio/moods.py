"""Moods and activities, and how well the sound and the tags of a track suit them.

The mapping follows the circumplex of affect (Russell 1980, "A circumplex model of affect"): a mood
is a place on two axes, valence (unpleasant to pleasant) and arousal (sleepy to excited). Which
cues of the sound carry them follows the review by Juslin and Laukka (2004, "Expression,
perception, and induction of musical emotions", table 3): fast tempo, high sound level and major
mode for happiness; slow, soft and minor for sadness; fast, loud and minor for anger; slow, soft
and major for tenderness. Tempo and level for exercise follow Karageorghis and Priest (2012). The
weights are our own reading of those reviews; no thresholds of any service are claimed.

A feature counts by its place: half its own value on a fixed scale, half its rank within the
catalog. The rank keeps the order right where features are not calibrated (an analyzer whose
`energy` never passes .4); the value keeps a catalog of one style from seeming to hold every mood.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from math import log2

import numpy as np
from numpy.typing import NDArray

from app.errors import BadInput

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Profile:
    """What suits one mood or activity.

    `cues` maps a feature to (target place 0..1, weight); `words` are tags that name it, `genres`
    are tags and genres that hint at it, `against` are tags and genres that speak against it.
    """

    cues: Mapping[str, tuple[float, float]]
    words: frozenset[str] = field(default_factory=frozenset)
    genres: frozenset[str] = field(default_factory=frozenset)
    against: frozenset[str] = field(default_factory=frozenset)


def _words(text: str) -> frozenset[str]:
    return frozenset(_spaced(word.strip()) for word in text.split(","))


def _spaced(word: str) -> str:
    return word.replace("-", " ")  # lo-fi and lo fi are one


MOOD_PROFILES: Mapping[str, Profile] = {
    "happy": Profile(
        {"valence": (1, 3), "energy": (0.7, 1), "tempo": (0.65, 1), "mode": (1, 1)},
        _words("happy, cheerful, feelgood, feel good, fun, joyful, sunny, upbeat"),
        _words("pop, disco, funk, ska, dance pop, swing"),
        _words("sad, melancholy, melancholic, depressing, dark, doom metal, angry"),
    ),
    "calm": Profile(
        {"energy": (0, 3), "loudness": (0.1, 2), "tempo": (0.2, 1), "acousticness": (0.9, 1)},
        _words("calm, peaceful, quiet, soothing, gentle, soft, mellow"),
        _words("ambient, classical, acoustic, new age, folk, piano"),
        _words("aggressive, metal, punk, hard rock, hardcore, energetic, techno"),
    ),
    "energetic": Profile(
        {"energy": (1, 3), "loudness": (0.9, 1), "tempo": (0.85, 2), "danceability": (0.7, 0.5)},
        _words("energetic, energy, powerful, driving, intense, upbeat"),
        _words("rock, metal, punk, edm, drum and bass, techno, hard rock, electronic, dance"),
        _words("calm, ambient, sleep, soothing, lullaby, slow"),
    ),
    "sad": Profile(
        {"valence": (0, 3), "energy": (0.2, 1.5), "tempo": (0.25, 1), "mode": (0, 1)},
        _words("sad, sadness, heartbreak, melancholy, melancholic, depressing, lonely, grief"),
        _words("blues, slowcore, emo, singer-songwriter"),
        _words("happy, cheerful, party, fun, upbeat, disco"),
    ),
    "relaxed": Profile(
        {"energy": (0.25, 2), "valence": (0.65, 1), "loudness": (0.3, 1), "tempo": (0.3, 1)},
        _words("relaxed, relaxing, relax, chill, chillout, easy listening, laid back, mellow"),
        _words("lounge, downtempo, reggae, jazz, bossa nova, lo-fi, acoustic, soul"),
        _words("aggressive, angry, metal, punk, hardcore, intense"),
    ),
    "focused": Profile(
        {
            "instrumentalness": (1, 2),
            "speechiness": (0, 1.5),
            "energy": (0.4, 1.5),
            "liveness": (0.1, 0.5),
            "loudness": (0.35, 0.5),
        },
        _words("focus, focused, concentration, study, studying, instrumental"),
        _words("ambient, classical, minimal, lo-fi, post-rock, soundtrack, electronica"),
        _words("party, comedy, spoken word, live"),
    ),
    "romantic": Profile(
        {"valence": (0.65, 1.5), "energy": (0.3, 2), "mode": (1, 0.7), "acousticness": (0.7, 1)},
        _words("romantic, romance, love, love songs, sensual, sexy, tender, slow jam"),
        _words("soul, r&b, ballad, bossa nova, bolero, jazz"),
        _words("angry, aggressive, metal, punk"),
    ),
    "angry": Profile(
        {"energy": (1, 2.5), "valence": (0.1, 2), "loudness": (1, 1.5), "mode": (0, 0.5)},
        _words("angry, anger, aggressive, rage, furious, brutal"),
        _words("metal, hardcore, punk, industrial, thrash metal, death metal, metalcore"),
        _words("calm, peaceful, romantic, love, soothing, ambient"),
    ),
    "melancholic": Profile(
        {"valence": (0.1, 2), "energy": (0.35, 1.5), "acousticness": (0.65, 1), "mode": (0, 1)},
        _words("melancholic, melancholy, wistful, bittersweet, longing, nostalgic, sad"),
        _words("indie folk, slowcore, fado, shoegaze, trip-hop, singer-songwriter"),
        _words("happy, party, cheerful, fun"),
    ),
    "uplifting": Profile(
        {"valence": (0.85, 2), "energy": (0.85, 2), "mode": (1, 1), "tempo": (0.65, 0.5)},
        _words("uplifting, inspiring, hopeful, euphoric, triumphant, anthemic"),
        _words("gospel, trance, pop, house"),
        _words("sad, depressing, dark, doom metal"),
    ),
    "dark": Profile(
        {"valence": (0, 2.5), "mode": (0, 1), "acousticness": (0.25, 0.5), "energy": (0.5, 0.5)},
        _words("dark, gloomy, sinister, eerie, haunting, ominous"),
        _words("darkwave, gothic, doom metal, black metal, industrial, dark ambient"),
        _words("happy, cheerful, sunny, fun"),
    ),
}

ACTIVITY_PROFILES: Mapping[str, Profile] = {
    "workout": Profile(
        {"energy": (1, 3), "tempo": (0.85, 2), "loudness": (0.9, 1), "danceability": (0.7, 1)},
        _words("workout, gym, running, training, fitness, motivation, cardio"),
        _words("edm, hip hop, rock, metal, house, techno, drum and bass, electronic"),
        _words("calm, ambient, sleep, lullaby, acoustic"),
    ),
    "studying": Profile(
        {"instrumentalness": (1, 2), "speechiness": (0, 1.5), "energy": (0.3, 2)},
        _words("study, studying, focus, concentration, instrumental, homework"),
        _words("ambient, classical, lo-fi, minimal, piano, soundtrack"),
        _words("party, comedy, aggressive, spoken word"),
    ),
    "party": Profile(
        {"danceability": (1, 3), "energy": (0.9, 2), "valence": (0.75, 1), "tempo": (0.65, 1)},
        _words("party, dance, club, fun, dancefloor"),
        _words("house, disco, dance pop, edm, reggaeton, hip hop, pop, latin, funk"),
        _words("sad, calm, ambient, sleep, classical"),
    ),
    "sleep": Profile(
        {
            "energy": (0, 3),
            "loudness": (0, 2),
            "tempo": (0.1, 1),
            "acousticness": (0.9, 1),
            "instrumentalness": (0.9, 1),
        },
        _words("sleep, lullaby, bedtime, calm, soothing, meditation"),
        _words("ambient, new age, classical, drone, piano"),
        _words("energetic, party, dance, metal, rock, punk, edm, aggressive"),
    ),
    "commute": Profile(
        {"energy": (0.6, 1.5), "valence": (0.65, 1.5), "danceability": (0.6, 1)},
        _words("commute, driving, road trip, travel, drive"),
        _words("rock, pop, indie, hip hop, electronic"),
        _words("sleep, lullaby, drone"),
    ),
    "work": Profile(
        {"energy": (0.45, 2), "speechiness": (0.1, 1), "valence": (0.55, 1), "loudness": (0.4, 1)},
        _words("work, office, background, focus, productivity"),
        _words("electronic, indie, jazz, lounge, classical, lo-fi"),
        _words("aggressive, brutal, comedy, sleep"),
    ),
    "relaxing": Profile(
        {"energy": (0.15, 2.5), "loudness": (0.2, 1.5), "tempo": (0.25, 1), "valence": (0.6, 1)},
        _words("relaxing, relax, relaxed, chill, chillout, spa, mellow, soothing"),
        _words("ambient, acoustic, lounge, downtempo, jazz, bossa nova, folk, lo-fi"),
        _words("aggressive, metal, punk, hardcore, techno"),
    ),
}

MOODS = tuple(MOOD_PROFILES)
ACTIVITIES = tuple(ACTIVITY_PROFILES)

_NAMED, _HINTED = 0.5, 0.2  # how far a word that names the mood, or hints at it, moves a score
_SLOWEST_BPM, _FASTEST_BPM = 60.0, 180.0
_SOFTEST_DB, _LOUDEST_DB = -30.0, -4.0


def mood_scores(
    features: Floats,
    names: Sequence[str],
    mood: str,
    tags: Sequence[Collection[str]] | None = None,
) -> Floats:
    """How well each track suits a mood or an activity: float32, shape (n,), 0..1.

    `features` has shape (n, len(names)) with NaN where a value is not known, columns by the names
    of the table audio_features (tempo in BPM, loudness in dB or LUFS, mode 0 or 1, others 0..1);
    `tags`, if given, holds for each of the n tracks its lower-case tags and genre names. A track
    of which nothing is known scores .5; the less is known, the closer to .5. Raises BadInput when
    `mood` is in neither MOODS nor ACTIVITIES.
    """
    profile = _profile(mood)
    count = len(features)
    fit = np.zeros(count)
    known = np.zeros(count)
    total = 0.0
    for name, (target, weight) in profile.cues.items():
        total += weight
        if name not in names:
            continue
        place = feature_place(features[:, names.index(name)], name)
        seen = np.isfinite(place)
        farthest = max(target, 1 - target)
        fit[seen] += weight * (1 - np.abs(place[seen] - target) / farthest)
        known[seen] += weight
    sound = np.divide(fit, known, out=np.full(count, 0.5), where=known > 0)
    scores = 0.5 + (sound - 0.5) * known / total
    if tags is not None:
        scores = _move_by_words(scores, profile, tags)
    return np.clip(scores, 0, 1).astype(np.float32)


def feature_place(values: Floats, name: str) -> Floats:
    """Where each value of feature `name` stands, 0..1, shape (n,): NaN stays NaN.

    Half the value on its own scale (tempo: octaves from 60 to 180 BPM; loudness: -30 to -4 dB;
    others as they are), half the mid-rank among the values given; `mode` is 0 or 1 and not ranked.
    """
    column = np.asarray(values, dtype=np.float64)
    place = np.full(len(column), np.nan)
    seen = np.isfinite(column)
    if name == "tempo":
        seen &= column > 0
    found = column[seen]
    if found.size == 0:
        return place.astype(np.float32)
    scaled = np.clip(_on_scale(found, name), 0, 1)
    place[seen] = scaled if name == "mode" else (scaled + _mid_ranks(found)) / 2
    return place.astype(np.float32)


def _profile(mood: str) -> Profile:
    profile = MOOD_PROFILES.get(mood) or ACTIVITY_PROFILES.get(mood)
    if profile is None:
        allowed = ", ".join((*MOODS, *ACTIVITIES))
        raise BadInput(f"Unknown mood {mood!r}; known moods and activities: {allowed}.", "mood")
    return profile


def _on_scale(values: NDArray[np.float64], name: str) -> NDArray[np.float64]:
    if name == "tempo":
        octaves = log2(_FASTEST_BPM / _SLOWEST_BPM)
        return np.asarray(np.log2(values / _SLOWEST_BPM) / octaves)
    if name == "loudness":
        return (values - _SOFTEST_DB) / (_LOUDEST_DB - _SOFTEST_DB)
    return values


def _mid_ranks(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Share of values below, plus half of those equal: 0..1, .5 for a single value."""
    ordered = np.sort(values)
    below = np.searchsorted(ordered, values, "left")
    upto = np.searchsorted(ordered, values, "right")
    return np.asarray((below + upto) / (2 * len(values)))


def _move_by_words(
    scores: NDArray[np.float64], profile: Profile, tags: Sequence[Collection[str]]
) -> NDArray[np.float64]:
    """Move scores toward 1 for words that name or hint at the mood, toward 0 for those against."""
    pull_of: dict[str, float] = {}
    pulls = np.zeros(len(scores))
    for row, words in enumerate(tags):
        up = down = 0.0
        for word in words:
            pull = pull_of.get(word)
            if pull is None:
                pull = pull_of[word] = _pull(word, profile)
            up, down = max(up, pull), min(down, pull)
        pulls[row] = up + down
    return np.where(pulls > 0, scores + (1 - scores) * pulls, scores * (1 + pulls))


def _pull(tag: str, profile: Profile) -> float:
    whole = _spaced(tag)
    parts = {whole, *whole.split()}  # "sad songs" says sad
    if parts & profile.words:
        return _NAMED
    if parts & profile.against:
        return -_NAMED
    return _HINTED if parts & profile.genres else 0.0
