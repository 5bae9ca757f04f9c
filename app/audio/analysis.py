"""One audio file in, everything that is known about its sound out.

`basic`: length, format, loudness, tempo and key. `full` adds beats, loudness range, a spectral
summary, MusiCNN's tags and embedding, and the estimates of `app.audio.character`.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import soxr
from numpy.typing import NDArray

from app.audio import spectrum
from app.audio.character import Character, estimate_character
from app.audio.decoding import MAX_SECONDS, Sound, decode
from app.audio.loudness import Loudness, measure_loudness
from app.audio.spectrum import SpectralSummary
from app.audio.tempo import NO_TEMPO, Tempo, track_beats
from app.audio.tonality import NO_KEY, Key, find_key
from app.audio.versions import ANALYSIS_SOURCE, analysis_version
from app.errors import BadInput
from app.inference.musicnn_tags import MSD_TAGS, MTT_TAGS
from app.inference.musicnn_weights import WeightsUnavailable

if TYPE_CHECKING:
    from app.inference.musicnn import Musicnn, MusicnnResult

ANALYSIS_TYPES = ("basic", "full")
_SECONDS_PER_PATCH = 20.0
_MIN_PATCHES, _MAX_PATCHES = 3, 10
_MIN_TAG_SECONDS = 1.0


@dataclass(frozen=True)
class Tag:
    """A word that listeners might use: `probability` (0..1) that one would, by `source`'s network
    (`msd`: Million Song Dataset, `mtt`: MagnaTagATune).
    """

    name: str
    probability: float
    source: str


@dataclass(frozen=True)
class AudioAnalysis:
    """Everything found in one file.

    duration_ms: length of the file. analyzed_from_ms, analyzed_ms: the part that was analyzed, the
    whole file unless it is very long. sample_rate: Hz. loudness: LUFS, None for silence.
    loudness_range: LU. tempo: BPM, None without a pulse. key: 0..11 from C, -1 when none was found.
    mode: 1 major, 0 minor. Confidences and character: 0..1. beats: seconds from the file's start.
    embedding: float32 (200,). timing: CPU seconds by stage. Fields of `full` are None in `basic`,
    and what MusiCNN tells is None where it is not installed.
    """

    analysis_type: str
    duration_ms: int
    analyzed_from_ms: int
    analyzed_ms: int
    sample_rate: int
    channels: int
    container: str
    codec: str
    loudness: float | None
    tempo: float | None
    tempo_confidence: float
    key: int
    mode: int | None
    key_name: str | None
    key_confidence: float
    source: str
    version: str
    loudness_range: float | None = None
    beats: tuple[float, ...] | None = None
    spectral: SpectralSummary | None = None
    tags: tuple[Tag, ...] | None = None
    embedding: NDArray[np.float32] | None = None
    energy: float | None = None
    danceability: float | None = None
    valence: float | None = None
    acousticness: float | None = None
    instrumentalness: float | None = None
    timing: dict[str, float] = field(default_factory=dict)


def check_analysis_type(analysis_type: str) -> str:
    """`analysis_type` itself; raises BadInput when it is none of ANALYSIS_TYPES."""
    if analysis_type not in ANALYSIS_TYPES:
        allowed = " and ".join(f'"{name}"' for name in ANALYSIS_TYPES)
        raise BadInput(f"The analysis types are {allowed}.", "analysisType")
    return analysis_type


def analyze_file(
    path: Path,
    analysis_type: str,
    models_dir: Path,
    *,
    name: str | None = None,
    max_seconds: float = MAX_SECONDS,
    timeout_s: float = 60.0,
) -> AudioAnalysis:
    """Analyze one file; errors as of `decode`, plus BadInput for an unknown `analysis_type`.

    models_dir: where MusiCNN's converted weights are kept. name: what messages call the file.
    Takes about 0.25 s of CPU for three minutes in `basic` and 1.1 s in `full`.
    """
    full = check_analysis_type(analysis_type) == "full"
    clock = _Clock()
    with clock.stage("decoding"):
        sound = decode(path, name=name, max_seconds=max_seconds, timeout_s=timeout_s)
    with clock.stage("loudness"):
        loudness = measure_loudness(sound.samples, sound.sample_rate)
    with clock.stage("resampling"):
        mono = _resample(sound.mono(), sound.sample_rate, spectrum.SAMPLE_RATE)
        signal = spectrum.leveled(mono)
    tempo, key, summary = _analyze_signal(signal, clock)
    tagged = None
    if full and signal is not None:
        with clock.stage("embedding"):
            tagged = _apply_musicnn(mono, models_dir)
    character = None
    if tagged is not None and loudness.integrated is not None:
        character = estimate_character(tagged, loudness.integrated, tempo.confidence, key.mode)
    return _collect(
        analysis_type,
        sound,
        loudness,
        tempo=tempo,
        key=key,
        summary=summary,
        tagged=tagged,
        character=character,
        timing=clock.seconds,
    )


class _Clock:
    """CPU seconds of this process by stage."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        start = time.process_time()
        yield
        self.seconds[name] = round(time.process_time() - start, 4)


