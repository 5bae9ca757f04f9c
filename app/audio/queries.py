"""Every SQL statement of the audio domain."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from app.audio.analysis import AudioAnalysis
from app.audio.versions import ANALYSIS_SOURCE, EMBEDDING_MODEL, EMBEDDING_SIZE
from app.database import Database

FEATURE_NAMES = (
    "tempo",
    "key",
    "mode",
    "loudness",
    "energy",
    "danceability",
    "valence",
    "acousticness",
    "instrumentalness",
    "liveness",
    "speechiness",
    "duration_ms",
)
_STORED_TAGS = 30


@dataclass(frozen=True, slots=True)
class AudioFeaturesRow:
    """Stored features of a track, None where not known.

    tempo: BPM. key: 0..11 from C, -1 none found. mode: 1 major, 0 minor. loudness: LUFS when
    analyzed, dB when imported. Others 0..1. source: `import`, or what analyzed; version: its.
    """

    track_id: int
    source: str
    version: str
    tempo: float | None
    tempo_confidence: float | None
    key: int | None
    mode: int | None
    key_confidence: float | None
    loudness: float | None
    time_signature: int | None
    energy: float | None
    danceability: float | None
    valence: float | None
    acousticness: float | None
    instrumentalness: float | None
    liveness: float | None
    speechiness: float | None
    duration_ms: int | None


@dataclass(frozen=True, slots=True)
class PendingFile:
    """A file to be analyzed for its track."""

    file_id: int
    track_id: int
    path: Path
    audio_hash: str | None


_ROW = ", ".join(column.name for column in fields(AudioFeaturesRow))
_ANALYZED = (
    "tempo, tempo_confidence, key, mode, key_confidence, loudness, energy, danceability, valence, "
    "acousticness, instrumentalness, duration_ms, details"
)


async def audio_by_track_id(database: Database, ids: Sequence[int]) -> dict[int, AudioFeaturesRow]:
    """The features of the tracks with these ids, those that have any."""
    rows = await database.fetch(
        f"SELECT {_ROW} FROM audio_features WHERE track_id = ANY($1)", list(ids)
    )
    return {row["track_id"]: AudioFeaturesRow(*row) for row in rows}


async def sound_tags_by_track_id(
    database: Database, ids: Sequence[int]
) -> dict[int, list[tuple[str, float, str]]]:
    """MusiCNN's tags of the tracks with these ids, the most probable first.

    Each is (word, probability, network: `msd` or `mtt`); tracks without an analysis are left out.
    """
    rows = await database.fetch(
        "SELECT track_id, details->'tags' AS tags FROM audio_features "
        "WHERE track_id = ANY($1) AND jsonb_typeof(details->'tags') = 'array'",
        list(ids),
    )
    return {row["track_id"]: [tuple(tag) for tag in row["tags"]] for row in rows}


async def feature_matrix(
    database: Database,
) -> tuple[NDArray[np.int64], NDArray[np.float32], tuple[str, ...]]:
    """Features of every track that is there: (track ids (n,), values (n, names), names).

    The names are FEATURE_NAMES; unknown values are NaN, and so are key and mode where no key was
    found. Ordered by track id.
    """
    rows = await database.fetch(
        f"SELECT track_id, {', '.join(f'f.{name}' for name in FEATURE_NAMES)} "
        "FROM audio_features f JOIN tracks t ON t.id = f.track_id "
        "WHERE NOT t.missing ORDER BY track_id"
    )
    ids = np.array([row["track_id"] for row in rows], dtype=np.int64)
    values = np.array([tuple(row)[1:] for row in rows], dtype=np.float32)
    values = values.reshape(len(rows), len(FEATURE_NAMES))
    no_key = values[:, FEATURE_NAMES.index("key")] < 0
    values[no_key, FEATURE_NAMES.index("key")] = np.nan
    values[no_key, FEATURE_NAMES.index("mode")] = np.nan
    return ids, values, FEATURE_NAMES


async def embedding_matrix(
    database: Database, model: str = EMBEDDING_MODEL
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Embeddings of every track that is there: (track ids (n,), vectors (n, 200)), by track id."""
    rows = await database.fetch(
        "SELECT e.track_id, e.vector FROM track_embeddings e JOIN tracks t ON t.id = e.track_id "
        "WHERE e.model = $1 AND NOT t.missing ORDER BY e.track_id",
        model,
    )
    ids = np.array([row["track_id"] for row in rows], dtype=np.int64)
    data = b"".join(row["vector"] for row in rows)
    return ids, np.frombuffer(data, "<f4").reshape(len(rows), -1 if rows else EMBEDDING_SIZE)


