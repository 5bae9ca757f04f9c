"""The key is right where there is one, and -1 where there is none."""

import numpy as np
import pytest

from app.audio.spectrum import leveled
from app.audio.tonality import NO_KEY, find_key
from tests.audio.sounds import RATE, cadence, clicks, noise, sine


@pytest.mark.parametrize("major", [True, False])
@pytest.mark.parametrize("tonic", range(12))
def test_cadences_in_every_key(tonic, major):
    """All 24 keys, from the chords that define them."""
    found = find_key(leveled(cadence(tonic, major)))
    assert (found.key, found.mode) == (tonic, int(major)), found
    assert found.confidence > 0.6


@pytest.mark.parametrize(
    "signal",
    [noise(20.0), noise(20.0, 3), sine(440, 20.0), clicks(120, 20.0), noise(0.1)],
    ids=["noise", "other noise", "one tone", "clicks", "a moment"],
)
def test_what_has_no_key_gets_none(signal):
    """The extractor names a key for each of these; none is believed."""
    assert find_key(leveled(signal)) == NO_KEY


def test_level_does_not_matter():
    """A quiet file has the same key."""
    piece = cadence(9, False)
    assert find_key(leveled(piece * np.float32(0.01))) == find_key(leveled(piece))
    assert find_key(leveled(piece)).name == "A minor"
    assert len(piece) == 12 * RATE
