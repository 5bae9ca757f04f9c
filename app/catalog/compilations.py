"""Albums of several artists whose files do not say so: soundtracks, samplers, mixes."""

from collections.abc import Sequence
from dataclasses import replace

from app.catalog.audio_tags import ReadFile
from app.catalog.names import fold, fold_name
from app.database import Connection


async def with_compilations(connection: Connection, files: Sequence[ReadFile]) -> list[ReadFile]:
    """The files, those of one album title and folder but several artists under various artists.

    Only files that state no album artist are changed. Files of the folder that were stored before
    as a compilation count, so that a retagged file stays with its album; hence a batch should hold
    whole folders.
    """
    artists: dict[tuple[bytes, str], set[str]] = {}
    for file in files:
        if (album := _unstated_album(file)) is not None and file.tags is not None:
            artists.setdefault(album, set()).add(fold_name(file.tags.artists[0].name))
    various = {album for album, names in artists.items() if len(names) > 1}
    alone = artists.keys() - various
    if alone:
        various |= await _stored(connection, alone)
    return [_under_various(file) if _unstated_album(file) in various else file for file in files]


def _unstated_album(file: ReadFile) -> tuple[bytes, str] | None:
    tags = file.tags
    if tags is None or tags.album is None or tags.album_artist_stated:
        return None
    return file.path.rpartition(b"/")[0], fold(tags.album.title)


def _under_various(file: ReadFile) -> ReadFile:
    if file.tags is None or file.tags.album is None:
        return file
    return replace(file, tags=replace(file.tags, album=file.tags.album._replace(artist=None)))


async def _stored(connection: Connection, albums: set[tuple[bytes, str]]) -> set[tuple[bytes, str]]:
    """Those of the albums (folder, folded title) that are stored with no one artist."""
    rows = await connection.fetch(
        "SELECT DISTINCT w.folder, w.album FROM unnest($1::bytea[], $2::text[]) w(folder, album) "
        "JOIN albums al ON al.folded = w.album AND al.artist_id IS NULL "
        "JOIN tracks t ON t.album_id = al.id JOIN audio_files f ON f.track_id = t.id "
        "AND substring(f.path FROM 1 FOR length(w.folder)) = w.folder",
        [folder for folder, _ in albums],
        [album for _, album in albums],
    )
    return {(row["folder"], row["album"]) for row in rows}
