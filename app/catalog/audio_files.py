"""Stored audio files: which track each belongs to, and the tracks that come with new ones."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from app.catalog.audio_tags import ReadFile, TrackTags
from app.catalog.compilations import with_album_artists
from app.catalog.entries import store_artists
from app.catalog.free_tracks import free_tracks
from app.catalog.identifiers import made_key
from app.catalog.names import fold_name, fold_title
from app.catalog.tag_storage import describe_tracks
from app.database import Connection, Database


@dataclass
class FilesOutcome:
    """What storing some files did; lists of paths."""

    added: list[bytes] = field(default_factory=list)
    """With a new track."""
    attached: list[bytes] = field(default_factory=list)
    """Given to a track that had no file."""
    known: list[bytes] = field(default_factory=list)
    """Whose sound was known already: moved, retagged or copied."""


@dataclass(frozen=True, slots=True)
class KnownFile:
    """A stored file, as the last scan saw it."""

    size_bytes: int
    modified_ns: int
    missing: bool


async def known_files(db: Database, folder: bytes) -> dict[bytes, KnownFile]:
    """Stored files below `folder` (which ends in a slash), by path."""
    rows = await db.fetch(
        "SELECT path, size_bytes, modified_ns, missing FROM audio_files "
        "WHERE substring(path FROM 1 FOR length($1::bytea)) = $1",
        folder,
    )
    return {row[0]: KnownFile(*row[1:]) for row in rows}


async def mark_missing(db: Database, paths: Sequence[bytes], missing: bool) -> None:
    """Say that files are gone, or back; a track is missing when none of its files is left."""
    async with db.transaction() as connection:
        rows = await connection.fetch(
            "UPDATE audio_files SET missing = $2 WHERE path = ANY($1) RETURNING track_id",
            list(paths),
            missing,
        )
        await _mark_tracks(connection, {row["track_id"] for row in rows} - {None})


async def _mark_tracks(connection: Connection, track_ids: set[int]) -> None:
    await connection.execute(
        "UPDATE tracks SET missing = NOT missing WHERE id = ANY($1) AND missing = EXISTS "
        "(SELECT FROM audio_files f WHERE f.track_id = tracks.id AND NOT f.missing)",
        list(track_ids),
    )


async def store_files(
    connection: Connection, files: Sequence[ReadFile], given: Mapping[bytes, int] | None = None
) -> FilesOutcome:
    """Store files that were read, in the caller's transaction.

    A file goes to the track whose sound it is, else to a track without files that its ids or names
    fit, else to a new track. `given` says the track of some paths beforehand.
    """
    files = await with_album_artists(connection, files)
    outcome = FilesOutcome()
    tagged = {file.path: file.tags for file in files if file.tags}
    track_of = dict(given or {})
    by_sound = await _tracks_by_sound(connection, files)
    for file in files:
        if file.path not in track_of and file.audio_hash in by_sound:
            track_of[file.path] = by_sound[file.audio_hash]
            outcome.known.append(file.path)
    waiting = {path: tags for path, tags in tagged.items() if path not in track_of}
    free = await free_tracks(connection, waiting, set(track_of.values()), list(tagged))
    used = await _used_keys(connection, waiting.values())
    artists = await store_artists(
        connection,
        [
            *(artist for tags in tagged.values() for artist in tags.artists),
            *(t.album.artist for t in tagged.values() if t.album and t.album.artist),
        ],
    )
    first_with: dict[str, int] = {}  # tracks of sounds first met in this batch
    for file in files:
        if file.tags is None or file.audio_hash is None or file.path in track_of:
            continue
        if file.audio_hash in first_with:
            track_id = first_with[file.audio_hash]
            outcome.known.append(file.path)
        elif (found := free.take(file.tags)) is not None:
            track_id = found
            outcome.attached.append(file.path)
        else:
            key = _plain_key(file.tags)
            if key in used:  # another recording of this name has it
                key = _plain_key(file.tags, file.audio_hash)
            used.add(key)
            track_id = await _insert(connection, key, file.tags)
            outcome.added.append(file.path)
        track_of[file.path] = first_with[file.audio_hash] = track_id
    await describe_tracks(
        connection, {track_of[path]: tags for path, tags in tagged.items()}, artists
    )
    before = await _upsert(connection, files, track_of)
    await _mark_tracks(connection, before | set(track_of.values()))
    return outcome


async def _tracks_by_sound(
    connection: Connection, files: Sequence[ReadFile]
) -> dict[str | None, int]:
    rows = await connection.fetch(
        "SELECT audio_hash, track_id FROM audio_files WHERE audio_hash = ANY($1) "
        "AND track_id IS NOT NULL ORDER BY missing DESC, id DESC",
        [file.audio_hash for file in files if file.audio_hash],
    )
    return {row["audio_hash"]: row["track_id"] for row in rows}


async def _used_keys(connection: Connection, tags: Iterable[TrackTags]) -> set[str]:
    rows = await connection.fetch(
        "SELECT key FROM tracks WHERE key = ANY($1)", list({_plain_key(t) for t in tags})
    )
    return {row["key"] for row in rows}


def _plain_key(tags: TrackTags, *sound: str) -> str:
    return made_key(fold_name(tags.artists[0].name), fold_title(tags.title), *sound)


async def _insert(connection: Connection, key: str, tags: TrackTags) -> int:
    track_id: int = await connection.fetchval(
        "INSERT INTO tracks (key, title, folded) VALUES ($1, $2, $3) "
        "ON CONFLICT (key) DO UPDATE SET key = excluded.key RETURNING id",
        key,
        tags.title,
        fold_title(tags.title),
    )
    return track_id


async def _upsert(
    connection: Connection, files: Sequence[ReadFile], track_of: Mapping[bytes, int]
) -> set[int]:
    """Write the files' rows; the tracks that these paths belonged to before."""
    rows = await connection.fetch(
        "SELECT track_id FROM audio_files WHERE path = ANY($1) AND track_id IS NOT NULL",
        [file.path for file in files],
    )
    await connection.execute(
        "INSERT INTO audio_files AS f (path, track_id, size_bytes, modified_ns, audio_hash, codec, "
        "scan_error) SELECT * FROM unnest($1::bytea[], $2::bigint[], $3::bigint[], $4::bigint[], "
        "$5::text[], $6::text[], $7::text[]) ON CONFLICT (path) DO UPDATE SET "
        "track_id = excluded.track_id, size_bytes = excluded.size_bytes, "
        "modified_ns = excluded.modified_ns, audio_hash = excluded.audio_hash, "
        "codec = excluded.codec, scan_error = excluded.scan_error, missing = false, "
        "scanned_at = now(), analysis_error = CASE WHEN f.audio_hash = excluded.audio_hash "
        "THEN f.analysis_error END",
        [file.path for file in files],
        [track_of.get(file.path) for file in files],
        [file.size_bytes for file in files],
        [file.modified_ns for file in files],
        [file.audio_hash for file in files],
        [file.codec for file in files],
        [file.error for file in files],
    )
    return {row["track_id"] for row in rows}
