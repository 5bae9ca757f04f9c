"""How well search finds: known items by misspelt titles, and passages by meaning.

Known item (`spotify_songs`): the title of a random track, with 0, 1 or 2 random edits, must bring
a track of that title; the mean reciprocal rank within the first ten. Meaning (`scifact`, of the
BEIR benchmark, Thakur et al. 2021): nDCG@10 of claims against abstracts, by words alone, by vectors
alone, by the fusion that serves, and by reciprocal rank fusion (Cormack et al. 2009) beside it.
Both go through the index, the candidates and the ranking that serve; nothing is written.
"""

import csv
import gzip
import math
import random
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

import numpy as np
import orjson

from app.errors import BadInput
from app.inference import SentenceModel, load_sentence_model
from app.search.entries import Entry, SearchType, fold_text
from app.search.meaning import MeaningIndex, build_meaning
from app.search.names import NameIndex
from app.search.ranking import Evidence, rank
from app.settings import Settings

_SEED = 20_261_124
_SAMPLE = 1000
_SHORTEST_TITLE = 4
_TRACKS = frozenset({SearchType.TRACK})
_RRF_K = 60
_LETTERS = "abcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True)
class SearchEvaluation:
    """Figures by name, in the order they are to be shown."""

    figures: Mapping[str, float]

    def lines(self) -> list[str]:
        """The figures as lines of text to print."""
        return [f"{name}: {value:.4g}" for name, value in self.figures.items()]

    def as_json(self) -> dict[str, float]:
        """The figures for a program."""
        return dict(self.figures)


def evaluate_search(settings: Settings, data_dir: Path) -> SearchEvaluation:
    """Evaluate on `data_dir`/spotify_songs and `data_dir`/scifact; takes minutes, blocks.

    Raises BadInput when a data set is missing, `Unavailable` when the sentence model is.
    """
    for name in ("spotify_songs/spotify_songs.csv.gz", "scifact/corpus.jsonl.gz"):
        if not (data_dir / name).is_file():
            raise BadInput(f"There is no {name} in {data_dir}.")
    figures = known_item_figures(data_dir / "spotify_songs" / "spotify_songs.csv.gz")
    model = load_sentence_model(settings)
    return SearchEvaluation({**figures, **passage_figures(data_dir / "scifact", model)})


def known_item_figures(songs: Path, sample: int = _SAMPLE) -> dict[str, float]:
    """MRR@10 and latency in ms of title queries with 0, 1 and 2 edits."""
    entries = list(_song_entries(songs))
    titles = {entry.id: entry.name for entry in entries}
    chooser = random.Random(_SEED)
    usual = [entry.name for entry in entries if len(entry.name) >= _SHORTEST_TITLE]
    wanted = chooser.sample(usual, sample)
    with tempfile.TemporaryDirectory() as folder:
        NameIndex.build(Path(folder), entries)
        index = NameIndex.open(Path(folder))
        figures: dict[str, float] = {"titles": float(len(entries))}
        for edits in (0, 1, 2):
            ranks, times = [], []
            for title in wanted:
                query = fold_text(misspell(title, edits, chooser)) or title
                began = perf_counter()
                hits = rank(query, Evidence(index.candidates(query, _TRACKS)))
                times.append(1000 * (perf_counter() - began))
                found = [titles[hit.id] for hit in hits[:10]]
                ranks.append(1 / (found.index(title) + 1) if title in found else 0.0)
            figures[f"MRR@10 with {edits} edits"] = float(np.mean(ranks))
            figures[f"ms p50 with {edits} edits"] = float(np.percentile(times, 50))
            figures[f"ms p95 with {edits} edits"] = float(np.percentile(times, 95))
    return figures


def misspell(text: str, edits: int, chooser: random.Random) -> str:
    """`text` after random edits: a letter left out, put in, replaced, or swapped with the next."""
    for _ in range(edits):
        at = chooser.randrange(len(text))
        letter = chooser.choice(_LETTERS)
        swapped = text[:at] + text[at + 1 : at + 2] + text[at] + text[at + 2 :]
        kinds = [text[:at] + text[at + 1 :], text[:at] + letter + text[at:],
                 text[:at] + letter + text[at + 1 :], swapped]  # fmt: skip
        text = chooser.choice(kinds) or text
    return text


