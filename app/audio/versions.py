"""Names and versions of what analyzes sound; a change of version means a new analysis."""

from app.inference.musicnn_weights import package_folder

ANALYSIS_SOURCE = "segue"
EMBEDDING_MODEL = "msd-musicnn-1"
EMBEDDING_SIZE = 200

_ANALYSIS = "segue-audio-1"
_NETWORK = "musicnn-0.1.0"


def analysis_version(full: bool = True) -> str:
    """The version of an analysis made now; without MusiCNN it differs, so that a catalog is
    analyzed again once MusiCNN is installed.
    """
    return f"{_ANALYSIS}+{_NETWORK}" if full and package_folder() is not None else _ANALYSIS