def _analyze_signal(
    signal: NDArray[np.float32] | None, clock: _Clock
) -> tuple[Tempo, Key, SpectralSummary | None]:
    if signal is None:  # silence has neither pulse nor key nor timbre
        return NO_TEMPO, NO_KEY, None
    with clock.stage("spectrum"):
        bands = spectrum.analyze_spectrum(signal)
        summary = spectrum.summarize(bands)
    with clock.stage("tempo"):
        tempo = track_beats(spectrum.onset_strength(bands))
    with clock.stage("key"):
        key = find_key(signal)
    return tempo, key, summary


def _collect(
    analysis_type: str,
    sound: Sound,
    loudness: Loudness,
    *,
    tempo: Tempo,
    key: Key,
    summary: SpectralSummary | None,
    tagged: MusicnnResult | None,
    character: Character | None,
    timing: dict[str, float],
) -> AudioAnalysis:
    full = analysis_type == "full"
    return AudioAnalysis(
        analysis_type=analysis_type,
        duration_ms=round(sound.duration_s * 1000),
        analyzed_from_ms=round(sound.start_s * 1000),
        analyzed_ms=round(sound.seconds * 1000),
        sample_rate=sound.sample_rate,
        channels=sound.channels,
        container=sound.container,
        codec=sound.codec,
        loudness=loudness.integrated,
        tempo=tempo.bpm,
        tempo_confidence=tempo.confidence,
        key=key.key,
        mode=key.mode,
        key_name=key.name,
        key_confidence=key.confidence,
        source=ANALYSIS_SOURCE,
        version=analysis_version(full),
        loudness_range=loudness.loudness_range if full else None,
        beats=tuple(np.round(tempo.beats + sound.start_s, 3).tolist()) if full else None,
        spectral=summary if full else None,
        tags=_named_tags(tagged) if tagged else None,
        embedding=tagged.embedding if tagged else None,
        energy=character.energy if character else None,
        danceability=character.danceability if character else None,
        valence=character.valence if character else None,
        acousticness=character.acousticness if character else None,
        instrumentalness=character.instrumentalness if character else None,
        timing=timing,
    )


def _resample(signal: NDArray[np.float32], rate: int, wanted: int) -> NDArray[np.float32]:
    if rate == wanted:
        return signal
    resampled: NDArray[np.float32] = soxr.resample(signal, rate, wanted)
    return resampled


@lru_cache(maxsize=1)
def _load_musicnn(models_dir: Path) -> Musicnn | None:
    from app.inference.musicnn import Musicnn  # noqa: PLC0415  # loads torch

    try:
        return Musicnn(models_dir)
    except WeightsUnavailable:
        return None


def _apply_musicnn(mono: NDArray[np.float32], models_dir: Path) -> MusicnnResult | None:
    network = _load_musicnn(models_dir)
    seconds = len(mono) / spectrum.SAMPLE_RATE
    if network is None or seconds < _MIN_TAG_SECONDS:
        return None
    from app.inference import musicnn  # noqa: PLC0415  # loads torch

    signal = _resample(mono, spectrum.SAMPLE_RATE, musicnn.SAMPLE_RATE)
    wanted = int(np.clip(seconds / _SECONDS_PER_PATCH, _MIN_PATCHES, _MAX_PATCHES))
    size = musicnn.PATCH_SAMPLES
    signal = np.pad(signal, (0, max(0, size - len(signal))))
    starts = musicnn.patch_starts(len(signal), wanted)
    return network.analyze(np.stack([signal[start : start + size] for start in starts]))


def _named_tags(result: MusicnnResult) -> tuple[Tag, ...]:
    """All tags of both networks, the most probable first."""
    tags = [
        Tag(name, round(float(probability), 4), source)
        for source, names, values in (
            ("msd", MSD_TAGS, result.msd_tags),
            ("mtt", MTT_TAGS, result.mtt_tags),
        )
        for name, probability in zip(names, values, strict=True)
    ]
    return tuple(sorted(tags, key=lambda tag: -tag.probability))
