"""The same algorithms on public research data, to be compared with published figures.

The data are read from a folder that the operator names; none of it is part of the project. Full
ranking over all items, cut-off 10, items seen in training left out of the lists.

- lastfm2k (HetRec 2011): plays of 1,892 users and 17,632 artists; random 8:1:1 per user, fitted on
  the training part alone, as in RecBole-GNN's table.
- mpd_sample: 1,000 playlists; 800 to fit on, 200 to continue: the first half of each is given, the
  tracks of the second half that are not in the first are to be found.
"""

import gzip
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray
from scipy import sparse

from app.errors import BadInput
from app.recommendation import als
from app.recommendation.als import AlsParameters
from app.recommendation.metrics import RankingMetrics, evaluate_ranking, top_items
from app.recommendation.neighbors import cooccurrence_neighbors, fit_ease

Floats = NDArray[np.float32]
Scorer = Callable[[], Floats]

_ROWS = 256


@dataclass(frozen=True)
class Split:
    """Interactions to fit on, what is given of each judged list, and what is to be found.

    `fitted`, shape=(users, items); `given` and `hidden`, shape=(judged users, items); all binary.
    """

    name: str
    fitted: sparse.csr_matrix
    given: sparse.csr_matrix
    hidden: sparse.csr_matrix


@dataclass(frozen=True)
class ResearchRow:
    """Metrics of one method on one data set; `seconds` to fit and score."""

    data: str
    method: str
    metrics: RankingMetrics
    seconds: float


def research_splits(folder: Path, seed: int = 0) -> list[Split]:
    """The splits of those data sets that are in `folder`; BadInput when none is."""
    readers = (("lastfm2k", lastfm2k), ("mpd_sample", mpd_sample))
    found = [read(folder / name, seed) for name, read in readers if (folder / name).is_dir()]
    if not found:
        wanted = " and ".join(name for name, _ in readers)
        raise BadInput(f"{folder} has none of the folders {wanted}.", "data")
    return found


def lastfm2k(folder: Path, seed: int) -> Split:
    """HetRec 2011 lastfm-2k: 8:1:1 per user at random; the validation part stays unused."""
    with gzip.open(folder / "user_artists.dat.gz", "rt", encoding="utf-8") as lines:
        next(lines)
        table = np.array([line.split("\t")[:2] for line in lines], dtype=np.int64)
    _, user = np.unique(table[:, 0], return_inverse=True)
    distinct, item = np.unique(table[:, 1], return_inverse=True)
    place = np.random.default_rng(seed).permutation(len(user))
    order = np.lexsort((place, user))
    counts = np.bincount(user)
    rank = np.arange(len(order)) - np.repeat(np.cumsum(counts) - counts, counts)
    share = rank / counts[user[order]]
    shape = (len(counts), len(distinct))
    train, test = order[share < 0.8], order[share >= 0.9]
    fitted = _binary(user[train], item[train], shape)
    return Split("lastfm2k", fitted, fitted, _binary(user[test], item[test], shape))


def mpd_sample(folder: Path, seed: int) -> Split:
    """Continuation of playlists; the authors' own files tell training from test."""
    items: dict[str, int] = {}
    fitted: list[list[int]] = []
    given: list[list[int]] = []
    hidden: list[list[int]] = []
    for playlist in _json_lines(folder / "playlists.jsonl.gz"):
        ids = [items.setdefault(t["track_uri"], len(items)) for t in playlist["tracks"]]
        if "test" not in str(playlist["source_file"]):
            fitted.append(ids)
            continue
        half = len(ids) // 2
        given.append(ids[:half])
        hidden.append(sorted(set(ids[half:]) - set(ids[:half])))
    return Split("mpd_sample", *(_of_lists(rows, len(items)) for rows in (fitted, given, hidden)))


