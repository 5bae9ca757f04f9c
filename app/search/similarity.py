"""How near a folded query is to a folded name, in 0..1.

1 is reserved for exact names, which the index knows. Two readings compete, the better counts:
- the whole name, misspelt: 1 - edits / length (optimal string alignment: a swapped pair is one);
- a part of it: a name that holds every word of the query, the last of which may be unfinished,
  maybe misspelt itself; the more of the name the query covers, the better.
What would need more edits than a person makes is 0: "sad piano" is not "said plan".
"""

from dataclasses import dataclass

from rapidfuzz.distance import OSA

from app.search.entries import IDEOGRAPHS_FROM

_CONTAINED = 0.75
_COVERAGE_SHARE = 0.2
_EDIT_COST = 1.5  # of a part, relative to an edit of the whole
_MOST_FUZZY_WORDS = 12  # a longer query is a sentence, not a misspelt name


@dataclass(frozen=True, slots=True)
class Similarity:
    """`value` in 0..1; `spelled` is whether every word of the query stands in the name as is."""

    value: float
    spelled: bool


NOTHING = Similarity(0.0, False)


class NameQuery:
    """A folded query, prepared for comparing with many names."""

    def __init__(self, folded: str) -> None:
        self._folded = folded
        self._words = folded.split()
        self._edits = _allowed_edits(len(folded))
        self._fuzzy = len(self._words) <= _MOST_FUZZY_WORDS

    def similarity(self, name: str, credit: str) -> Similarity:
        """The query against the whole `name`, and against words of `name` and `credit`."""
        whole = self._whole(name)
        part = self._part(name.split(), len(name))
        if credit and part.value == 0:
            part = self._part([*name.split(), *credit.split()], len(name) + len(credit))
        return part if part.value >= whole else Similarity(whole, False)

    def _whole(self, name: str) -> float:
        distance = OSA.distance(self._folded, name, score_cutoff=self._edits)
        if distance > self._edits:
            return 0.0
        return max(0.0, 1 - distance / max(len(self._folded), len(name), 1))

    def _part(self, there: list[str], length: int) -> Similarity:
        edits = 0
        for number, word in enumerate(self._words):
            edits += self._edits_of(word, there, unfinished=number == len(self._words) - 1)
            if edits > self._edits:
                return NOTHING
        covered = min(1.0, len(self._folded) / max(length, 1))
        value = _CONTAINED + _COVERAGE_SHARE * covered - _EDIT_COST * edits / len(self._folded)
        return Similarity(max(0.0, value), edits == 0)

    def _edits_of(self, word: str, there: list[str], unfinished: bool) -> int:
        """Fewest edits that make `word` one of `there`; too many when none is near."""
        if word in there or (unfinished and any(other.startswith(word) for other in there)):
            return 0
        if word >= IDEOGRAPHS_FROM and any(word in other for other in there):
            return 0  # scripts without spaces: a word may stand inside
        allowed = _allowed_edits(len(word)) if self._fuzzy else 0
        best = allowed + 1
        for other in there:
            best = min(best, OSA.distance(word, other, score_cutoff=best))
        return best if best <= allowed else self._edits + 1


def _allowed_edits(length: int) -> int:
    if length < 3:
        return 0
    return 1 if length < 5 else max(2, length // 6)
