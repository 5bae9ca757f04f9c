"""Any audio file to float32 samples, within limits of length, memory and time.

libsndfile decodes WAV, AIFF, FLAC, Ogg Vorbis, Opus and MP3; the ffmpeg inside essentia decodes
what else there is (M4A, AAC, WMA, ...). ffmpeg is only given files whose first bytes are those of
an audio container: it would follow the addresses in a playlist.
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
import soundfile
from numpy.typing import NDArray

from app.audio.containers import HEAD_BYTES, container_of, missing_bytes, states_mp3_length
from app.errors import BadInput, DeadlineExceeded

MAX_SECONDS = 600.0
_MAX_VALUES = 64_000_000  # samples times channels: 256 MB of float32
_MAX_CHANNELS = 8
_BLOCK_FRAMES = 1 << 17
_TOLERATED_LOSS = 0.02  # share of the promised length; encoders' delays are smaller
_BY_FFMPEG = frozenset({"mp4", "aac", "asf", "matroska", "ape", "wavpack"})
_CODEC_NAMES = {"MPEG_LAYER_III": "mp3", "MPEG_LAYER_II": "mp2", "MPEG_LAYER_I": "mp1"}


class UnreadableFile(BadInput):
    """The file system does not give the file; its content may be fine."""


@dataclass(frozen=True)
class Sound:
    """Decoded sound.

    samples: float32, shape (frames, channels), nominally within -1..1.
    sample_rate: Hz. duration_s: length of the whole file in seconds.
    start_s: where in the file `samples` begins; they are an excerpt when `is_excerpt`.
    container, codec: lower-case names, e.g. `ogg`, `vorbis`.
    """

    samples: NDArray[np.float32]
    sample_rate: int
    duration_s: float
    start_s: float
    container: str
    codec: str

    @property
    def channels(self) -> int:
        """Number of channels."""
        return int(self.samples.shape[1])

    @property
    def seconds(self) -> float:
        """Length of what was decoded, in seconds."""
        return len(self.samples) / self.sample_rate

    @property
    def is_excerpt(self) -> bool:
        """Whether the file is longer than what was decoded of it."""
        return self.seconds < self.duration_s * (1 - _TOLERATED_LOSS)

    def mono(self) -> NDArray[np.float32]:
        """The mean of the channels, shape (frames,)."""
        if self.channels == 1:
            return self.samples[:, 0]
        mixed: NDArray[np.float32] = self.samples.mean(axis=1, dtype=np.float32)
        return mixed


def decode(
    path: Path,
    *,
    name: str | None = None,
    max_seconds: float = MAX_SECONDS,
    timeout_s: float = 60.0,
) -> Sound:
    """Decode `path`; of a file longer than `max_seconds` only that much from its middle.

    `name` is what error messages call the file (default: its name). Raises UnreadableFile for a
    file that is missing or may not be read, BadInput for one that is empty, not audio, damaged,
    cut short or without sound, and DeadlineExceeded when decoding takes longer than `timeout_s`
    seconds.
    """
    name = name or printable(path.name)
    deadline = time.monotonic() + timeout_s
    try:
        with path.open("rb") as file:
            return _decode_open(file, path, name, max_seconds, deadline)
    except IsADirectoryError as error:
        raise BadInput(f"{name} is a folder, not an audio file.") from error
    except OSError as error:
        raise UnreadableFile(f"{name} cannot be read: {os.strerror(error.errno or 0)}.") from error


def printable(text: str) -> str:
    """`text` for a message: control characters and bytes that are not UTF-8 escaped."""
    safe = text.encode("utf-8", "backslashreplace").decode("utf-8")
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in safe)


def _decode_open(
    file: BinaryIO, path: Path, name: str, max_seconds: float, deadline: float
) -> Sound:
    head = file.read(HEAD_BYTES)
    if not head:
        raise BadInput(f"{name} is empty (0 bytes).")
    container = container_of(head.ljust(HEAD_BYTES, b"\0"))
    if container is None:
        raise BadInput(f"{name} is not audio in a format that can be read.")
    if missing := missing_bytes(file, container):
        raise BadInput(f"{name} is cut short: at least {missing:,} bytes are missing at its end.")
    guessed_length = container == "mp3" and not states_mp3_length(file)
    file.seek(0)
    if container not in _BY_FFMPEG and not guessed_length:  # libsndfile stops at the guess
        try:
            return _decode_by_libsndfile(path, name, container, max_seconds, deadline)
        except soundfile.LibsndfileError as error:
            if container != "mp3":  # an ID3 tag may stand before AAC, a name may not end in .mp3
                raise BadInput(f"{name} is damaged or cut short: it cannot be decoded.") from error
    return _decode_by_ffmpeg(file, name, container, max_seconds, guessed_length)


def _decode_by_libsndfile(
    path: Path, name: str, container: str, max_seconds: float, deadline: float
) -> Sound:
    # As bytes, since a path need not be valid UTF-8. (By a descriptor libsndfile would not know
    # an MP3 without tags: it goes by the name's ending.)
    with soundfile.SoundFile(os.fsencode(path)) as sound:
        rate, channels, frames = sound.samplerate, sound.channels, sound.frames
        codec = sound.format.lower() if container == "flac" else sound.subtype
        _check_format(name, rate, channels, frames)
        wanted = min(frames, _most_frames(rate, channels, max_seconds))
        start = (frames - wanted) // 2
        if start:
            sound.seek(start)
        samples = np.empty((wanted, channels), dtype=np.float32)
        got = 0
        while got < wanted:
            if time.monotonic() > deadline:
                raise DeadlineExceeded(f"Decoding {name} took longer than allowed.")
            block = sound.read(min(_BLOCK_FRAMES, wanted - got), dtype="float32", always_2d=True)
            if not len(block):
                break
            samples[got : got + len(block)] = block
            got += len(block)
    _check_whole(name, got / rate, wanted / rate)
    _check_finite(name, samples[:got])
    return Sound(
        samples=samples[:got],
        sample_rate=rate,
        duration_s=frames / rate,
        start_s=start / rate,
        container=container,
        codec=_CODEC_NAMES.get(codec, codec.lower()),
    )


def _decode_by_ffmpeg(
    file: BinaryIO, name: str, container: str, max_seconds: float, guessed_length: bool
) -> Sound:
    """Streamed through a trimmer, so that only the excerpt is ever in memory.

    The loader cannot seek, so the excerpt begins after `max_seconds` at the latest.
    """
    import essentia  # noqa: PLC0415  # 0.8 s to import, and needed by few files
    from essentia import streaming  # noqa: PLC0415

    essentia.log.infoActive = False
    essentia.log.warningActive = False
    promised = _promised_seconds(file)
    max_seconds = min(max_seconds, _MAX_VALUES / (2 * 48_000))
    start = min(max(0.0, ((promised or 0.0) - max_seconds) / 2), max_seconds)
    pool = essentia.Pool()
    try:
        loader = streaming.AudioLoader(filename=f"/proc/self/fd/{file.fileno()}")
        trimmer = streaming.StereoTrimmer(startTime=start, endTime=start + max_seconds)
        loader.audio >> trimmer.signal
        trimmer.signal >> (pool, "samples")
        loader.md5 >> None
        loader.bit_rate >> None
        loader.codec >> (pool, "codec")
        loader.sampleRate >> (pool, "rate")
        loader.numberChannels >> (pool, "channels")
        essentia.run(loader)
    except RuntimeError as error:
        raise BadInput(f"{name} is damaged, or in a format that cannot be decoded.") from error
    if "samples" not in pool.descriptorNames():
        raise BadInput(f"{name} holds no sound (0 seconds).")
    samples = np.ascontiguousarray(pool["samples"][:, : min(2, int(pool["channels"]))])
    rate = round(pool["rate"])
    _check_format(name, rate, samples.shape[1], len(samples))
    _check_finite(name, samples)
    seconds = len(samples) / rate
    if promised and not guessed_length:
        _check_whole(name, seconds, min(promised, max_seconds))
    is_excerpt = promised is not None and seconds >= max_seconds * 0.99
    duration = max(promised or 0.0, seconds) if is_excerpt else seconds
    return Sound(samples, rate, duration, start, container, str(pool["codec"]))


def _promised_seconds(file: BinaryIO) -> float | None:
    """The length that the file's header states, by mutagen; None where it states none."""
    import mutagen  # noqa: PLC0415

    file.seek(0)
    try:
        info = mutagen.File(file)
    except (mutagen.MutagenError, ValueError, OverflowError):
        return None
    length = getattr(getattr(info, "info", None), "length", None)
    return float(length) if length else None


