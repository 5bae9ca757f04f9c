"""Search for a server: follows the champion index, and answers with what is there.

Whatever cannot be used (an index that was not built, a broken file, a sentence model that does
not load or has too much to do) makes an answer `degraded`, never an error: without the names half
Postgres is asked for the words, without the meaning half the names alone answer.
"""

import asyncio
import contextlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import structlog
from numpy.typing import NDArray

from app.artifacts import Artifact, ArtifactStore, Follower
from app.database import Database
from app.errors import BadInput, DeadlineExceeded, Overloaded, SegueError, Unavailable
from app.inference import SentenceService
from app.search import queries
from app.search.cursors import decode_cursor, encode_cursor, query_digest
from app.search.entries import Entry, SearchType, fold_text, visible
from app.search.index import ARTIFACT, SearchIndex, open_index
from app.search.names import DEPTH, Candidate
from app.search.ranking import Evidence, Hit, rank
from app.search.training import named_entry
from app.settings import Settings

MAX_QUERY_CHARACTERS = 1000
MAX_PAGE = 100
DEFAULT_PAGE = 20
_SHORTEST_MEANINGFUL = 3  # characters
_NO_INDEX = "the search index has not been built: run `segue train search`"

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Found:
    """A result, the key it is publicly known by, and its place in the list as a cursor."""

    hit: Hit
    key: str
    cursor: str


@dataclass(frozen=True, slots=True)
class SearchPage:
    """A page of results; `total` counts all, at most a few hundred. `problem` says what is off."""

    found: Sequence[Found]
    total: int
    has_next: bool
    has_previous: bool
    problem: str | None

    @property
    def degraded(self) -> bool:
        """Whether something that should have helped did not."""
        return self.problem is not None


@dataclass(frozen=True, slots=True)
class _Ranking:
    hits: Sequence[Hit]
    keys: Mapping[tuple[SearchType, int], str]
    problem: str | None


class Searcher:
    """One a process; `start` before use, `close` at the end."""

    def __init__(self, settings: Settings, db: Database) -> None:
        self._db = db
        self._sentences = SentenceService(settings)
        self._follower: Follower[SearchIndex] = Follower(
            ArtifactStore(db, settings.artifacts_dir), ARTIFACT, self._load
        )
        self._following: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Open the champion if there is one, then follow it; models load in the background."""
        try:
            await self._follower.refresh()
        except SegueError as error:
            log.warning("search starts without an index", reason=str(error))
        self._following = asyncio.create_task(self._follower.follow(), name="follow search")

    async def close(self) -> None:
        """Stop following, and finish what is in flight."""
        if self._following is not None:
            self._following.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._following
        await self._sentences.close()

    @property
    def problem(self) -> str | None:
        """What an operator should mend; None when all is well or nothing was built yet."""
        index = self._follower.current
        problems = [self._follower.problem, *(index.problems if index is not None else ())]
        if index is not None and index.meaning is not None:
            problems.append(self._sentences.problem)
        return "; ".join(filter(None, problems)) or None

    async def refresh(self) -> bool:
        """Look for a new champion now; whether one was swapped in."""
        return await self._follower.refresh()

    async def search(
        self,
        query: str,
        types: Collection[SearchType] | None = None,
        *,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
        playlists_of: str | None = None,
    ) -> SearchPage:
        """A page of what matches `query`, best first; `types` None means all.

        With `playlists_of`, only playlists of the user with this key, or without an owner, count.
        Any text is plain text: there is no query language. Raises BadInput for a blank query, one
        of more than 1,000 characters, no types, a page size outside 1..100, or a foreign cursor.
        """
        folded = checked_query(query)
        kinds = frozenset(SearchType if types is None else types)
        if not kinds:
            raise BadInput("`types` must name at least one type, or be left out.", "types")
        digest = query_digest(folded, kinds)
        start = 0 if after is None else decode_cursor(after, digest, "after") + 1
        end = None if before is None else decode_cursor(before, digest, "before")
        size = _page_size(first, last)
        ranking = await self._rank(visible(query), folded, kinds, playlists_of)
        hits = ranking.hits
        stop = len(hits) if end is None else min(end, len(hits))
        if last is not None:
            start = max(start, stop - size)
        shown = hits[start : min(stop, start + size)]
        return SearchPage(
            found=[
                Found(hit, ranking.keys[hit.kind, hit.id], encode_cursor(start + at, digest))
                for at, hit in enumerate(shown)
            ],
            total=len(hits),
            has_next=start + len(shown) < len(hits),
            has_previous=start > 0 and bool(hits),
            problem=ranking.problem,
        )

    async def _rank(
        self, text: str, folded: str, kinds: frozenset[SearchType], playlists_of: str | None
    ) -> _Ranking:
        index = self._follower.current
        (vector, problem), fresh, indexed = await asyncio.gather(
            self._embed(text, folded, kinds, index),
            self._since_built(folded, kinds, index),
            _by_name(folded, kinds, index),
        )
        candidates = [*indexed, *fresh]
        cosines = await _by_meaning(vector, candidates, index)
        there = await queries.present(self._db, _ids(candidates, cosines), playlists_of)
        evidence = Evidence(
            [one for one in candidates if (one.kind, one.id) in there.keys],
            {id_: c for id_, c in cosines.items() if (SearchType.TRACK, id_) in there.keys},
            there.missing,
        )
        if index is None:
            problem = self._follower.problem or _NO_INDEX
        elif index.problems:
            problem = "; ".join(index.problems)
        return _Ranking(await asyncio.to_thread(rank, folded, evidence), there.keys, problem)

    async def _since_built(
        self, folded: str, kinds: frozenset[SearchType], index: SearchIndex | None
    ) -> list[Candidate]:
        """By spelled words, from Postgres: rows newer than the index; all rows without one."""
        after = index.last_ids if index is not None else {}
        rows = await queries.rows_by_words(self._db, folded.split(), kinds, after, DEPTH)
        return [_as_candidate(named_entry(row), folded) for row in rows]

    async def _embed(
        self, text: str, folded: str, kinds: frozenset[SearchType], index: SearchIndex | None
    ) -> tuple[NDArray[np.float32] | None, str | None]:
        """The query's vector, or None and maybe what is wrong."""
        if index is None or index.meaning is None or not len(index.meaning.vectors):
            return None, None
        if SearchType.TRACK not in kinds or len(folded) < _SHORTEST_MEANINGFUL:
            return None, None
        try:
            vector = await self._sentences.embed(text)
        except (Unavailable, Overloaded, DeadlineExceeded) as error:
            return None, f"search by meaning is left out: {error}"
        if self._sentences.model_name != index.text_model:
            return None, (
                f"search by meaning is left out: the index was built with {index.text_model}; "
                "run `segue train search`"
            )
        return vector, None

    async def _load(self, artifact: Artifact) -> SearchIndex:
        index = await asyncio.to_thread(open_index, artifact.path)
        if index.meaning is not None:
            self._sentences.start()
        return index


