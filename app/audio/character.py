"""Energy, danceability, valence, acousticness, instrumentalness: heuristics, 0..1.

These are not measurements. Each is a logistic function of a few measured quantities and of
MusiCNN's tag probabilities, with weights fitted on Segue's own rendered demo pieces, whose intended
character is known; docs/audio.md has the figures. They order a catalog sensibly and are nobody
else's scale.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from app.inference.musicnn_tags import MSD_TAGS, MTT_TAGS

if TYPE_CHECKING:
    from app.inference.musicnn import MusicnnResult  # loads torch

_VOCAL = (
    "vocal,female,male,singing,vocals,male vocal,man,woman,voice,male voice,female vocal,"
    "female voice"
)
_NO_VOCAL = "no vocals,no vocal,no voice"


@dataclass(frozen=True)
class Character:
    """How a recording comes across, each 0..1.

    energy: intensity and activity. danceability: a clear pulse in a style made for dancing.
    valence: cheerful (1) or sad (0). acousticness: acoustic instruments.
    instrumentalness: no voice.
    """

    energy: float
    danceability: float
    valence: float | None
    acousticness: float
    instrumentalness: float


def estimate_character(
    tags: MusicnnResult, loudness: float, pulse: float, mode: int | None
) -> Character:
    """Character from tags, integrated loudness (LUFS), pulse clarity (0..1) and mode (or None).

    Valence is None without a key: the mode is most of what it rests on.
    """
    intense = _contrast(
        tags.msd_tags,
        MSD_TAGS,
        "rock,metal,dance,hard rock,electro",
        "ambient,Mellow,chillout,easy listening",
    )
    dance = _contrast(
        tags.msd_tags,
        MSD_TAGS,
        "dance,House,party,funk,Hip-Hop",
        "ambient,folk,metal,Mellow",
    )
    cheerful = _contrast(
        tags.msd_tags,
        MSD_TAGS,
        "happy,party,catchy,easy listening",
        "sad,metal,ambient,experimental",
    )
    acoustic = _contrast(
        tags.mtt_tags,
        MTT_TAGS,
        "classical,guitar,piano,violin,solo",
        "techno,electronic,synth,loud",
    )
    voice = max(_probability(tags.mtt_tags, name) for name in _VOCAL.split(","))
    no_voice = max(_probability(tags.mtt_tags, name) for name in _NO_VOCAL.split(","))
    return Character(
        energy=_logistic(0.25 * (loudness + 18) + 0.5 * intense + 1.0),
        danceability=_logistic(0.8 * pulse + 0.7 * dance + 0.1),
        valence=None if mode is None else _logistic(0.7 * (2 * mode - 1) + 0.2 * cheerful),
        acousticness=_logistic(0.75 * acoustic - 0.3),
        instrumentalness=no_voice / (voice + no_voice),
    )


def _contrast(
    probabilities: NDArray[np.float32],
    names: tuple[str, ...],
    more: str,
    less: str,
) -> float:
    """Mean log odds of the tags `more` minus that of the tags `less` (comma-separated)."""

    def mean_log_odds(tags: str) -> float:
        p = probabilities[[names.index(tag) for tag in tags.split(",")]]
        return float(np.log((p + 0.003) / (1.003 - p)).mean())

    return mean_log_odds(more) - mean_log_odds(less)


def _probability(probabilities: NDArray[np.float32], name: str) -> float:
    return float(probabilities[MTT_TAGS.index(name)]) + 1e-6


def _logistic(x: float) -> float:
    return 1 / (1 + math.exp(-x))
