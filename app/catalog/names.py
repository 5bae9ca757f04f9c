"""How names are compared: folding of titles and artists, version words, and credits taken apart.

Two spellings that a person calls the same fold to the same text: case, accents, punctuation and
spacing go, signs that stand for letters (P!nk, Ke$ha, AC/DC, Florence + the Machine) become them.
Folded text is for comparing and never shown.
"""

import re
import unicodedata
from collections.abc import Container
from functools import lru_cache

LONGEST_NAME = 500  # characters; Postgres indexes at most 2,700 bytes

# Letters that Unicode does not decompose into a base letter and an accent.
_LETTERS = str.maketrans(
    {
        "ø": "o", "đ": "d", "ð": "d", "ł": "l", "ħ": "h", "ı": "i", "þ": "th",
        "æ": "ae", "œ": "oe", "ŋ": "n", "ŧ": "t", "ĸ": "k",
    }
)  # fmt: skip
_ACCENTS = re.compile("[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]+")
_APOSTROPHES = re.compile("['`´‘’‛ʼ＇]+")
_ACRONYM_DOTS = re.compile(r"(?<=\b\w)\.(?=\w\b|\s|$)")
_DOLLAR = re.compile(r"\$(?=[a-z])|(?<=[a-z])\$")
_BANG = re.compile(r"(?<=[a-z])!(?=[a-z])")
_AND = re.compile(r"&|(?<=\w)\s+\+\s+(?=\w)")
_SIGNS = re.compile("['`´‘’‛ʼ＇.!$&+]")
_NOT_WORDS = re.compile(r"[\W_]+")
_PLAIN = re.compile(r"[a-z0-9]+(?: [a-z0-9]+)*")


def fold(text: str) -> str:
    """Fold a name: lower case, no accents, no punctuation, single spaces.

    Idempotent. A name of signs alone ("!!!", "+/-") folds to itself in lower case, so the result is
    empty only for text that is empty or blank. Combining marks of scripts where they carry the
    sound (Devanagari, Thai, kana) are kept.
    """
    folded = text.lower()
    if _PLAIN.fullmatch(folded) is not None:
        return folded
    folded = _fold_once(text)
    while _PLAIN.fullmatch(folded) is None and (again := _fold_once(folded)) != folded:
        folded = again
    return folded


def _fold_once(text: str) -> str:
    if text.isascii():
        plain = text.lower()
    else:
        plain = unicodedata.normalize("NFKD", text.casefold()).casefold().translate(_LETTERS)
        plain = unicodedata.normalize("NFC", _ACCENTS.sub("", plain))
    words = plain
    if _SIGNS.search(words) is not None:
        words = _ACRONYM_DOTS.sub("", _APOSTROPHES.sub("", words))
        words = _AND.sub(" and ", _BANG.sub("i", _DOLLAR.sub("s", words)))
    words = _NOT_WORDS.sub(" ", _keep_marks(words)).strip()
    return words or " ".join(plain.split()) or " ".join(text.casefold().split())


def _keep_marks(text: str) -> str:
    """Turn what is no letter, digit or mark into a space; `\\W` alone would also drop marks."""
    if text.isascii():
        return text
    return "".join(c if c.isalnum() or unicodedata.category(c)[0] == "M" else " " for c in text)


_FEATURING = r"(?:feat(?:uring)?|ft)\b\.?"
_FEATURING_IN_BRACKETS = re.compile(rf"[(\[]\s*{_FEATURING}[^)\]]*[)\]]", re.IGNORECASE)
_FEATURING_AT_END = re.compile(
    rf"(?<=\S)\s+{_FEATURING}\s+(?:(?!\s-\s)[^(\[])+(?=$|[(\[]|\s-\s)", re.IGNORECASE
)
# Notes that name the same recording. "Live", "Remix", "Acoustic" name another one, and stay.
_NOTE = (
    r"(?:(?:digital(?:ly)?\s+)?re-?master(?:ed)?(?:\s+(?:version|edition))?|album\s+version|"
    r"explicit(?:\s+version)?|bonus\s+track)"
)
_DATED_NOTE = rf"(?:\d{{4}}\s+)?{_NOTE}(?:\s+(?:in\s+)?\d{{4}})?"
_MAY_HOLD_NOTE = re.compile(r"[(\[]|\s[-–—/]\s")
_SAME_RECORDING = re.compile(
    rf"\s*[(\[]\s*{_DATED_NOTE}\s*[)\]]|\s+[-–—/]\s+{_DATED_NOTE}\s*(?=$|[-–—/(\[])", re.IGNORECASE
)


