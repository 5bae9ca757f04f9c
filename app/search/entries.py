"""What can be found, and how its text is cut for the index.

An `Entry` is one track, artist, album, playlist or genre. All text in it is folded
(`app.catalog.fold`), so that spelling, accents and punctuation play no part.
"""

import enum
from collections.abc import Iterable
from dataclasses import dataclass

from app.catalog import fold

IDEOGRAPHS_FROM = "\u2e80"  # from here on, scripts without spaces: two signs make a word


class SearchType(enum.Enum):
    """The kinds of things a search finds; the order settles ties."""

    ARTIST = "artist"
    TRACK = "track"
    ALBUM = "album"
    PLAYLIST = "playlist"
    GENRE = "genre"

    @property
    def number(self) -> int:
        """The kind as a small integer, 0..4, for the index."""
        return _NUMBERS[self]


_NUMBERS = {kind: number for number, kind in enumerate(SearchType)}


@dataclass(frozen=True, slots=True)
class Entry:
    """One findable thing; `id` is the bigint key in the table of its kind."""

    kind: SearchType
    id: int
    name: str  # folded title or name
    credit: str = ""  # folded names of its artists
    aliases: tuple[str, ...] = ()  # further folded names that count as exact
    words: str = ""  # further folded words: album, genres, tags
    popularity: float = 0.0  # 0..1, how much it is listened to among its kind

    @property
    def exact_names(self) -> set[str]:
        """Every folded text that names exactly this."""
        names = {self.name, *self.aliases}
        if self.credit:
            names |= {f"{self.name} {self.credit}", f"{self.credit} {self.name}"}
        return names - {""}


def visible(text: str) -> str:
    """`text` without what cannot be seen: control and format characters, lone surrogates."""
    if text.isprintable():
        return text.strip()
    return "".join(c if c.isprintable() else _unseen(c) for c in text).strip()


def _unseen(character: str) -> str:
    # Joiners and direction marks stand inside words, all else between them.
    return "" if "\u200b" <= character <= "\u206f" else " "


def fold_text(text: str) -> str:
    """Fold what can be seen of `text`; empty only when that is nothing."""
    return fold(visible(text))


def grams(folded: str, *, open_end: bool = False) -> Iterable[str]:
    """Trigrams of each word, padded as pg_trgm does: two marks before, one after.

    "love" gives __l _lo lov ove ve_. With `open_end` the last word has no mark after it, since a
    person may still be typing it. Words of ideographs or kana also give their pairs of signs.
    """
    words = folded.split()
    for number, word in enumerate(words):
        padded = f"__{word}" if open_end and number == len(words) - 1 else f"__{word}_"
        yield from (padded[at : at + 3] for at in range(len(padded) - 2))
        if word >= IDEOGRAPHS_FROM:
            yield from (word[at : at + 2] for at in range(len(word) - 1))
