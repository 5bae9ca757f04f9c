"""What the simulated listeners like: the truth that a recommender tries to find.

The taste for a piece is a sum: the log of the listener's share of its genre, the affinity to its
artist (a product of a few hidden factors, so that listeners resemble one another), the distance of
its energy, tempo, and valence from what the listener prefers, and a little that nothing explains.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from app.demo.catalog import DemoPiece
from app.demo.genres import GENRES

Matrix = npt.NDArray[np.float32]
Floats = npt.NDArray[np.float64]

FACTORS = 6
# Circles of listeners: their shares of genres, up to a constant.
CIRCLES: tuple[dict[str, float], ...] = (
    {"Rock": 5, "Metal": 2, "Folk": 1},
    {"Rock": 4, "Folk": 3, "Jazz": 1},
    {"Metal": 6, "Rock": 2},
    {"Electronic": 5, "Hip Hop": 2},
    {"Electronic": 4, "Ambient": 4},
    {"Hip Hop": 6, "Electronic": 1, "Jazz": 1},
    {"Jazz": 5, "Classical": 2, "Hip Hop": 1},
    {"Classical": 6, "Ambient": 2},
    {"Folk": 5, "Classical": 1, "Rock": 1},
    {"Ambient": 5, "Classical": 2, "Folk": 1},
)


@dataclass(frozen=True)
class Features:
    """Pieces as numbers: genre and artist indices, features of -1..1, shape (pieces, 5)."""

    genre: npt.NDArray[np.int64]
    artist: npt.NDArray[np.int64]
    artists: int
    values: Floats


def features_of(pieces: Sequence[DemoPiece]) -> Features:
    """Genre, artist, and energy, tempo, valence, danceability, acousticness of each piece."""
    names = list(dict.fromkeys(p.artist for p in pieces))
    tempo = np.array([p.tempo_bpm for p in pieces])
    columns = [
        np.array([p.energy for p in pieces]),
        np.clip((tempo - 60) / 130, 0, 1),
        np.array([p.valence for p in pieces]),
        np.array([p.danceability for p in pieces]),
        np.array([p.acousticness for p in pieces]),
    ]
    return Features(
        np.array([GENRES.index(p.genre) for p in pieces]),
        np.array([names.index(p.artist) for p in pieces]),
        len(names),
        2 * np.stack(columns, axis=1) - 1,
    )


def draw_tastes(
    rng: np.random.Generator, features: Features, country: npt.NDArray[np.int64]
) -> tuple[Matrix, Matrix]:
    """Two tastes of each listener: at the start, and the one that some of them move to.

    country: index, shape (users,): people of a country lean a little to the same genres. Returns
    float32 matrices of shape (users, pieces): log-preferences, each row with mean 0.
    """
    circles = np.array([[c.get(g, 0.0) for g in GENRES] for c in CIRCLES])
    circles /= circles.sum(axis=1, keepdims=True)
    lean = rng.normal(0, 0.3, (int(country.max()) + 1, len(GENRES)))
    artist_factors = rng.normal(0, 1, (features.artists, FACTORS))

    def one_taste() -> Matrix:
        users = len(country)
        first, second = rng.integers(len(CIRCLES), size=(2, users))
        weight = rng.beta(4, 1.5, users)[:, None]
        shares = weight * circles[first] + (1 - weight) * circles[second]
        shares = 0.9 * shares + 0.1 * rng.dirichlet(np.full(len(GENRES), 0.5), users)
        genre = np.log(shares + 0.01) + lean[country]
        factors = rng.normal(0, 0.35, (users, FACTORS)) + 0.45 * circle_factors[first]
        artist = factors @ artist_factors.T + rng.normal(0, 0.35, (users, features.artists))
        wanted = rng.normal(0, 0.45, (users, 3)) + 0.5 * (shares @ genre_means)
        distance = ((features.values[None, :, :3] - wanted[:, None, :]) ** 2).sum(axis=2)
        unexplained = rng.normal(0, 0.4, distance.shape)
        taste = (
            genre[:, features.genre]
            + 0.9 * artist[:, features.artist]
            - 0.7 * distance
            + unexplained
        )
        return np.asarray(taste - taste.mean(axis=1, keepdims=True), dtype=np.float32)

    circle_factors = rng.normal(0, 1, (len(CIRCLES), FACTORS))
    genre_means = np.stack(
        [features.values[features.genre == g, :3].mean(axis=0) for g in np.unique(features.genre)]
    )
    if len(genre_means) != len(GENRES):
        genre_means = np.zeros((len(GENRES), 3))
    return one_taste(), one_taste()


def draw_changes(rng: np.random.Generator, users: int, days: int) -> Matrix:
    """How far each listener has moved to the second taste, shape (users, days), 0..1.

    Most drift, a little and evenly; one in eight turns suddenly, on one day, and for the most part.
    """
    drift = rng.beta(1.5, 5, users)[:, None] * np.linspace(0, 1, days)[None, :]
    turns = rng.random(users) < 0.125
    turning_day = rng.integers(days // 4, 3 * days // 4, users)
    turned = (np.arange(days)[None, :] >= turning_day[:, None]) * 0.85
    return np.where(turns[:, None], turned, drift).astype(np.float32)


def draw_popularity(rng: np.random.Generator, features: Features) -> Floats:
    """Log-popularity of each piece: Zipf's law over ranks in which an artist's pieces stand near.

    Returns shape (pieces,), 0 for the most popular.
    """
    fame = rng.normal(0, 1, features.artists)[features.artist]
    rank = np.argsort(np.argsort(-(fame + rng.normal(0, 0.8, len(fame))))) + 1
    return np.asarray(-0.85 * np.log(rank), dtype=np.float64)
