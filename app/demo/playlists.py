"""Playlists of the simulated listeners: a theme, pieces they like in it, in a smooth order."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from app.demo.catalog import DemoPiece
from app.demo.habits import CONTEXTS
from app.demo.listeners import Simulation
from app.demo.randomness import generator

TITLES = {
    "commute": ("On the Way", "Train Window", "Morning Drive"),
    "work": ("Deep Focus", "Desk Hours", "Quiet Office"),
    "workout": ("Run Faster", "Heavy Lifting", "Last Mile"),
    "leisure": ("Lazy Sunday", "Kitchen Radio", "Afternoon Off"),
    "evening": ("Wind Down", "After Dinner", "Lamp Light"),
    "party": ("House Party", "Friday Night", "Loud Enough"),
    "night": ("Sleep Well", "Night Window", "Almost Dreaming"),
}
SHORTEST, LONGEST = 8, 24


@dataclass(frozen=True)
class DemoPlaylist:
    """A stored playlist: title, the listener who made it, and piece ids in order, none twice."""

    title: str
    listener_id: str
    piece_ids: tuple[str, ...]


def smooth_order(pieces: Sequence[DemoPiece]) -> list[DemoPiece]:
    """The pieces from the first, each followed by the nearest in tempo (by ratio) and energy."""
    left = list(pieces)
    order = [left.pop(0)]
    while left:
        here = order[-1]
        nearest = min(
            left,
            key=lambda p: (
                2 * abs(float(np.log2(p.tempo_bpm / here.tempo_bpm))) + abs(p.energy - here.energy)
            ),
        )
        left.remove(nearest)
        order.append(nearest)
    return order


def plan_playlists(
    pieces: Sequence[DemoPiece], simulation: Simulation, count: int = 300, seed: int = 7
) -> list[DemoPlaylist]:
    """`count` playlists of different listeners, drawn from true taste in a context on the last day.

    Half keep to one genre that the listener likes. simulation: made of the same pieces.
    """
    rng = generator(seed, "playlists")
    last_day = simulation.change.shape[1] - 1
    genres = np.array([p.genre for p in pieces])
    likings = [simulation.taste_in_context(last_day, c) for c in range(len(CONTEXTS))]
    playlists: list[DemoPlaylist] = []
    for number in range(count):
        user = number % len(simulation.listeners)
        context = int(rng.integers(len(CONTEXTS)))
        liking = likings[context][user] + simulation.popularity + rng.gumbel(size=len(pieces))
        title = str(rng.choice(TITLES[CONTEXTS[context]]))
        if rng.random() < 0.5:
            genre = str(genres[np.argmax(liking)])
            liking = np.where(genres == genre, liking, liking - 100)
            title = f"{genre}: {title}"
        length = int(rng.integers(SHORTEST, LONGEST + 1))
        chosen = [pieces[i] for i in np.argsort(-liking)[:length]]
        ids = tuple(p.id for p in smooth_order(chosen))
        playlists.append(DemoPlaylist(title, simulation.listeners[user].id, ids))
    return playlists


def write_playlists(playlists: Sequence[DemoPlaylist], file: Path) -> None:
    """Write JSON Lines of `{title, tracks}`, tracks being ids of the demo's catalogue."""
    with file.open("w", encoding="utf-8") as out:
        for playlist in playlists:
            row = {"title": playlist.title, "tracks": list(playlist.piece_ids)}
            out.write(json.dumps(row, ensure_ascii=False) + "\n")