async def file_of_track(database: Database, key: str) -> Path | None:
    """The file of the track with this key; None when there is no such track, or no file of it."""
    path = await database.fetch_value(
        "SELECT f.path FROM audio_files f JOIN tracks t ON t.id = f.track_id "
        "WHERE t.key = $1 AND NOT f.missing ORDER BY f.id LIMIT 1",
        key,
    )
    return None if path is None else Path(os.fsdecode(path))


async def pending_files(database: Database, version: str) -> list[PendingFile]:
    """One file for each track whose sound was not analyzed by this `version` of the analysis.

    Most played first, then in the order of the tracks. A file that failed is left out until a scan
    finds it changed; imported features do not count as an analysis.
    """
    rows = await database.fetch(
        "SELECT p.file_id, p.track_id, p.path, p.audio_hash FROM ("
        "  SELECT DISTINCT ON (f.track_id) f.id AS file_id, f.track_id, f.path, f.audio_hash"
        "  FROM audio_files f"
        "  WHERE f.track_id IS NOT NULL AND NOT f.missing"
        "    AND f.scan_error IS NULL AND f.analysis_error IS NULL"
        "  ORDER BY f.track_id, f.id) p "
        "LEFT JOIN audio_features a ON a.track_id = p.track_id "
        "LEFT JOIN (SELECT track_id, count(*) AS plays FROM listens WHERE NOT skipped "
        "  GROUP BY track_id) l ON l.track_id = p.track_id "
        "WHERE a.track_id IS NULL OR a.source <> $1 OR a.version <> $2"
        "  OR a.audio_hash IS DISTINCT FROM p.audio_hash "
        "ORDER BY l.plays DESC NULLS LAST, p.track_id",
        ANALYSIS_SOURCE,
        version,
    )
    return [
        PendingFile(
            row["file_id"], row["track_id"], Path(os.fsdecode(row["path"])), row["audio_hash"]
        )
        for row in rows
    ]


async def save_analysis(database: Database, pending: PendingFile, found: AudioAnalysis) -> None:
    """Store features and embedding of a track, over those of an earlier analysis or an import.

    What the analysis cannot tell (liveness, speechiness, time signature) stays as imported.
    """
    features = (
        found.tempo,
        found.tempo_confidence,
        found.key,
        found.mode,
        found.key_confidence,
        found.loudness,
        found.energy,
        found.danceability,
        found.valence,
        found.acousticness,
        found.instrumentalness,
        found.duration_ms,
        _details(found),
    )
    places = ", ".join(f"${number}" for number in range(5, 5 + len(features)))
    async with database.transaction() as connection:
        await connection.execute(
            f"INSERT INTO audio_features (track_id, source, version, audio_hash, {_ANALYZED}) "
            f"VALUES ($1, $2, $3, $4, {places}) ON CONFLICT (track_id) DO UPDATE SET "
            f"(source, version, audio_hash, {_ANALYZED}, analyzed_at) = "
            f"ROW(excluded.source, excluded.version, excluded.audio_hash, "
            f"{', '.join('excluded.' + name for name in _ANALYZED.split(', '))}, now())",
            pending.track_id,
            found.source,
            found.version,
            pending.audio_hash,
            *features,
        )
        if found.embedding is not None:
            await connection.execute(
                "INSERT INTO track_embeddings (track_id, model, vector) VALUES ($1, $2, $3) "
                "ON CONFLICT (track_id, model) DO UPDATE SET vector = excluded.vector",
                pending.track_id,
                EMBEDDING_MODEL,
                found.embedding.astype("<f4").tobytes(),
            )


async def save_failure(database: Database, pending: PendingFile, reason: str) -> None:
    """Remember why a file cannot be analyzed; a scan forgets it when the file changes."""
    async with database.transaction() as connection:
        await connection.execute(
            "UPDATE audio_files SET analysis_error = $2 WHERE id = $1", pending.file_id, reason
        )


def _details(found: AudioAnalysis) -> dict[str, object]:
    """What has no column: format, spectral summary, the first tags as [word, probability, net]."""
    return {
        "container": found.container,
        "codec": found.codec,
        "sample_rate": found.sample_rate,
        "channels": found.channels,
        "analyzed_from_ms": found.analyzed_from_ms,
        "analyzed_ms": found.analyzed_ms,
        "loudness_range": found.loudness_range,
        "spectral": None if found.spectral is None else asdict(found.spectral),
        "tags": None
        if found.tags is None
        else [[tag.name, tag.probability, tag.source] for tag in found.tags[:_STORED_TAGS]],
    }
