"""Why: reasons of each track with their evidence, and one true sentence for the whole list."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.recommendation.model import Model
from app.recommendation.parts import PARTS
from app.recommendation.ranking import Choice, Ranked
from app.recommendation.request import ContextEffect, Reason, ReasonType
from app.recommendation.taste import Taste

Floats = NDArray[np.float32]
Titles = Mapping[int, tuple[str, str | None]]

_EVIDENCE = 2
_LEAST_SHARE = 0.05
_TYPES: Mapping[str, ReasonType] = {
    "collaborative": "similar_listeners",
    "neighbors": "similar_listeners",
    "content": "similar_content",
    "artist": "same_artist",
    "popular": "popular",
    "personal": "often_played",
}


@dataclass(frozen=True)
class Ground:
    """A reason before it is put in words: its type, share, and evidence (ids)."""

    type: ReasonType
    share: float
    track_ids: tuple[int, ...] = ()
    artist_id: int | None = None


def grounds_of(
    model: Model, taste: Taste, ranked: Ranked, rows: Sequence[int]
) -> list[list[Ground]]:
    """Grounds of the candidates `rows` of `ranked`, greatest share first.

    A share is the positive part of what a part of the blend added; evidence are the played tracks
    that gave most of it.
    """
    targets = ranked.positions[list(rows)]
    evidence = _evidence(model, taste, ranked, targets)
    found: list[list[Ground]] = []
    for place, row in enumerate(rows):
        added: defaultdict[ReasonType, float] = defaultdict(float)
        for index, part in enumerate(PARTS):
            added[_TYPES[part]] += max(float(ranked.parts[index, row]), 0.0)
        added["context"] += max(float(ranked.context[row]), 0.0)
        whole = sum(added.values())
        if whole <= 0:
            found.append([Ground("popular" if _played(model, targets[place]) else "catalog", 1.0)])
            continue
        kept = {kind: value for kind, value in added.items() if value / whole >= _LEAST_SHARE}
        whole = sum(kept.values())
        artist = int(model.artist_ids[targets[place]]) or None
        grounds = [
            Ground(
                kind,
                value / whole,
                evidence.get(kind, {}).get(place, ()),
                artist if kind == "same_artist" else None,
            )
            for kind, value in kept.items()
        ]
        found.append(sorted(grounds, key=lambda ground: -ground.share))
    return found


def worded(ground: Ground, titles: Titles, effects: Sequence[ContextEffect]) -> Reason:
    """The ground as a sentence; `titles` hold title and artist of the evidence."""
    named = [f"“{titles[id_][0]}”" for id_ in ground.track_ids if id_ in titles]
    listed = " and ".join(named)
    words = " and ".join(effect.value for effect in effects if effect.applied)
    texts: Mapping[ReasonType, str] = {
        "similar_listeners": (
            f"Played by listeners who also play {listed}."
            if named
            else "Played by listeners with a similar taste."
        ),
        "similar_content": (
            f"Close in sound and style to {listed}."
            if named
            else "Close in sound to what you play."
        ),
        "same_artist": "By an artist you play.",
        "popular": "Among the most played now.",
        "often_played": "You play this often.",
        "context": f"Suits the moment ({words}).",
        "not_heard_lately": "You know it and have not heard it for a while.",
        "catalog": "In the catalog; nothing speaks for or against it yet.",
    }
    return Reason(
        ground.type, texts[ground.type], round(ground.share, 4), ground.track_ids, ground.artist_id
    )


def sentence(
    taste: Taste,
    choice: Choice,
    grounds: Sequence[Sequence[Ground]],
    titles: Titles,
    *,
    effects: Sequence[ContextEffect],
    listeners: int,
) -> str:
    """One sentence for a list that a model ranked."""
    leaning = " and ".join(f"{e.name} {e.value}" for e in effects if e.applied)
    tail = f", leaning toward {leaning}" if leaning else ""
    if taste.empty:
        crowd = f"the {listeners} listeners here" if listeners > 1 else "this catalog"
        return (
            "Nothing is known of your taste yet, so these are favorites of "
            f"{crowd}, spread over artists and genres{tail}."
        )
    if choice.used == "popular":
        return f"The tracks played most now{tail}."
    weight: defaultdict[int, float] = defaultdict(float)
    kinds: defaultdict[str, float] = defaultdict(float)
    for of_track in grounds:
        for ground in of_track:
            kinds[ground.type] += ground.share
            for id_ in ground.track_ids:
                weight[id_] += ground.share
    named = [
        f"“{titles[id_][0]}”"
        for id_ in sorted(weight, key=lambda id_: -weight[id_])
        if id_ in titles
    ]
    because = (
        f"Because you played {' and '.join(named[:_EVIDENCE])}" if named else "From what you played"
    )
    main = max(kinds, key=lambda kind: kinds[kind], default="")
    gist = {
        "similar_listeners": "tracks that listeners with such a taste play",
        "similar_content": "tracks close to them in sound and style",
        "same_artist": "tracks by artists you play",
        "often_played": "tracks you play most",
        "popular": "what is played most now",
        "context": "tracks that suit the moment",
    }.get(main, "tracks from the catalog")
    return f"{because}: mostly {gist}{tail}."


def _evidence(
    model: Model, taste: Taste, ranked: Ranked, targets: NDArray[np.int64]
) -> dict[ReasonType, dict[int, tuple[int, ...]]]:
    """Per type and place in `targets`: the ids of the played tracks that gave most."""
    if taste.empty or not len(targets):
        return {}
    parts = model.parts
    used = {part: bool((ranked.parts[row] > 0).any()) for row, part in enumerate(PARTS)}
    found: dict[ReasonType, dict[int, tuple[int, ...]]] = {}
    sources: list[tuple[ReasonType, Floats]] = []
    if used["collaborative"] and parts.fold_in is not None:
        given = parts.fold_in.contributions(taste.items, taste.strengths, targets)
        sources.append(("similar_listeners", given))
    elif used["neighbors"] and parts.together is not None:
        given = parts.together.contributions(taste.items, taste.strengths, targets)
        sources.append(("similar_listeners", given))
    if used["content"] and parts.sound is not None:
        given = parts.sound.contributions(taste.items, taste.strengths, targets)
        sources.append(("similar_content", given))
    for kind, given in sources:
        found[kind] = {
            place: _strongest(model, taste, given[:, place], int(target))
            for place, target in enumerate(targets)
        }
    return found


def _strongest(model: Model, taste: Taste, given: Floats, target: int) -> tuple[int, ...]:
    order = np.argsort(-given, kind="stable")[: _EVIDENCE + 1]
    chosen = [row for row in order if given[row] > 0 and taste.items[row] != target]
    return tuple(int(model.track_ids[taste.items[row]]) for row in chosen[:_EVIDENCE])


def _played(model: Model, position: int) -> bool:
    return bool(model.parts.popularity[position] > 0.01)
