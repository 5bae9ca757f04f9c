"""The lexical half: a tantivy index of names (character trigrams) and words (BM25).

Candidates come from these questions: which entry is called exactly this, which names share most
trigrams (so that a misspelt name is found), which entries share the rarest words, and, where
nothing is called exactly so, which short names are one or two edits away. They are ranked in
`app.search.ranking`.
"""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

import tantivy

from app.search.entries import Entry, SearchType, grams

DEPTH = 100  # candidates from each question
_SHORT = (3, 12)  # characters; two edits of so few may leave no trigram whole
_MAX_TERMS = 64  # of a long query; more cost time and change little
_HEAP_BYTES = 128_000_000
_POPULARITY_WEIGHT = 0.2
_KINDS = tuple(SearchType)


@dataclass(frozen=True, slots=True)
class Candidate:
    """An entry that may answer a query."""

    kind: SearchType
    id: int
    name: str
    credit: str
    popularity: float
    exact: bool
    words_score: float  # BM25, 0 when no word is shared


class NameIndex:
    """An opened, read-only index; safe to use from several threads."""

    def __init__(self, index: "tantivy.Index") -> None:
        self._schema = index.schema
        self._searcher = index.searcher()

    @classmethod
    def open(cls, folder: Path) -> "NameIndex":
        """Map what `build` wrote. Raises ValueError when it is missing or broken."""
        index = tantivy.Index.open(str(folder))
        index.config_reader("manual")  # versions are folders: this one never changes
        index.reload()
        return cls(index)

    @staticmethod
    def build(
        folder: Path, entries: Iterable[Entry], progress: Callable[[int], None] = lambda done: None
    ) -> int:
        """Write an index of `entries` into an existing `folder`; the number of entries. Blocks."""
        writer = tantivy.Index(_schema(), path=str(folder)).writer(_HEAP_BYTES, 1)
        count = 0
        for entry in entries:
            writer.add_document(_document(entry))
            count += 1
            if count % 1000 == 0:
                progress(count)
        writer.commit()
        writer.wait_merging_threads()
        return count

    def __len__(self) -> int:
        return int(self._searcher.num_docs)

    def candidates(
        self, folded: str, types: Collection[SearchType], depth: int = DEPTH
    ) -> list[Candidate]:
        """Entries of `types` that may match the folded query, at most 4 × `depth`, unordered."""
        exact = self._find(self._term("exact", folded, "basic"), types, depth, by_popularity=True)
        trigrams = dict.fromkeys([*grams(folded), *grams(folded, open_end=True)])
        near = self._find(self._any("grams", trigrams), types, depth)
        worded = self._find(self._any("words", dict.fromkeys(folded.split())), types, depth)
        short = {} if exact else self._short_misspelt(folded, types, depth)
        nameless = dict.fromkeys([*exact, *near, *short], 0.0)
        return self._candidates({**nameless, **worded}, exact.keys())

    def _short_misspelt(
        self, folded: str, types: Collection[SearchType], depth: int
    ) -> dict[tuple[int, int], float]:
        """Entries whose whole name is a short query with one or two edits: few trigrams survive."""
        if not _SHORT[0] <= len(folded) <= _SHORT[1]:
            return {}
        edits = 1 if len(folded) < 5 else 2
        query = tantivy.Query.fuzzy_term_query(self._schema, "exact", folded, edits)
        return self._find(query, types, depth, by_popularity=True)

    def _candidates(
        self, found: dict[tuple[int, int], float], exact: Collection[tuple[int, int]]
    ) -> list[Candidate]:
        addresses = [tantivy.DocAddress(*at) for at in found]
        fields = [
            self._searcher.fast_field_values(field, addresses)
            for field in ("kind", "id", "popularity")
        ]
        candidates = []
        for at, address, kind, id_, weight in zip(found, addresses, *fields, strict=True):
            document = self._searcher.doc(address)
            candidates.append(
                Candidate(
                    kind=_KINDS[int(kind)],
                    id=int(id_),
                    name=document.get_first("name") or "",
                    credit=document.get_first("credit") or "",
                    popularity=(float(weight) - 1) / _POPULARITY_WEIGHT,
                    exact=at in exact,
                    words_score=found[at],
                )
            )
        return candidates

    def _find(
        self,
        query: "tantivy.Query",
        types: Collection[SearchType],
        depth: int,
        by_popularity: bool = False,
    ) -> dict[tuple[int, int], float]:
        """Scores by address (segment, document), best first."""
        if len(types) < len(_KINDS):
            kinds = self._any("kind", [kind.number for kind in types])
            only = tantivy.Query.const_score_query(kinds, 0.0)
            query = tantivy.Query.boolean_query(
                [(tantivy.Occur.Must, query), (tantivy.Occur.Must, only)]
            )
        result = self._searcher.search(
            query,
            depth,
            count=False,
            order_by_field="popularity" if by_popularity else None,
            weight_by_field=None if by_popularity else "popularity",
        )
        return {(at.segment_ord, at.doc): float(score) for score, at in result.hits}

    def _term(self, field: str, value: object, option: str) -> "tantivy.Query":
        return tantivy.Query.term_query(self._schema, field, value, option)

    def _any(self, field: str, values: Iterable[object]) -> "tantivy.Query":
        # Terms are given as they are, never parsed: no query can be a syntax error.
        terms = [self._term(field, value, "freq") for value in list(values)[:_MAX_TERMS]]
        return tantivy.Query.boolean_query([(tantivy.Occur.Should, term) for term in terms])


def _schema() -> "tantivy.Schema":
    builder = tantivy.SchemaBuilder()
    builder.add_integer_field("kind", indexed=True, fast=True)
    builder.add_integer_field("id", fast=True)
    builder.add_float_field("popularity", fast=True)
    builder.add_text_field("name", stored=True, tokenizer_name="raw", index_option="basic")
    builder.add_text_field("credit", stored=True, tokenizer_name="raw", index_option="basic")
    builder.add_text_field("exact", tokenizer_name="raw", index_option="basic")
    builder.add_text_field("grams", tokenizer_name="whitespace", index_option="freq")
    builder.add_text_field("words", tokenizer_name="whitespace", index_option="freq")
    return builder.build()


def _document(entry: Entry) -> "tantivy.Document":
    document = tantivy.Document()
    document.add_integer("kind", entry.kind.number)
    document.add_integer("id", entry.id)
    # A factor on BM25 scores: among equals, what is listened to more comes first.
    document.add_float("popularity", 1 + _POPULARITY_WEIGHT * entry.popularity)
    document.add_text("name", entry.name)
    document.add_text("credit", entry.credit)
    for name in sorted(entry.exact_names):
        document.add_text("exact", name)
    full_name = f"{entry.name} {entry.credit}"
    document.add_text("grams", " ".join(grams(full_name)))
    document.add_text("words", f"{full_name} {entry.words}")
    return document
