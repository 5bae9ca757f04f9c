"""Any file becomes samples or one clear sentence, within limits of memory and time."""

import os
import struct
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.audio.decoding import UnreadableFile, decode
from app.errors import BadInput, DeadlineExceeded
from tests.audio.sounds import noise, sine, write


@pytest.mark.parametrize(
    ("ending", "codec", "tolerance"),
    [
        (".wav", "pcm_16", 0.01),
        (".flac", "flac", 0.01),
        (".ogg", "vorbis", 0.05),
        (".opus", "opus", 0.05),
        (".mp3", "mp3", 0.05),
    ],
)
def test_each_format_gives_back_its_sound(tmp_path, ending, codec, tolerance):
    """Length, channels and level survive each decoder."""
    tone = sine(440, 2.0, 48_000)
    path = write(tmp_path / f"tone{ending}", np.stack([tone, 0.5 * tone], axis=1), 48_000)
    sound = decode(path)
    assert (sound.channels, sound.sample_rate, sound.codec) == (2, 48_000, codec)
    assert sound.duration_s == pytest.approx(2.0, abs=0.05)
    assert not sound.is_excerpt
    level = np.sqrt(np.mean(sound.samples[10_000:80_000] ** 2, axis=0))
    assert level == pytest.approx([0.1414, 0.0707], rel=tolerance)


@pytest.mark.parametrize(
    "name", ["madmom/stereo_sample.m4a", "essentia/dubstep.aac", "essentia/flamenco.mp3"]
)
def test_real_files_of_other_encoders(shared_data, name):
    """M4A and AAC go by ffmpeg."""
    sound = decode(shared_data / "audio" / name)
    assert sound.channels == 2
    assert 3 < sound.duration_s < 20
    assert 0.01 < np.abs(sound.samples).max() <= 1.5


def test_a_path_need_not_be_text(tmp_path):
    """A name in Latin-1 with a newline in it is read like any other."""
    path = write(tmp_path / "plain.ogg", sine(440, 1.0))
    odd = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9\nau lait.ogg"))
    path.rename(odd)
    assert decode(odd).seconds == pytest.approx(1.0)
    odd.write_bytes(b"")
    with pytest.raises(BadInput, match=r"^caf\\udce9\\nau lait\.ogg is empty"):
        decode(odd)


def test_empty_and_foreign_files_are_refused(tmp_path):
    """What is not audio is told apart from what is damaged."""
    path = tmp_path / "song.mp3"
    for content, sentence in [
        (b"", "is empty"),
        (b"<html>not found</html>" * 100, "is not audio"),
        (b"#EXTM3U\nhttp://169.254.169.254/\n", "is not audio"),  # ffmpeg would follow it
        (b"\x89PNG\r\n\x1a\n" + bytes(1000), "is not audio"),
        (os.urandom(5) + b"garbage" * 1000, "is not audio|damaged"),
    ]:
        path.write_bytes(content)
        with pytest.raises(BadInput, match=sentence):
            decode(path)
    with pytest.raises(BadInput, match="is a folder"):
        decode(tmp_path)
    with pytest.raises(UnreadableFile, match="No such file"):
        decode(tmp_path / "gone.ogg")


@pytest.mark.parametrize("ending", [".wav", ".flac", ".ogg", ".opus", ".mp3"])
def test_a_file_of_no_seconds_is_refused(tmp_path, ending):
    """A header without sound."""
    path = write(tmp_path / f"empty{ending}", np.zeros(0, np.float32), 48_000)
    with pytest.raises(BadInput):
        decode(path)


@pytest.mark.parametrize("ending", [".wav", ".flac", ".ogg", ".opus", ".mp3"])
@pytest.mark.parametrize("share", [0.9, 0.5, 0.05])
def test_a_truncated_file_is_refused(tmp_path, ending, share):
    """Half a download must not pass for a short song, though decoders play it as one."""
    path = write(tmp_path / f"cut{ending}", noise(12.0, rate=48_000), 48_000)
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    with pytest.raises(BadInput, match=r"cut short|damaged"):
        decode(path)