@lru_cache(maxsize=20_000)
def fold_title(title: str) -> str:
    """Fold a title, without its guests ("feat. …") and remaster or album-version notes.

    Version words that name another recording (live, remix, acoustic, edit, …) stay in the result,
    however they were attached: "Hurt - Live", "Hurt (Live)" and "Hurt [live]" fold alike.
    """
    if title.isalnum():
        return fold(title)
    kept = title
    if "f" in title.lower():
        kept = _FEATURING_AT_END.sub(" ", _FEATURING_IN_BRACKETS.sub(" ", kept))
    if _MAY_HOLD_NOTE.search(title) is not None:
        kept = _SAME_RECORDING.sub(" ", kept)
    return fold(kept) or fold(title)


_TRAILING_THE = re.compile(r"^(.*\S)\s*,\s*the$", re.IGNORECASE)


@lru_cache(maxsize=20_000)
def fold_name(artist: str) -> str:
    """Fold an artist's name, without a leading or trailing article ("The Cure", "Cure, The")."""
    swapped = _TRAILING_THE.match(artist.strip())
    folded = fold(swapped.group(1) if swapped else artist)
    rest = folded.removeprefix("the ")
    return folded if rest.split(" ", 1)[0] == "the" else rest


_VERSION_TEXT = """
    live acoustic remix mix edit version demo instrumental karaoke cover unplugged session sessions
    rehearsal take reprise dub radio extended club stripped orchestral piano cappella acapella mono
    intro outro interlude slowed sped nightcore remake rerecorded alternate alternative early
    vip bootleg mashup medley reworked rework concert tribute part volume chapter
"""
VERSION_WORDS = frozenset(_VERSION_TEXT.split())
_NUMBERS = {
    "one": "1", "two": "2", "three": "3", "four": "4", "five": "5", "six": "6", "seven": "7",
    "eight": "8", "nine": "9", "ten": "10", "ii": "2", "iii": "3", "iv": "4", "vi": "6",
    "vii": "7", "viii": "8", "ix": "9", "pt": "part", "vol": "volume",
}  # fmt: skip


def version_of(folded_title: str) -> frozenset[str]:
    """What tells versions and numbered pieces apart: the title's version words and its numbers.

    Two titles with different values are different recordings, however alike they look:
    "Symphony 12" and "Symphony 13", "Hurt" and "Hurt live". Roman numerals and number words
    count as the numbers they name.
    """
    words = (_NUMBERS.get(word, word) for word in folded_title.split())
    return frozenset(
        word for word in words if word in VERSION_WORDS or any(c.isdigit() for c in word)
    )


_GUESTS = re.compile(rf"\s*[(\[]?\s*(?<!\w){_FEATURING}\s+", re.IGNORECASE)
_SURE_SEPARATORS = re.compile(r"\s*[;\0]\s*|\s+/\s+|\s+vs\.?\s+", re.IGNORECASE)
_DOUBTFUL_SEPARATORS = re.compile(r"\s*,\s*(?:and\s+|&\s*)?|\s+(?:&|and|x|\+|with)\s+", re.I)


def split_artists(text: str, known: Container[str] = ()) -> list[str]:
    """Take a credit apart: "A feat. B" → ["A", "B"]; order kept, no repeats, never empty strings.

    Splits at "feat.", "ft.", "featuring", ";", " / " and " vs ". At ",", "&", "and", "x", "+" and
    "with", which also stand inside names ("Earth, Wind & Fire"), it splits a guest list only, or
    where every part is in `known` (folded names) and the whole is not.
    """
    main, *guests = [part for part in _GUESTS.split(text) if part.strip(" ()[]")] or [text]
    names = [name for part in _SURE_SEPARATORS.split(main) for name in _split_known(part, known)]
    for guest in guests:
        for part in _SURE_SEPARATORS.split(guest.strip().removesuffix(")").removesuffix("]")):
            names += [part] if fold_name(part) in known else _DOUBTFUL_SEPARATORS.split(part)
    return list(dict.fromkeys(name.strip() for name in names if name.strip()))


def _split_known(text: str, known: Container[str]) -> list[str]:
    parts = [part for part in _DOUBTFUL_SEPARATORS.split(text) if part.strip()]
    if len(parts) < 2 or fold_name(text) in known:
        return [text]
    return parts if all(fold_name(part) in known for part in parts) else [text]


def guests_of(title: str) -> list[str]:
    """Guests that a title names: "Umbrella (feat. JAY-Z & Drake)" → ["JAY-Z", "Drake"]."""
    found = _FEATURING_IN_BRACKETS.search(title) or _FEATURING_AT_END.search(title)
    return split_artists("x " + found.group().strip())[1:] if found else []


def is_various(artist: str) -> bool:
    """Whether this "artist" only says that an album has many ("Various Artists", "VA")."""
    return fold(artist) in ("various artists", "various", "va", "v a")


def tidy(text: str) -> str:
    """Text fit to be stored and shown: no control characters, single spaces, 500 characters."""
    if not text.isprintable():
        text = "".join(c if c.isprintable() or c.isspace() else "" for c in text)
        text = text.encode("utf-8", "replace").decode("utf-8")
    return " ".join(text.split())[:LONGEST_NAME].rstrip()
