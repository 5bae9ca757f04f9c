"""How candidates of both halves become one ranked list.

Three signals, each 0..1:
- name: how near the query is to the name (`app.search.similarity`);
- words: BM25 of the shared words, over the best candidate's;
- meaning: cosine of the query to the track's description, over the nearest track's.

rest = WORDS_SHARE · words + (1 - WORDS_SHARE) · meaning, the convex combination that Bruch, Gai and
Ingber 2023 ("An Analysis of Fusion Functions for Hybrid Retrieval") found better than reciprocal
rank fusion. Who asks by name wants that name: a near name stands above whatever only the rest
speaks for, and among near names the rest is a tie-breaker.
"""

import enum
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from app.search.entries import SearchType
from app.search.names import Candidate
from app.search.similarity import NOTHING, NameQuery, Similarity

WORDS_SHARE = 0.3  # chosen on SciFact's training claims
RELATED = 0.3  # cosine from which on a description counts as related
_NAMED_FROM = 0.4  # near names score from here, what only the rest speaks for up to here
_REST_SHARE = 0.1  # of the score of a near name
_EXACT_FROM = 0.95  # exact names score at least this, all else less
_MISSING_FACTOR = 0.5
_POPULARITY_SHARE = 0.02


class MatchedBy(enum.Enum):
    """Why a result is there."""

    NAME = "name"
    SPELLING = "spelling"
    MEANING = "meaning"


@dataclass(frozen=True, slots=True)
class Hit:
    """One result; `id` is the bigint key in the table of its kind, `score` 0..1."""

    kind: SearchType
    id: int
    score: float
    matched_by: MatchedBy


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that is known about the answers to one query."""

    candidates: Sequence[Candidate]
    cosines: Mapping[int, float] = field(default_factory=dict)  # by track id
    missing: Collection[int] = frozenset()  # tracks whose files are gone


def rank(folded: str, evidence: Evidence) -> list[Hit]:
    """All results for a folded query, best first.

    Exact names come first, the more popular before the less. A missing track has half its score;
    one that is called exactly as asked stands behind the others that are.
    """
    query = NameQuery(folded)
    candidates = [*evidence.candidates, *_by_meaning_alone(evidence)]
    most_words = max((c.words_score for c in candidates), default=0.0) or 1.0
    nearest = max(evidence.cosines.values(), default=0.0) or 1.0
    hits = []
    for candidate in candidates:
        track = candidate.kind is SearchType.TRACK
        cosine = evidence.cosines.get(candidate.id, 0.0) if track else 0.0
        meaning = cosine / nearest if cosine >= RELATED else 0.0
        missing = track and candidate.id in evidence.missing
        name = query.similarity(candidate.name, candidate.credit) if candidate.name else NOTHING
        words = candidate.words_score / most_words
        rest = WORDS_SHARE * words + (1 - WORDS_SHARE) * meaning
        score = _NAMED_FROM * rest
        if name.value > 0:
            near = (1 - _REST_SHARE) * name.value + _REST_SHARE * rest
            score = _NAMED_FROM + (1 - _NAMED_FROM) * near
        if not candidate.exact and score <= 0:
            continue
        score = _final(score, candidate, missing)
        hits.append(Hit(candidate.kind, candidate.id, score, _reason(candidate, name)))
    return sorted(hits, key=lambda hit: (-hit.score, hit.kind.number, hit.id))


def _by_meaning_alone(evidence: Evidence) -> list[Candidate]:
    named = {c.id for c in evidence.candidates if c.kind is SearchType.TRACK}
    return [
        Candidate(SearchType.TRACK, id_, "", "", 0.0, exact=False, words_score=0.0)
        for id_ in evidence.cosines
        if id_ not in named
    ]


def _final(score: float, candidate: Candidate, missing: bool) -> float:
    tie_break = _POPULARITY_SHARE * candidate.popularity
    if candidate.exact:
        return (_EXACT_FROM if missing else 1 - _POPULARITY_SHARE) + tie_break
    scaled = _EXACT_FROM * min(1.0, (score + tie_break) / (1 + _POPULARITY_SHARE))
    return scaled * _MISSING_FACTOR if missing else scaled


def _reason(candidate: Candidate, name: Similarity) -> MatchedBy:
    if candidate.exact or name.spelled:
        return MatchedBy.NAME
    return MatchedBy.SPELLING if name.value > 0 else MatchedBy.MEANING
