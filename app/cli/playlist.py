"""`segue playlist`: make a playlist, print it or write it to a file."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.runtime import console, print_result, run_with_database

if TYPE_CHECKING:
    from app.database import Database
    from app.playlist import GeneratedPlaylist, ListedTrack, PlaylistRequest
    from app.settings import Settings


@dataclass(frozen=True)
class _Made:
    playlist: "GeneratedPlaylist"
    tracks: "list[ListedTrack]"


def playlist(
    *,
    mood: Annotated[str | None, typer.Option(help="happy, calm, energetic, sad, …")] = None,
    duration: Annotated[int, typer.Option(help="Length in minutes, 1 to 1440.")] = 60,
    genres: Annotated[str | None, typer.Option(help="Genre names, comma-separated.")] = None,
    activity: Annotated[str | None, typer.Option(help="workout, studying, party, …")] = None,
    energy: Annotated[str | None, typer.Option(help="low, medium or high.")] = None,
    user: Annotated[str | None, typer.Option(help="Whose taste counts: a user's id.")] = None,
    familiar: Annotated[
        float | None, typer.Option(help="Share of tracks the user knows, 0 to 1.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Another number gives another list.")] = 0,
    output: Annotated[
        Path | None, typer.Option(help="Write it there: .m3u8, .xspf or .jspf.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON to stdout.")] = False,
) -> None:
    """Make a playlist to wishes, in a smooth order.

    Example: `segue playlist --mood happy --duration 45 --genres "rock,indie pop" --output x.m3u8`
    """
    from app.playlist import PlaylistRequest, write_playlist

    names = tuple(name.strip() for name in (genres or "").split(",") if name.strip())

    async def work(settings: "Settings", database: "Database") -> _Made:
        request = PlaylistRequest(
            mood=mood,
            activity=activity,
            duration_minutes=duration,
            genres=names,
            energy_level=energy,
            familiar_ratio=familiar,
            user_id=await _user_id(database, user),
            seed=seed,
        )
        made = await _make(database, request)
        if output is not None:
            write_playlist(output, _title(request), made.tracks)
        return made

    made = run_with_database(work)
    for note in made.playlist.notes:
        console.print(note, highlight=False)
    if as_json:
        print_result(_as_json(made))
    elif output is None:
        print_result("\n".join(_lines(made)))
    else:
        console.print(f"{len(made.tracks)} tracks written to {output}", highlight=False)


async def _user_id(database: "Database", user: str | None) -> int | None:
    from app.errors import BadInput
    from app.listening import user_id_by_key

    if user is None:
        return None
    found = await user_id_by_key(database, user.removeprefix("user_"))
    if found is None:
        raise BadInput(f"There is no user {user!r}.", "user")
    return found


async def _make(database: "Database", request: "PlaylistRequest") -> _Made:
    from app.playlist import PlaylistGenerator, listed_tracks

    generator = PlaylistGenerator(database)
    try:
        made = await generator.generate(request)
    finally:
        await generator.close()
    return _Made(made, await listed_tracks(database, [item.track_id for item in made.items]))


def _title(request: "PlaylistRequest") -> str:
    words = [request.mood, request.activity, *request.genres]
    named = " ".join(word for word in words if word) or "mixed"
    return f"{named}, {request.duration_ms // 60_000} minutes"


def _lines(made: _Made) -> list[str]:
    lines = []
    for item, track in zip(made.playlist.items, made.tracks, strict=True):
        minutes, seconds = divmod(item.starts_at_ms // 1000, 60)
        lines.append(f"{minutes:4}:{seconds:02}  {track.artist or 'unknown'} - {track.title}")
    minutes, seconds = divmod(made.playlist.duration_ms // 1000, 60)
    lines.append(f"{minutes:4}:{seconds:02}  end of {len(made.tracks)} tracks")
    return lines


def _as_json(made: _Made) -> str:
    from dataclasses import asdict

    import orjson

    answer = {
        "durationMs": made.playlist.duration_ms,
        "shortfallMs": made.playlist.shortfall_ms,
        "notes": made.playlist.notes,
        "measures": asdict(made.playlist.measures),
        "tracks": [
            {
                "id": f"track_{track.key}",
                "title": track.title,
                "artist": track.artist,
                "album": track.album,
                "durationMs": track.duration_ms,
                "fit": item.fit,
            }
            for item, track in zip(made.playlist.items, made.tracks, strict=True)
        ],
        "transitions": [
            {
                name: getattr(step, name)
                for name in ("score", "certainty", "tempo", "key", "energy", "loudness")
            }
            for step in made.playlist.transitions
        ],
    }
    return orjson.dumps(answer, option=orjson.OPT_INDENT_2).decode()
