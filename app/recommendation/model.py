"""A trained model: what a serving process needs to answer, written as .npy files and JSON."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from app.recommendation.als import AlsParameters, FoldIn
from app.recommendation.calibration import Calibration
from app.recommendation.habits import Habits
from app.recommendation.neighbors import Neighbors
from app.recommendation.parts import Parts, Recipe

Floats = NDArray[np.float32]

_FORMAT = 1


@dataclass(frozen=True)
class Model:
    """A champion, ready to answer.

    `track_ids`, `artist_ids`, `genre_ids` have shape=(tracks,) in order of track id; `suits`,
    shape=(words, tracks) in 0..1, says how well tracks suit each of `suit_words` (moods and
    activities), 0 rows where nothing is known of any track; `now` is the newest play, Unix s.
    """

    parts: Parts
    track_ids: NDArray[np.int64]
    artist_ids: NDArray[np.int64]
    genre_ids: NDArray[np.int64]
    suit_words: list[str]
    suits: Floats
    parts_of_day: Habits
    devices: Habits
    calibration: Calibration | None
    now: int
    timed: bool
    listeners: int

    def save(self, folder: Path) -> None:
        """Write the model into an empty `folder`."""
        parts = self.parts
        arrays: dict[str, NDArray[Any]] = {
            "track_ids": self.track_ids,
            "artist_ids": self.artist_ids,
            "genre_ids": self.genre_ids,
            "suits": self.suits,
            "artist": parts.artist,
            "popularity": parts.popularity,
            "parts_of_day": self.parts_of_day.lift,
            "devices": self.devices.lift,
        }
        als: dict[str, object] | None = None
        if parts.fold_in is not None:
            arrays["item_factors"] = parts.fold_in.item_factors
            als = vars(parts.fold_in.parameters)
        for name, near in (("together", parts.together), ("sound", parts.sound)):
            if near is not None:
                arrays[f"{name}_items"] = near.items
                arrays[f"{name}_similarity"] = near.similarity
        for name, array in arrays.items():
            np.save(folder / f"{name}.npy", array, allow_pickle=False)
        described = {
            "format": _FORMAT,
            "recipe": parts.recipe.as_json(),
            "als": als,
            "neighbors": [
                name
                for name, near in (("together", parts.together), ("sound", parts.sound))
                if near is not None
            ],
            "suit_words": self.suit_words,
            "parts_of_day": _described(self.parts_of_day),
            "devices": _described(self.devices),
            "calibration": None if self.calibration is None else self.calibration.as_json(),
            "now": self.now,
            "timed": self.timed,
            "listeners": self.listeners,
        }
        (folder / "model.json").write_bytes(orjson.dumps(described, option=orjson.OPT_INDENT_2))

    @classmethod
    def load(cls, folder: Path) -> "Model":
        """Map what `save` wrote.

        Raises ValueError, OSError or KeyError for files that are missing, cut short or do not
        belong together.
        """
        described = orjson.loads((folder / "model.json").read_bytes())
        if described["format"] != _FORMAT:
            raise ValueError(f"model format {described['format']} is not {_FORMAT}")
        track_ids = _array(folder, "track_ids")
        recipe = Recipe.from_json(described["recipe"])
        near = {
            name: Neighbors(_array(folder, f"{name}_items"), _array(folder, f"{name}_similarity"))
            for name in described["neighbors"]
        }
        fold_in = None
        if described["als"] is not None:
            als = AlsParameters(**described["als"])
            fold_in = FoldIn(_array(folder, "item_factors"), als)
        parts = Parts(
            size=len(track_ids),
            recipe=recipe,
            artist=_array(folder, "artist"),
            popularity=_array(folder, "popularity"),
            fold_in=fold_in,
            together=near.get("together"),
            sound=near.get("sound"),
        )
        given = described["calibration"]
        model = cls(
            parts=parts,
            track_ids=track_ids,
            artist_ids=_array(folder, "artist_ids"),
            genre_ids=_array(folder, "genre_ids"),
            suit_words=described["suit_words"],
            suits=_array(folder, "suits"),
            parts_of_day=_habits(folder, "parts_of_day", described["parts_of_day"]),
            devices=_habits(folder, "devices", described["devices"]),
            calibration=None if given is None else Calibration.from_json(given),
            now=described["now"],
            timed=described["timed"],
            listeners=described["listeners"],
        )
        model._check_shapes()
        return model

    def _check_shapes(self) -> None:
        size = len(self.track_ids)
        fold_in, near = self.parts.fold_in, (self.parts.together, self.parts.sound)
        lengths = {
            len(self.artist_ids),
            len(self.genre_ids),
            len(self.parts.artist),
            len(self.parts.popularity),
            self.parts_of_day.lift.shape[1],
            self.devices.lift.shape[1],
            *([len(fold_in.item_factors)] if fold_in is not None else []),
            *(len(lists.items) for lists in near if lists is not None),
            *([self.suits.shape[1]] if len(self.suits) else []),
        }
        if lengths != {size}:
            raise ValueError(f"files of {sorted(lengths)} tracks do not belong to one of {size}")


def _array(folder: Path, name: str) -> NDArray[Any]:
    found: NDArray[Any] = np.load(folder / f"{name}.npy", allow_pickle=False)
    return found


def _described(habits: Habits) -> dict[str, object]:
    return {"words": list(habits.words), "gain": habits.gain, "learned": habits.learned}


def _habits(folder: Path, name: str, values: dict[str, Any]) -> Habits:
    return Habits(values["words"], _array(folder, name), values["gain"], values["learned"])
