"""Writing the demo to disk: tagged Ogg Vorbis files, the catalogue, the truth."""

import json
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from mutagen.oggvorbis import OggVorbis

from app.demo.catalog import COMMENT, DemoPiece
from app.demo.instruments import SAMPLE_RATE, Samples
from app.demo.listeners import Simulation, device_names
from app.demo.rendering import render_piece

VORBIS_QUALITY = 0.2
BLOCK = 1 << 16  # libsndfile overflows its stack when one write hands Vorbis a whole piece


def encode(samples: Samples, path: Path) -> None:
    """Write mono float32 samples as Ogg Vorbis."""
    with soundfile.SoundFile(
        path,
        "w",
        SAMPLE_RATE,
        channels=1,
        format="OGG",
        subtype="VORBIS",
        compression_level=1 - VORBIS_QUALITY,
    ) as file:
        for start in range(0, len(samples), BLOCK):
            file.write(samples[start : start + BLOCK])


def tag(piece: DemoPiece, path: Path) -> None:
    """Set the Vorbis comments that a scan reads, and the one that says what this is."""
    open_tags: Callable[[Path], Any] = OggVorbis  # mutagen is only partly typed
    file = open_tags(path)
    file.update(
        {
            "title": piece.title,
            "artist": piece.artist,
            "albumartist": piece.artist,
            "album": piece.album,
            "genre": piece.genre,
            "tracknumber": str(piece.track_number),
            "discnumber": str(piece.disc_number),
            "date": str(piece.release_year),
            "comment": COMMENT,
        }
    )
    file.save()


def write_piece(piece: DemoPiece, folder: Path) -> Path:
    """Render, encode, and tag one piece unless its file is there; it appears only when complete."""
    path = folder / piece.file_name
    if path.exists():
        return path
    unfinished = folder / f".{piece.file_name}.{os.getpid()}.part"
    try:
        encode(render_piece(piece), unfinished)
        tag(piece, unfinished)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
    return path


def write_audio(
    pieces: Sequence[DemoPiece],
    folder: Path,
    workers: int,
    progress: Callable[[int, int], None] | None = None,
) -> list[Path]:
    """Write the files of all pieces into `folder`, which is made, and return their paths in order.

    workers: spawned processes, at least 1. progress: called with pieces done and pieces in all.
    Files that are there are kept, so an interrupted run goes on where it stopped.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for stale in folder.glob(".*.part"):  # of a run that was killed
        stale.unlink()
    paths: list[Path] = []
    # BLAS threads of each worker would fight for the same cores.
    with ProcessPoolExecutor(max_workers=workers, mp_context=get_context("spawn")) as pool:
        written = pool.map(write_piece, pieces, [folder] * len(pieces), chunksize=2)
        for path in written:
            paths.append(path)
            if progress:
                progress(len(paths), len(pieces))
    return paths


def write_catalog(pieces: Sequence[DemoPiece], folder: Path, file: Path) -> None:
    """Write the catalogue as plain JSON Lines; tempo and key are left for the analysis."""
    with file.open("w", encoding="utf-8") as out:
        for piece in pieces:
            row = {
                "id": piece.id,
                "title": piece.title,
                "artist": piece.artist,
                "album": piece.album,
                "genres": [piece.genre],
                "tags": ["demo", *piece.tags],
                "release_date": str(piece.release_year),
                "duration_ms": round(piece.duration_s * 1000),
                "path": str((folder / piece.file_name).resolve()),
            }
            out.write(json.dumps(row, ensure_ascii=False) + "\n")


def write_truth(pieces: Sequence[DemoPiece], file: Path) -> None:
    """Write everything that is known about each piece as one JSON list."""
    file.write_text(json.dumps([asdict(piece) for piece in pieces], ensure_ascii=False, indent=1))


def write_listens(simulation: Simulation, file: Path) -> None:
    """Write all plays, skipped ones too, as CSV in the plain listens format; times are UTC."""
    times = np.datetime_as_string(simulation.time.astype("datetime64[s]"))
    people, ids, devices = simulation.listeners, simulation.piece_ids, device_names(simulation)
    with file.open("w", encoding="utf-8", newline="") as out:
        out.write("user,track_id,listened_at,ms_played,skipped,device,country\n")
        for user, piece, at, heard, skipped, device in zip(
            simulation.user, simulation.piece, times, simulation.ms_played, simulation.skipped,
            devices, strict=True,
        ):  # fmt: skip
            person = people[user]
            flag = "true" if skipped else "false"
            out.write(f"{person.id},{ids[piece]},{at}Z,{heard},{flag},{device},{person.country}\n")
