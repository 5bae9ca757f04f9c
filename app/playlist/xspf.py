"""Read XSPF version 1 (xspf.org), with an XML parser that refuses what files have no need of.

A document type declaration is where entities are defined, and so where files are read from outside
and where small documents grow without bound ("billion laughs"); XSPF has none, so it is refused.
"""

from xml.parsers import expat

from app.errors import BadInput
from app.playlist.entries import ReadPlaylist, says_something, time_of
from app.playlist.jspf import UNUSABLE, entry_of, texts_of

_LIST_FIELDS = ("title", "annotation", "identifier", "date")
_SEVERAL = ("identifier", "location")
_TRACK = ["playlist", "trackList", "track"]


def read_xspf(data: bytes, name: str) -> ReadPlaylist:
    """The list in `data`; raises BadInput for XML that is broken, unsafe, or not XSPF."""
    parsing = _Parsing(name)
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = parsing.refuse_doctype
    parser.StartElementHandler = parsing.start
    parser.EndElementHandler = parsing.end
    parser.CharacterDataHandler = parsing.text
    parsing.parser = parser
    try:
        parser.Parse(data, True)
    except expat.ExpatError as error:
        what = expat.ErrorString(error.code)
        raise BadInput(
            f"{name} is not well-formed XML: {what} at line {error.lineno}, column "
            f"{error.offset + 1}; nothing of it was imported"
        ) from error
    return parsing.playlist()


class _Parsing:
    def __init__(self, name: str) -> None:
        self._name = name
        self._open: list[str] = []
        self._text: list[str] = []
        self._fields: dict[str, list[str]] = {}
        self._line = 0
        self._tracks: list[tuple[int, dict[str, list[str]]]] = []
        self.parser: expat.XMLParserType | None = None

    def refuse_doctype(self, *declaration: object) -> None:
        raise BadInput(f"{self._name} declares a document type (DTD), which XSPF does not have")

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self._open.append(name.rpartition(" ")[2])
        self._text = []
        if self._open[0] != "playlist":
            raise BadInput(f"{self._name} is not XSPF: its root is <{self._open[0][:80]}>")
        if self._open == _TRACK and self.parser is not None:
            self._tracks.append((self.parser.CurrentLineNumber, {}))

    def text(self, data: str) -> None:
        self._text.append(data)

    def end(self, name: str) -> None:
        text, local = "".join(self._text), self._open.pop()
        if self._open == _TRACK:
            self._tracks[-1][1].setdefault(local, []).append(text)
        elif self._open == ["playlist"] and local in _LIST_FIELDS:
            self._fields.setdefault(local, []).append(text)

    def playlist(self) -> ReadPlaylist:
        fields = {name: next(iter(texts_of(values)), None) for name, values in self._fields.items()}
        read = ReadPlaylist(
            source="xspf",
            title=fields.get("title") or self._name,
            line=1,
            entries=[],
            description=fields.get("annotation"),
            identifier=fields.get("identifier"),
            created_at=time_of(fields.get("date")),
        )
        for line, values in self._tracks:
            track: dict[str, object] = {
                name: found if name in _SEVERAL else next(iter(texts_of(found)), None)
                for name, found in values.items()
            }
            entry = entry_of(line, track)
            if says_something(entry):
                read.entries.append(entry)
            else:
                read.problems.append((line, UNUSABLE))
        return read
