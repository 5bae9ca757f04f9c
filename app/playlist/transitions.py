"""How well one track follows another: tempo, key, energy and loudness.

The parts are those that sequence playlists in Bittner et al. (ISMIR 2017, "Automatic Playlist
Sequencing and Transitions"): tempo as a ratio in which half and double count as nearly the same
beat, key on the circle of fifths (what DJs call Camelot neighbors: the same key, a fifth up or
down, the relative major or minor), and small steps of energy and loudness. All parts are
symmetric similarities, 1 for no step at all.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

PARTS = ("tempo", "key", "energy", "loudness")
WEIGHTS = {"tempo": 0.35, "key": 0.25, "energy": 0.25, "loudness": 0.15}

_TEMPO_HALF_SCORE = np.log2(1.08)  # 8 %, the range of a turntable's pitch fader, scores .5
_OCTAVE_SCORE = 0.9  # the best that half or double tempo can score
_KEY_FARTHEST = 7  # six fifths away and the other mode
_ENERGY_FARTHEST = 0.5
_LOUDNESS_FARTHEST_DB = 12.0
_UNKNOWN_SCORE = 0.5


@dataclass(frozen=True, slots=True)
class Sounds:
    """What transitions depend on, each float64 of shape (k,), NaN where not known.

    `tempo` in BPM; `key` 0..11 from C (-1: none); `mode` 0 minor, 1 major; `energy` 0..1;
    `loudness` in dB or LUFS.
    """

    tempo: Floats
    key: Floats
    mode: Floats
    energy: Floats
    loudness: Floats

    def __len__(self) -> int:
        """Number of tracks."""
        return len(self.tempo)


@dataclass(frozen=True, slots=True)
class TransitionScores:
    """`score` and each part between any two tracks: (k, k), 0..1; parts are NaN where unknown.

    `certainty` (k, k) is the share of the weights whose part is known; what is unknown counts as
    .5 in the score.
    """

    score: Floats
    parts: dict[str, Floats]
    certainty: Floats


def transition_scores(sounds: Sounds) -> TransitionScores:
    """Score every ordered pair of k tracks."""
    parts = {
        "tempo": tempo_similarity(sounds.tempo),
        "key": key_similarity(sounds.key, sounds.mode),
        "energy": _step(sounds.energy, _ENERGY_FARTHEST),
        "loudness": _step(sounds.loudness, _LOUDNESS_FARTHEST_DB),
    }
    score = np.zeros((len(sounds), len(sounds)))
    certainty = np.zeros_like(score)
    for name, part in parts.items():
        known = np.isfinite(part)
        score += WEIGHTS[name] * np.where(known, part, _UNKNOWN_SCORE)
        certainty += WEIGHTS[name] * known
    return TransitionScores(np.clip(score, 0, 1), parts, np.clip(certainty, 0, 1))


def tempo_similarity(tempo: Floats) -> Floats:
    """(k, k): 1 for equal tempo, .5 at 8 % apart; half and double tempo count .9 of that."""
    valid = np.where(tempo > 0, tempo, np.nan)
    octaves = np.abs(np.log2(valid)[:, None] - np.log2(valid)[None, :])
    same = 0.5 ** (octaves / _TEMPO_HALF_SCORE)
    octave = _OCTAVE_SCORE * 0.5 ** (np.abs(octaves - 1) / _TEMPO_HALF_SCORE)
    return np.asarray(np.maximum(same, octave))


def key_similarity(key: Floats, mode: Floats) -> Floats:
    """(k, k): 1 for the same key, 6/7 for a fifth or the relative key, 0 for the farthest.

    A minor key stands on the circle of fifths where its relative major does.
    """
    known = (key >= 0) & (key <= 11) & np.isfinite(mode)
    major = np.where(mode >= 0.5, key, key + 3)
    place = np.where(known, np.mod(7 * major, 12), np.nan)
    around = np.abs(place[:, None] - place[None, :])
    fifths = np.minimum(around, 12 - around)
    other_mode = (mode[:, None] >= 0.5) != (mode[None, :] >= 0.5)
    return np.asarray(1 - (fifths + other_mode) / _KEY_FARTHEST)


def _step(values: Floats, farthest: float) -> Floats:
    gap = np.abs(values[:, None] - values[None, :])
    return np.asarray(1 - np.minimum(gap / farthest, 1))
