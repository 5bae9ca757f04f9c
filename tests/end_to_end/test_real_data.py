"""Real catalogs, playlists and recordings through the whole product; longer checks."""

import csv
import gzip
import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.end_to_end.conftest import Served, make_home, segue
from tests.end_to_end.test_four_fields import ANALYSIS, PLAYLIST, RECOMMENDATIONS, SEARCH

pytestmark = pytest.mark.slow

WESNOTH = Path("/usr/share/games/wesnoth/1.16/data/core/music")
FEATURES = (
    "danceability",
    "energy",
    "key",
    "loudness",
    "mode",
    "speechiness",
    "acousticness",
    "instrumentalness",
    "liveness",
    "valence",
    "tempo",
    "duration_ms",
)
RECORD = "mutation ($input: RecordListensInput!) { recordListens(input: $input) { __typename } }"


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    folder = make_home()
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


def write_songs(source: Path, target: Path) -> int:
    """The songs as a plain catalog CSV, each once, with the genres of all its playlists."""
    songs: dict[str, dict[str, str]] = {}
    with gzip.open(source, "rt", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            song = songs.setdefault(
                row["track_id"],
                {
                    "id": row["track_id"],
                    "spotify_id": row["track_id"],
                    "title": row["track_name"],
                    "artist": row["track_artist"],
                    "album": row["track_album_name"],
                    "release_date": row["track_album_release_date"],
                    "popularity": row["track_popularity"],
                    "genres": "",
                    **{name: row[name] for name in FEATURES},
                },
            )
            genres = [genre for genre in song["genres"].split("|") if genre]
            if row["playlist_genre"] not in genres:
                song["genres"] = "|".join([*genres, row["playlist_genre"]])
    with target.open("w", encoding="utf-8", newline="") as out:
        writer = csv.DictWriter(out, fieldnames=list(next(iter(songs.values()))))
        writer.writeheader()
        writer.writerows(songs.values())
    return len(songs)


def write_playlists(source: Path, target: Path) -> int:
    """The playlists as JSON Lines of title and tracks."""
    count = 0
    with gzip.open(source, "rt", encoding="utf-8") as file, target.open("w") as out:
        for line in file:
            playlist = json.loads(line)
            tracks = [
                {
                    "title": entry["track_name"],
                    "artist": entry["artist_name"],
                    "album": entry["album_name"],
                    "spotify_id": entry["track_uri"].rpartition(":")[2],
                }
                for entry in playlist["tracks"]
            ]
            row = {"id": f"mpd-{playlist['pid']}", "title": playlist["name"], "tracks": tracks}
            out.write(json.dumps(row) + "\n")
            count += 1
    return count


def test_a_catalog_and_playlists_give_recommendations(home: Path, shared_data: Path) -> None:
    """28,356 tracks with audio features, 1,000 playlists as pseudo-users, a listener's 3 plays."""
    songs = write_songs(shared_data / "spotify_songs" / "spotify_songs.csv.gz", home / "songs.csv")
    lists = write_playlists(shared_data / "mpd_sample" / "playlists.jsonl.gz", home / "p.jsonl")
    assert (songs, lists) == (28_356, 1_000)
    done = segue(home, "import", "catalog", str(home / "songs.csv"))
    print(done.stdout)
    print(segue(home, "import", "playlists", str(home / "p.jsonl")).stdout)
    print(segue(home, "train").stdout)
    served = Served(home).start()
    try:
        found = served.data(SEARCH, {"words": "all i do is win", "first": 3})["search"]["edges"]
        assert found[0]["node"]["title"].lower().startswith("all i do is win")
        track = found[0]["node"]["id"]
        listens = [{"trackId": track, "listenedAt": "2026-07-01T10:00:00Z"}]
        served.data(RECORD, {"input": {"userId": "user_guest", "listens": listens}})
        for algorithm in ("popular", "collaborative", "content", "hybrid"):
            answer = served.data(
                RECOMMENDATIONS, {"user": "user_guest", "count": 10, "algorithm": algorithm}
            )["recommendations"]
            print(algorithm, [(t["title"], t["artist"]["name"]) for t in answer["tracks"]])
            assert len(answer["tracks"]) == 10
            assert track not in [t["id"] for t in answer["tracks"]]
        playlist = served.data(
            PLAYLIST, {"mood": "calm", "duration": 45, "preferences": {"genres": ["r&b"]}}
        )["playlist"]
        seconds = sum(t["durationMs"] for t in playlist["tracks"]) / 1000
        assert abs(seconds - 45 * 60) <= 5
    finally:
        served.stop()


@pytest.mark.skipif(not WESNOTH.is_dir(), reason="Debian's wesnoth-1.16-music is not installed")
def test_a_folder_of_real_recordings(home: Path) -> None:
    """41 real Ogg files: scanned, then asked for in all four fields."""
    home = home / "wesnoth"
    home.mkdir()
    print(segue(home, "scan", str(WESNOTH)).stderr)
    again = segue(home, "scan", str(WESNOTH), "--json")
    print(again.stdout)
    segue(home, "train")
    served = Served(home).start()
    try:
        tracks = served.data("{ tracks(first: 100) { edges { node { id title } } } }")["tracks"]
        assert len(tracks["edges"]) == 41
        track = tracks["edges"][0]["node"]
        analysis = served.data(ANALYSIS, {"url": track["id"], "type": "full"})["audioAnalysis"]
        assert analysis["durationMs"] > 10_000
        found = served.data(SEARCH, {"words": track["title"], "first": 3})["search"]["edges"]
        assert found[0]["node"]["title"] == track["title"]
        assert served.data(RECOMMENDATIONS, {"user": "user_me"})["recommendations"]["tracks"]
        playlist = served.data(PLAYLIST, {"mood": "calm", "duration": 30})["playlist"]
        assert abs(sum(t["durationMs"] for t in playlist["tracks"]) / 1000 - 1800) <= 5
    finally:
        served.stop()
