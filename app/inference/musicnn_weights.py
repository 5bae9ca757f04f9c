"""MusiCNN's published weights, read from the installed `musicnn` package without TensorFlow.

The package (musicnn 0.1.0, Pons and Serra 2019, ISC license) carries TensorFlow 1 checkpoints. A
checkpoint is two files: `.index`, an uncompressed LevelDB table from variable name to
`BundleEntryProto` (shape, offset, size; tensorflow/core/protobuf/tensor_bundle.proto), and
`.data-00000-of-00001`, the raw little-endian values. The variables of both taggers are converted
once into a NumPy archive under `SEGUE_HOME/models`, after the checkpoint's sha256 was checked.
"""

from __future__ import annotations

import hashlib
import importlib.util
import struct
import tempfile
from collections.abc import Iterator
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

Weights = dict[str, NDArray[np.float32]]

HEADS = ("msd", "mtt")
_CONVERTED_NAME = "musicnn-0.1.0-1.npz"
_DATA = ".data-00000-of-00001"
_FOLDERS = {"msd": "MSD_musicnn", "mtt": "MTT_musicnn"}
_SHA256 = {
    ("msd", ".index"): "87f3e0f3550c8d3bafc840374003e5c8af5eeb5ecf6add61af09a7822d3282c8",
    ("msd", _DATA): "8579734ee6388f799ed0def4bbd0d1fdcbeaf213ef2a9dc860917bd76a303de6",
    ("mtt", ".index"): "da2d7bb670b2b31e9bc441bb1bd75eca31b5b061f963cc1f9630c1aff3238f57",
    ("mtt", _DATA): "041f3935e981a65cea739842d30c188d3a7d2adf4410955c8668eb3de4a5acab",
}
_TABLE_MAGIC = 0xDB4775248B80FB57
_FOOTER_SIZE = 48


class WeightsUnavailable(RuntimeError):
    """The weights are not installed, or are not the published ones; the message says which."""


def package_folder() -> Path | None:
    """The folder of the installed `musicnn` package, or None where it is absent.

    The package is only located, never imported: its own code needs TensorFlow.
    """
    spec = importlib.util.find_spec("musicnn")
    if spec is None or not spec.submodule_search_locations:
        return None
    return Path(next(iter(spec.submodule_search_locations)))


def load_weights(models_folder: Path) -> dict[str, Weights]:
    """The variables of both heads, `{"msd": {name: array}, "mtt": {...}}`, float32.

    They come from the converted archive in `models_folder`; where it is missing or unreadable they
    are converted from the package first. Raises WeightsUnavailable when that is not possible.
    """
    archive = models_folder / _CONVERTED_NAME
    try:
        return _read_archive(archive)
    except (OSError, ValueError, KeyError, EOFError, BadZipFile):
        pass  # missing, cut short or from another version: made below
    weights = {head: _read_head(head) for head in HEADS}
    _write_archive(archive, weights)
    return weights


