"""Album artists that files do not state: of soundtracks, samplers, and half-tagged albums."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TypeAlias

from app.catalog.audio_tags import ReadFile
from app.catalog.entries import ArtistName
from app.catalog.names import fold, fold_name
from app.database import Connection

_Album: TypeAlias = tuple[bytes, str]  # folder, folded title


async def with_album_artists(connection: Connection, files: Sequence[ReadFile]) -> list[ReadFile]:
    """The files, with the album artist that others of the same folder and album title agree on.

    A file that states no album artist takes the one its neighbors state or, when nothing states
    one and the track artists differ, none: various artists. Neighbors that were stored before
    count, so that a retagged file stays with its album; hence a batch should hold whole folders.
    """
    stated: dict[_Album, set[ArtistName | None]] = {}
    names: dict[_Album, set[str]] = {}
    for file in files:
        if file.tags is None or file.tags.album is None:
            continue
        album = _album_of(file)
        if file.tags.album_artist_stated:
            stated.setdefault(album, set()).add(file.tags.album.artist)
        else:
            names.setdefault(album, set()).add(fold_name(file.tags.artists[0].name))
    stored = await _stored(connection, names.keys() - stated.keys(), files)
    agreed: dict[_Album, ArtistName | None] = {}
    for album, artists in names.items():
        said = stated.get(album) or stored.get(album) or ({None} if len(artists) > 1 else set())
        if said:
            agreed[album] = next(iter(said)) if len(said) == 1 else None
    return [_under(file, agreed) for file in files]


def _album_of(file: ReadFile) -> _Album:
    title = file.tags.album.title if file.tags and file.tags.album else ""
    return file.path.rpartition(b"/")[0], fold(title)


def _under(file: ReadFile, agreed: dict[_Album, ArtistName | None]) -> ReadFile:
    tags = file.tags
    if tags is None or tags.album is None or tags.album_artist_stated:
        return file
    album = _album_of(file)
    if album not in agreed:
        return file
    return replace(file, tags=replace(tags, album=tags.album._replace(artist=agreed[album])))


async def _stored(
    connection: Connection, albums: Iterable[_Album], files: Sequence[ReadFile]
) -> dict[_Album, set[ArtistName | None]]:
    """Album artists stored for those albums, by files other than the given ones."""
    folders, titles = [folder for folder, _ in albums], [title for _, title in albums]
    rows = await connection.fetch(
        "SELECT DISTINCT w.folder, w.album, a.name, a.mbid "
        "FROM unnest($1::bytea[], $2::text[]) w(folder, album) "
        "JOIN albums al ON al.folded = w.album LEFT JOIN artists a ON a.id = al.artist_id "
        "JOIN tracks t ON t.album_id = al.id JOIN audio_files f ON f.track_id = t.id "
        "AND substring(f.path FROM 1 FOR length(w.folder)) = w.folder "
        "WHERE NOT f.missing AND f.path <> ALL($3)",
        folders,
        titles,
        [file.path for file in files],
    )
    stored: dict[_Album, set[ArtistName | None]] = {}
    for folder, album, name, mbid in rows:
        artist = ArtistName(name, mbid) if name else None
        stored.setdefault((folder, album), set()).add(artist)
    return stored