def compare(
    split: Split, progress: Callable[[str], None], factors: int | None = None
) -> list[ResearchRow]:
    """Popularity, ItemKNN, EASE and iALS on one split; `factors` overrides iALS's own number."""
    recipes = _recipes(split, factors)
    rows: list[ResearchRow] = []
    for method, scorer in recipes.items():
        progress(f"{split.name}: {method}")
        began = perf_counter()
        metrics = _judge(split, scorer())
        rows.append(ResearchRow(split.name, method, metrics, perf_counter() - began))
    return rows


def _recipes(split: Split, factors: int | None) -> Mapping[str, Scorer]:
    large = split.name == "lastfm2k"
    parameters = AlsParameters(
        factors=factors or (256 if large else 64), regularization=60.0, alpha=20.0
    )
    return {
        "popularity": lambda: _popularity(split),
        "ItemKNN": lambda: _item_knn(split),
        f"EASE (lambda {_EASE[split.name]:g})": lambda: _ease(split),
        f"iALS ({parameters.factors} factors)": lambda: _ials(split, parameters),
    }


_EASE = {"lastfm2k": 100.0, "mpd_sample": 50.0}


def _popularity(split: Split) -> Floats:
    counts = np.asarray(split.fitted.sum(axis=0), dtype=np.float32)
    return np.repeat(counts, split.given.shape[0], axis=0)


def _item_knn(split: Split) -> Floats:
    near = cooccurrence_neighbors(split.fitted, k=200)
    size = split.fitted.shape[1]
    scores = np.zeros(split.given.shape, dtype=np.float32)
    for row in range(len(scores)):
        played = split.given[row].indices.astype(np.int64)
        scores[row] = near.scores(played, np.ones(len(played), np.float32), size)
    return scores


def _ease(split: Split) -> Floats:
    """On items seen at least twice in training: the others have no weights worth inverting."""
    kept = np.flatnonzero(np.asarray(split.fitted.sum(axis=0)).ravel() >= 2)
    weights = fit_ease(split.fitted[:, kept], _EASE[split.name])
    scores = np.full(split.given.shape, -1e6, dtype=np.float32)
    scores[:, kept] = split.given[:, kept] @ weights
    return scores


def _ials(split: Split, parameters: AlsParameters) -> Floats:
    fold_in = als.FoldIn(als.fit(split.fitted, parameters), parameters)
    scores = np.zeros(split.given.shape, dtype=np.float32)
    for row in range(len(scores)):
        played = split.given[row].indices.astype(np.int64)
        if len(played):
            taste = fold_in.user_factors(played, np.ones(len(played), np.float32))
            scores[row] = fold_in.item_factors @ taste
    return scores


def _judge(split: Split, scores: Floats) -> RankingMetrics:
    """Rank in blocks of rows: a mask of everything at once would double the memory."""
    lists: list[NDArray[np.int64]] = []
    for start in range(0, len(scores), _ROWS):
        block = scores[start : start + _ROWS]
        allowed = np.ones(block.shape, dtype=bool)
        allowed[split.given[start : start + _ROWS].nonzero()] = False
        lists.append(top_items(block, allowed))
    return evaluate_ranking(np.concatenate(lists), split.hidden)


def _binary(
    user: NDArray[np.int64], item: NDArray[np.int64], shape: tuple[int, int]
) -> sparse.csr_matrix:
    matrix = sparse.csr_matrix((np.ones(len(user), np.float32), (user, item)), shape=shape)
    matrix.data[:] = 1
    return matrix


def _of_lists(rows: list[list[int]], size: int) -> sparse.csr_matrix:
    user = np.repeat(np.arange(len(rows)), [len(row) for row in rows])
    item = np.array([id_ for row in rows for id_ in row], dtype=np.int64)
    return _binary(user, item, (len(rows), size))


def _json_lines(file: Path) -> Iterator[dict[str, Any]]:
    with gzip.open(file, "rb") as lines:
        for line in lines:
            yield orjson.loads(line)