def passage_figures(folder: Path, model: SentenceModel) -> dict[str, float]:
    """nDCG@10 on SciFact's test claims; the share of words is fixed in `app.search.ranking`."""
    passages = [(int(row["_id"]), row["title"], row["text"]) for row in _lines(folder, "corpus")]
    claims = {row["_id"]: row["text"] for row in _lines(folder, "queries")}
    judged = _judgments(folder / "qrels_test.tsv")
    with tempfile.TemporaryDirectory() as path:
        NameIndex.build(Path(path), (_passage_entry(*passage) for passage in passages))
        names = NameIndex.open(Path(path))
        ids = np.array([id_ for id_, _, _ in passages], dtype=np.int64)
        texts = [f"{title} {text}" for _, title, text in passages]
        meaning, _ = build_meaning(ids, texts, model, None)
        runs = _Passages(names, meaning, model, claims, judged)
        return {
            "SciFact nDCG@10 words alone": runs.ndcg(runs.by_words),
            "SciFact nDCG@10 meaning alone": runs.ndcg(runs.by_meaning),
            "SciFact nDCG@10 fused": runs.ndcg(runs.fused),
            "SciFact nDCG@10 reciprocal rank fusion": runs.ndcg(runs.by_reciprocal_ranks),
        }


@dataclass(frozen=True)
class _Passages:
    """The ways to rank passages for a claim that are compared."""

    names: NameIndex
    meaning: MeaningIndex
    model: SentenceModel
    claims: Mapping[str, str]
    judged: Mapping[str, Mapping[int, float]]

    def ndcg(self, ranked: Callable[[str], Sequence[int]]) -> float:
        """Mean over the judged claims."""
        values = [
            ndcg_at_10(ranked(self.claims[claim]), gains) for claim, gains in self.judged.items()
        ]
        return float(np.mean(values))

    def by_words(self, claim: str) -> list[int]:
        found = self.names.candidates(fold_text(claim), _TRACKS)
        return [one.id for one in sorted(found, key=lambda one: -one.words_score)]

    def by_meaning(self, claim: str) -> list[int]:
        cosines = self.meaning.cosines(self.model.encode([claim])[0])
        return sorted(cosines, key=lambda id_: -cosines[id_])

    def fused(self, claim: str) -> list[int]:
        folded = fold_text(claim)
        found = self.names.candidates(folded, _TRACKS)
        vector = self.model.encode([claim])[0]
        evidence = Evidence(found, self.meaning.cosines(vector, [one.id for one in found]))
        return [hit.id for hit in rank(folded, evidence)]

    def by_reciprocal_ranks(self, claim: str) -> list[int]:
        scores: dict[int, float] = {}
        for ranked in (self.by_words(claim), self.by_meaning(claim)):
            for place, id_ in enumerate(ranked, start=1):
                scores[id_] = scores.get(id_, 0.0) + 1 / (_RRF_K + place)
        return sorted(scores, key=lambda id_: -scores[id_])


def ndcg_at_10(ranked: Sequence[int], gains: Mapping[int, float]) -> float:
    """Normalized discounted cumulative gain of the first ten, 0..1 (Järvelin, Kekäläinen 2002)."""
    best = sorted(gains.values(), reverse=True)
    ideal = _discounted(best)
    return _discounted([gains.get(id_, 0.0) for id_ in ranked[:10]]) / ideal if ideal else 0.0


def _discounted(gains: Iterable[float]) -> float:
    return sum(gain / math.log2(place + 2) for place, gain in enumerate(gains) if place < 10)


def _song_entries(songs: Path) -> Iterator[Entry]:
    seen: set[str] = set()
    with gzip.open(songs, "rt", encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row["track_id"] not in seen:
                seen.add(row["track_id"])
                yield Entry(
                    SearchType.TRACK,
                    len(seen),
                    fold_text(row["track_name"]),
                    fold_text(row["track_artist"]),
                    words=fold_text(f"{row['track_album_name']} {row['playlist_subgenre']}"),
                    popularity=float(row["track_popularity"]) / 100,
                )


def _passage_entry(id_: int, title: str, text: str) -> Entry:
    return Entry(SearchType.TRACK, id_, fold_text(title), words=fold_text(text))


def _lines(folder: Path, name: str) -> Iterator[dict[str, str]]:
    with gzip.open(folder / f"{name}.jsonl.gz", "rb") as file:
        yield from map(orjson.loads, file)


def _judgments(file: Path) -> dict[str, dict[int, float]]:
    judged: dict[str, dict[int, float]] = {}
    for line in file.read_text().splitlines()[1:]:
        claim, passage, gain = line.split("\t")
        judged.setdefault(claim, {})[int(passage)] = float(gain)
    return judged