def read_checkpoint(index: bytes, data: bytes) -> Weights:
    """Every float32 variable of a one-shard TensorFlow checkpoint, by name."""
    variables: Weights = {}
    for key, value in _table_entries(index):
        if not key:
            continue  # the empty key holds the bundle's header
        entry = _BundleEntry(value)
        if entry.dtype != 1:  # DT_FLOAT
            continue
        flat = np.frombuffer(data, "<f4", count=entry.size // 4, offset=entry.offset)
        variables[key.decode()] = flat.reshape(entry.shape).astype(np.float32)
    return variables


def _read_head(head: str) -> Weights:
    folder = package_folder()
    if folder is None:
        raise WeightsUnavailable(
            "The package musicnn is not installed, so tracks get no embedding and no tags: "
            "`pip install --no-deps -r requirements-weights.lock` installs it."
        )
    files: dict[str, bytes] = {}
    for suffix in (".index", _DATA):
        path = folder / _FOLDERS[head] / suffix
        try:
            files[suffix] = path.read_bytes()
        except OSError as error:
            raise WeightsUnavailable(f"MusiCNN's weights cannot be read: {error}.") from error
        if hashlib.sha256(files[suffix]).hexdigest() != _SHA256[head, suffix]:
            raise WeightsUnavailable(f"{path} is not the published file: its sha256 differs.")
    variables = read_checkpoint(files[".index"], files[_DATA])
    return {
        name: array
        for name, array in variables.items()
        if not name.startswith("beta") and "Adam" not in name
    }


def _is_optimizers(name: str) -> bool:
    return "Adam" in name or name.startswith(("beta1_", "beta2_"))


def _read_archive(path: Path) -> dict[str, Weights]:
    weights: dict[str, Weights] = {head: {} for head in HEADS}
    with np.load(path, allow_pickle=False) as archive:
        for key in archive.files:
            head, name = key.split(":", 1)
            weights[head][name] = archive[key]
    if any(not variables for variables in weights.values()):
        raise ValueError(f"{path} is incomplete")
    return weights


def _write_archive(path: Path, weights: dict[str, Weights]) -> None:
    """Write beside, then rename: several workers may convert at the same moment."""
    path.parent.mkdir(parents=True, exist_ok=True)
    flat = {f"{head}:{name}": array for head in weights for name, array in weights[head].items()}
    with tempfile.NamedTemporaryFile(dir=path.parent, suffix=".part", delete=False) as file:
        np.savez(file, **flat)
    Path(file.name).replace(path)


def _varint(data: bytes, position: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, position
        shift += 7


def _table_entries(table: bytes) -> Iterator[tuple[bytes, bytes]]:
    footer = table[-_FOOTER_SIZE:]
    if len(footer) < _FOOTER_SIZE or struct.unpack("<Q", footer[-8:])[0] != _TABLE_MAGIC:
        raise ValueError("not a LevelDB table: its footer is wrong")
    _, position = _varint(footer, 0)  # offset of the meta-index block
    _, position = _varint(footer, position)  # its size
    for _, handle in _block_entries(table, footer, position):
        yield from _block_entries(table, handle, 0)


def _block_entries(table: bytes, handle: bytes, position: int) -> Iterator[tuple[bytes, bytes]]:
    """Entries of the block that `handle` (offset, size) points to; keys share prefixes."""
    offset, position = _varint(handle, position)
    size, position = _varint(handle, position)
    if table[offset + size] != 0:
        raise ValueError("a compressed block in the checkpoint's index")
    block = table[offset : offset + size]
    restarts = struct.unpack("<I", block[-4:])[0]
    end = size - 4 - 4 * restarts
    key = b""
    at = 0
    while at < end:
        shared, at = _varint(block, at)
        unshared, at = _varint(block, at)
        length, at = _varint(block, at)
        key = key[:shared] + block[at : at + unshared]
        at += unshared
        yield key, block[at : at + length]
        at += length


class _BundleEntry:
    """dtype = 1, shape = 2 {dim = 2 {size = 1}}, offset = 4, size = 5 of BundleEntryProto."""

    def __init__(self, message: bytes) -> None:
        self.dtype = 0
        self.offset = 0
        self.size = 0
        self.shape: tuple[int, ...] = ()
        for field, value in _fields(message):
            if field == 1 and isinstance(value, int):
                self.dtype = value
            elif field == 2 and isinstance(value, bytes):
                dimensions = [part for number, part in _fields(value) if number == 2]
                self.shape = tuple(_dimension(part) for part in dimensions)
            elif field == 4 and isinstance(value, int):
                self.offset = value
            elif field == 5 and isinstance(value, int):
                self.size = value


def _dimension(message: int | bytes) -> int:
    assert isinstance(message, bytes)
    return next((value for field, value in _fields(message) if field == 1), 0)  # type: ignore[return-value]  # a varint by the specification


def _fields(message: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Fields of a protobuf message: varints as int, the rest as bytes."""
    at = 0
    while at < len(message):
        tag, at = _varint(message, at)
        kind = tag & 7
        if kind == 0:
            value, at = _varint(message, at)
            yield tag >> 3, value
            continue
        if kind == 2:
            length, at = _varint(message, at)
        elif kind in (1, 5):
            length = 8 if kind == 1 else 4
        else:
            raise ValueError(f"unknown wire type {kind} in the checkpoint's index")
        yield tag >> 3, message[at : at + length]
        at += length
