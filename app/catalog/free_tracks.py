"""Tracks that are known by name only, and may be what a new audio file holds."""

from collections.abc import Mapping, Sequence

from app.catalog.audio_tags import TrackTags
from app.catalog.names import fold, fold_name, fold_title
from app.database import Connection


class FreeTracks:
    """Tracks without files, each given away once."""

    def __init__(self) -> None:
        self.by_name: dict[object, list[int]] = {}
        self._taken: set[int] = set()

    def take(self, tags: TrackTags) -> int | None:
        """The track that `tags` name, by MusicBrainz id, ISRC, or artist, title and album."""
        album = fold(tags.album.title) if tags.album else None
        artist, title = fold_name(tags.artists[0].name), fold_title(tags.title)
        names = [tags.mbid, tags.isrc, (artist, title, album), (artist, title)]
        for name in names:
            for track_id in self.by_name.get(name, ()) if name else ():
                if track_id not in self._taken:
                    self._taken.add(track_id)
                    return track_id
        return None


async def free_tracks(
    connection: Connection,
    waiting: Mapping[bytes, TrackTags],
    taken: set[int],
    paths: Sequence[bytes],
) -> FreeTracks:
    """Tracks that `waiting` files may be; those whose files are all at `paths`, replaced, count."""
    rows = await connection.fetch(
        "SELECT t.id, t.mbid, t.isrc, t.folded AS title, a.folded AS artist, al.folded AS album "
        "FROM tracks t LEFT JOIN track_artists ta ON ta.track_id = t.id "
        "LEFT JOIN artists a ON a.id = ta.artist_id LEFT JOIN albums al ON al.id = t.album_id "
        "WHERE (t.mbid = ANY($1) OR t.isrc = ANY($2) OR t.folded = ANY($3)) AND NOT EXISTS "
        "(SELECT FROM audio_files f WHERE f.track_id = t.id AND NOT f.missing "
        "AND f.path <> ALL($4)) AND t.id <> ALL($5) ORDER BY t.id, ta.position",
        [tags.mbid for tags in waiting.values() if tags.mbid],
        [tags.isrc for tags in waiting.values() if tags.isrc],
        [fold_title(tags.title) for tags in waiting.values()],
        list(paths),
        list(taken),
    )
    free = FreeTracks()
    for track_id, mbid, isrc, title, artist, album in rows:
        for name in (mbid, isrc, (artist, title, album), (artist, title)):
            if name:
                free.by_name.setdefault(name, []).append(track_id)
    return free