def _most_frames(rate: int, channels: int, max_seconds: float) -> int:
    return int(min(max_seconds * rate, _MAX_VALUES // channels))


def _check_format(name: str, rate: int, channels: int, frames: int) -> None:
    if not 4_000 <= rate <= 768_000:
        raise BadInput(f"{name} has a sample rate of {rate} Hz; 4,000 to 768,000 are allowed.")
    if not 1 <= channels <= _MAX_CHANNELS:
        raise BadInput(f"{name} has {channels} channels; 1 to {_MAX_CHANNELS} are allowed.")
    if frames <= 0:
        raise BadInput(f"{name} holds no sound (0 seconds).")


def _check_whole(name: str, got_s: float, promised_s: float) -> None:
    if got_s < promised_s - max(0.1, _TOLERATED_LOSS * promised_s):
        raise BadInput(
            f"{name} is damaged or cut short: "
            f"only {got_s:.1f} of {promised_s:.1f} seconds could be decoded."
        )
    if got_s <= 0:
        raise BadInput(f"{name} holds no sound (0 seconds).")


def _check_finite(name: str, samples: NDArray[np.float32]) -> None:
    peak = float(np.abs(samples).max(initial=0.0)) if len(samples) else 0.0
    if not np.isfinite(peak) or peak > 1e4:
        raise BadInput(f"{name} is damaged: its samples are not numbers in a sensible range.")