@pytest.mark.parametrize("ending", [".flac", ".ogg", ".opus", ".mp3"])
def test_a_corrupt_file_is_refused(tmp_path, ending):
    """A hole of zeros in the middle."""
    path = write(tmp_path / f"hole{ending}", noise(12.0, rate=48_000), 48_000)
    data = bytearray(path.read_bytes())
    data[len(data) // 3 : 2 * len(data) // 3] = bytes(2 * len(data) // 3 - len(data) // 3)
    path.write_bytes(data)
    with pytest.raises(BadInput, match=r"cut short|damaged"):
        decode(path)


def test_samples_that_are_not_numbers_are_refused(tmp_path):
    """A float WAV may hold NaN and infinity."""
    samples = noise(1.0)
    samples[100] = np.nan
    path = tmp_path / "nan.wav"
    soundfile.write(path, samples, 22_050, subtype="FLOAT")
    with pytest.raises(BadInput, match="not numbers"):
        decode(path)


def test_of_three_hours_only_the_middle_is_decoded(tmp_path):
    """A long recording costs the memory of ten minutes, and says which part was looked at."""
    rate, hours = 8_000, 3
    size = 2 * rate * 3600 * hours
    path = tmp_path / "long.wav"
    with path.open("wb") as file:  # sparse: silence but for a noise in the middle
        file.write(b"RIFF" + struct.pack("<I", 36 + size) + b"WAVEfmt ")
        file.write(struct.pack("<IHHIIHH", 16, 1, 1, rate, 2 * rate, 2, 16))
        file.write(b"data" + struct.pack("<I", size))
        file.seek(44 + size // 2)
        file.write(np.full(rate, 9_000, "<i2").tobytes())
        file.truncate(44 + size)
    sound = decode(path)
    assert sound.is_excerpt
    assert (sound.duration_s, sound.start_s) == (3600 * hours, 1800 * hours - 300)
    assert sound.seconds == 600
    assert sound.samples[300 * rate + 10] == pytest.approx(9_000 / 32_768)


def test_an_mp3_that_does_not_state_its_length_is_decoded_to_its_end(tmp_path):
    """Without a Xing frame decoders guess the length from the first bit rate, here wrongly."""

    def frames(samples, level):
        path = tmp_path / "part.mp3"
        with soundfile.SoundFile(
            path, "w", 44_100, 1, format="MP3", bitrate_mode="CONSTANT", compression_level=level
        ) as file:
            file.write(samples)
        data = path.read_bytes()
        return data[data.index(data[:2], data.index(b"Info")) :]

    quiet = frames(np.zeros(441_000, np.float32), 0.8)
    loud = frames(noise(10.0, rate=44_100), 0.0)
    path = tmp_path / "mixed.mp3"
    for parts in (quiet + loud, loud + quiet):
        path.write_bytes(parts)
        assert decode(path).seconds == pytest.approx(20.0, abs=0.3)


def test_time_is_limited(tmp_path):
    """A decoder that is slow on some file does not hold a worker for ever."""
    path = write(tmp_path / "tone.ogg", sine(440, 30.0))
    with pytest.raises(DeadlineExceeded):
        decode(path, timeout_s=0.0)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    ending=st.sampled_from([".wav", ".flac", ".ogg"]),
    changes=st.lists(
        st.tuples(st.integers(0, 20_000), st.integers(0, 255)), min_size=1, max_size=8
    ),
    length=st.integers(1, 40_000),
)
def test_damaged_bytes_give_sound_or_a_sentence(tmp_path, ending, changes, length):
    """Whatever bytes change, nothing but BadInput comes out, and never a number that is not one."""
    data = bytearray(write(tmp_path / f"x{ending}", noise(0.5)).read_bytes()[:length])
    for position, value in changes:
        data[position % len(data)] = value
    path = tmp_path / f"y{ending}"
    path.write_bytes(data)
    try:
        sound = decode(path)
    except BadInput as error:
        assert str(error).startswith(path.name)
    else:
        assert np.isfinite(sound.samples).all()
        assert sound.seconds > 0
