"""The parts of the blend: each scores every track for one taste; together they rank.

Scores of a part are put on one scale before they are blended: 0 is the part's mean over the
tracks that may be recommended, 1 the mean of its ten best. So a weight says how much a part's own
favorites count, whatever unit it has.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

import numpy as np
from numpy.typing import NDArray

from app.recommendation.als import AlsParameters, FoldIn
from app.recommendation.neighbors import Neighbors
from app.recommendation.taste import Taste

Floats = NDArray[np.float32]

PARTS = ("collaborative", "neighbors", "content", "artist", "popular", "personal")
_TOP = 10


@dataclass(frozen=True)
class Recipe:
    """All that is tuned; with the data, it determines a model.

    `new` weighs the parts for tracks a listener has not heard, `known` for all tracks together.
    """

    als: AlsParameters = field(default_factory=AlsParameters)
    half_life_days: float = 60.0
    popularity_half_life_days: float = 30.0
    boost: float = 2.0
    new: Mapping[str, float] = field(default_factory=lambda: {"popular": 1.0})
    known: Mapping[str, float] = field(default_factory=lambda: {"personal": 1.0, "popular": 0.1})

    def as_json(self) -> dict[str, object]:
        """Plain values, for the artifact; `from_json` reads them back."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: Mapping[str, object]) -> "Recipe":
        """Read what `as_json` wrote. Raises TypeError or KeyError for anything else."""
        given = dict(values)
        als = given.pop("als")
        if not isinstance(als, dict):
            raise TypeError("a recipe's als must be an object")
        return cls(als=AlsParameters(**als), **given)  # type: ignore[arg-type]  # JSON's own types


@dataclass(frozen=True)
class Parts:
    """The fitted parts over `size` tracks; None where there was nothing to learn from.

    `artist`, shape=(size,), is the position of each track's first artist, -1 for none;
    `popularity`, shape=(size,), is the damped, decayed number of its listens.
    """

    size: int
    recipe: Recipe
    artist: NDArray[np.int64]
    popularity: Floats
    fold_in: FoldIn | None = None
    together: Neighbors | None = None
    sound: Neighbors | None = None

    def trained(self) -> list[str]:
        """Names of the parts that have something to say."""
        have = {
            "collaborative": self.fold_in is not None,
            "neighbors": self.together is not None,
            "content": self.sound is not None,
            "artist": bool((self.artist >= 0).any()),
            "popular": bool((self.popularity > 0).any()),
            "personal": True,
        }
        return [part for part in PARTS if have[part]]

    def scores(self, taste: Taste, allowed: NDArray[np.bool_]) -> Floats:
        """Comparable scores of each part, shape=(len(PARTS), size); zeros where it has none.

        `allowed`, shape=(size,), are the tracks that may be recommended: the scale is theirs.
        """
        found = np.zeros((len(PARTS), self.size), dtype=np.float32)
        for row, part in enumerate(PARTS):
            raw = self.raw(part, taste)
            if raw is not None:
                found[row] = comparable(raw, allowed)
        return found

    def raw(self, part: str, taste: Taste) -> Floats | None:
        """The part's own scores, shape=(size,); None where it has nothing to say."""
        if part == "popular":
            return np.log1p(self.popularity)
        if taste.empty:
            return None
        found: Floats | None = None
        if part == "collaborative" and self.fold_in is not None:
            factors = self.fold_in.user_factors(taste.items, taste.strengths)
            found = self.fold_in.item_factors @ factors
        elif part == "neighbors" and self.together is not None:
            found = self.together.scores(taste.items, taste.strengths, self.size)
        elif part == "content" and self.sound is not None:
            found = self.sound.scores(taste.items, taste.strengths, self.size)
        elif part == "artist":
            found = self._artist_scores(taste)
        elif part == "personal":
            found = np.zeros(self.size, dtype=np.float32)
            found[taste.items] = taste.strengths
        return found

    def _artist_scores(self, taste: Taste) -> Floats | None:
        credited = self.artist[taste.items]
        strengths = taste.strengths[credited >= 0]
        if not len(strengths):
            return None
        totals = np.bincount(
            credited[credited >= 0], weights=strengths, minlength=int(self.artist.max()) + 1
        )
        return np.where(self.artist >= 0, totals[self.artist], 0.0).astype(np.float32)


def comparable(raw: Floats, allowed: NDArray[np.bool_]) -> Floats:
    """`raw` with 0 at the mean of the allowed tracks and 1 at the mean of their ten best.

    A part that likes all allowed tracks the same says nothing: all zeros.
    """
    values = raw[allowed]
    if not len(values):
        return np.zeros_like(raw)
    mean = float(values.mean())
    top = np.partition(values, len(values) - min(_TOP, len(values)))[-_TOP:]
    spread = float(top.mean()) - mean
    if spread <= 1e-9:
        return np.zeros_like(raw)
    return np.asarray((raw - mean) / spread, dtype=np.float32)


def weight_vector(weights: Mapping[str, float]) -> Floats:
    """Weights in the order of PARTS, shape=(len(PARTS),)."""
    return np.array([weights.get(part, 0.0) for part in PARTS], dtype=np.float32)