def checked_query(query: str) -> str:
    """The folded query. Raises BadInput for a blank one, or one of more than 1,000 characters."""
    if len(query) > MAX_QUERY_CHARACTERS:
        raise BadInput(
            f"`query` has {len(query):,} characters; at most {MAX_QUERY_CHARACTERS:,} are allowed.",
            "query",
        )
    folded = fold_text(query)[:MAX_QUERY_CHARACTERS].strip()
    if not folded:
        raise BadInput("`query` is blank; it needs at least one visible character.", "query")
    return folded


def _page_size(first: int | None, last: int | None) -> int:
    if first is not None and last is not None:
        raise BadInput("`first` and `last` cannot be given together.", "last")
    argument, size = ("last", last) if last is not None else ("first", first)
    if size is None:
        return DEFAULT_PAGE
    if not 1 <= size <= MAX_PAGE:
        raise BadInput(f"`{argument}` is {size}; it must be from 1 to {MAX_PAGE}.", argument)
    return size


def _as_candidate(entry: Entry, folded: str) -> Candidate:
    exact = folded in entry.exact_names
    return Candidate(entry.kind, entry.id, entry.name, entry.credit, 0.0, exact, words_score=0.0)


async def _by_name(
    folded: str, kinds: frozenset[SearchType], index: SearchIndex | None
) -> list[Candidate]:
    if index is None or index.names is None:
        return []
    return await asyncio.to_thread(index.names.candidates, folded, kinds)


async def _by_meaning(
    vector: NDArray[np.float32] | None, candidates: Sequence[Candidate], index: SearchIndex | None
) -> dict[int, float]:
    if vector is None or index is None or index.meaning is None:
        return {}
    named = [one.id for one in candidates if one.kind is SearchType.TRACK]
    return await asyncio.to_thread(index.meaning.cosines, vector, named)


def _ids(candidates: Sequence[Candidate], cosines: Collection[int]) -> dict[SearchType, list[int]]:
    ids: dict[SearchType, set[int]] = {kind: set() for kind in SearchType}
    ids[SearchType.TRACK].update(cosines)
    for one in candidates:
        ids[one.kind].add(one.id)
    return {kind: sorted(found) for kind, found in ids.items()}
