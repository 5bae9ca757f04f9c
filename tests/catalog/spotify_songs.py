"""The research data set of Spotify songs, as a plain catalog file."""

import csv
import gzip
from pathlib import Path

_FEATURES = (
    "danceability energy key loudness mode speechiness acousticness instrumentalness liveness "
    "valence tempo"
)  # fmt: skip
COLUMNS = [
    "id", "title", "artist", "album", "genres", "release_date", "duration_ms", "spotify_id",
    "popularity", *_FEATURES.split(),
]  # fmt: skip


def plain_rows(shared_data: Path) -> list[dict[str, str]]:
    """One row a track: 28,356 of them, with the genres of all its lines."""
    rows: dict[str, dict[str, str]] = {}
    with gzip.open(shared_data / "spotify_songs" / "spotify_songs.csv.gz", "rt") as file:
        for song in csv.DictReader(file):
            row = rows.setdefault(
                song["track_id"],
                {
                    "id": song["track_id"],
                    "title": song["track_name"],
                    "artist": song["track_artist"].replace("|", r"\|"),
                    "album": song["track_album_name"],
                    "genres": "",
                    "release_date": song["track_album_release_date"],
                    "spotify_id": song["track_id"],
                    "popularity": song["track_popularity"],
                }
                | {name: song[name] for name in ["duration_ms", *_FEATURES.split()]},
            )
            genres = dict.fromkeys([*row["genres"].split("|"), song["playlist_subgenre"]])
            row["genres"] = "|".join(genre for genre in genres if genre)
    return list(rows.values())


def write_csv(rows: list[dict[str, str]], file: Path) -> Path:
    with file.open("w", newline="", encoding="utf-8") as out:
        writer = csv.DictWriter(out, COLUMNS)
        writer.writeheader()
        writer.writerows(rows)
    return file
