"""Audio: the analysis of a file, and the features of a track's sound."""

from typing import Annotated, Self

import strawberry

from app.audio import AudioAnalysis, AudioFeaturesRow, SpectralSummary, Tag
from schema.context import Info

DEFAULT_ANALYSIS = "basic"

AudioUrl = Annotated[
    str,
    strawberry.argument(
        description="What to analyze: an http:// or https:// URL on a public host, a file:// URL "
        "or path in a library folder of the server, or the id of a track (`track_abc`)."
    ),
]
AnalysisType = Annotated[
    str | None,
    strawberry.argument(
        description="`basic`: length, format, loudness, tempo and key. `full`: beats, loudness "
        "range, spectrum, tags and character as well."
    ),
]


@strawberry.type(
    description="Features of a track's sound, by the names of Spotify's closed endpoint; null "
    "where not known. An analysis of the track's own file measures tempo, key, mode and loudness; "
    "the others from 0 to 1 are estimates, on no other service's scale."
)
class AudioFeatures:
    """Stored features."""

    tempo: float | None = strawberry.field(
        description="Beats a minute; null when no steady pulse was found."
    )
    tempo_confidence: float | None = strawberry.field(
        description="How clear the pulse is, 0 to 1; above .3 it can be relied on, up to a factor "
        "of two."
    )
    key: int | None = strawberry.field(
        description="Pitch class of the key, 0 (C) to 11 (B); -1 when none was found."
    )
    mode: int | None = strawberry.field(description="1 for major, 0 for minor; null without a key.")
    key_confidence: float | None = strawberry.field(
        description="Correlation of the sound with that key, 0 to 1."
    )
    time_signature: int | None = strawberry.field(description="Beats in a bar, as imported.")
    loudness: float | None = strawberry.field(
        description="Integrated loudness (EBU R128) in LUFS when analyzed; in dB as imported."
    )
    energy: float | None = strawberry.field(
        description="Estimate, 0 to 1: how intense and active it sounds."
    )
    danceability: float | None = strawberry.field(
        description="Estimate, 0 to 1: a clear pulse in a style made for dancing."
    )
    valence: float | None = strawberry.field(
        description="Estimate, 0 to 1: sad to cheerful; mostly the mode, so a weak one."
    )
    acousticness: float | None = strawberry.field(
        description="Estimate, 0 to 1: acoustic instruments rather than electric or electronic."
    )
    instrumentalness: float | None = strawberry.field(
        description="Estimate, 0 to 1: no singing or speech."
    )
    liveness: float | None = strawberry.field(
        description="Probability of a live recording, 0 to 1, as imported."
    )
    speechiness: float | None = strawberry.field(
        description="Share of spoken words, 0 to 1, as imported."
    )
    duration_ms: int | None = strawberry.field(description="Length, in milliseconds.")
    source: str = strawberry.field(
        description="Where the features are from: `segue` when it analyzed the track's own file, "
        "`import` when a catalog file stated them."
    )
    version: str = strawberry.field(description="Version of that source and of its models.")

    @classmethod
    def of(cls, row: AudioFeaturesRow) -> Self:
        """The features of a row."""
        return cls(
            tempo=row.tempo,
            tempo_confidence=row.tempo_confidence,
            key=row.key,
            mode=row.mode,
            key_confidence=row.key_confidence,
            time_signature=row.time_signature,
            loudness=row.loudness,
            energy=row.energy,
            danceability=row.danceability,
            valence=row.valence,
            acousticness=row.acousticness,
            instrumentalness=row.instrumentalness,
            liveness=row.liveness,
            speechiness=row.speechiness,
            duration_ms=row.duration_ms,
            source=row.source,
            version=row.version,
        )


@strawberry.type(description="A word that listeners might use for the sound.")
class AudioTag:
    """A tag of MusiCNN."""

    name: str = strawberry.field(description="The word.")
    probability: float = strawberry.field(
        description="Probability, 0 to 1, that a listener would use it, as MusiCNN was trained on."
    )
    source: str = strawberry.field(
        description="Which network says so: `msd` (Million Song Dataset) or `mtt` (MagnaTagATune, "
        "better at classical music)."
    )

    @classmethod
    def of(cls, tag: Tag) -> Self:
        """The tag of an analysis."""
        return cls(name=tag.name, probability=tag.probability, source=tag.source)


@strawberry.type(description="The spectrum, averaged over what is audible: brightness and timbre.")
class AudioSpectrum:
    """A spectral summary."""

    centroid_hz: float = strawberry.field(
        description="Where the spectrum's mean lies, in hertz: how bright it sounds."
    )
    rolloff_hz: float = strawberry.field(
        description="Frequency below which 85 % of the magnitude lies, in hertz."
    )
    flatness: float = strawberry.field(description="0 for a pure tone, 1 for white noise.")
    flux: float = strawberry.field(
        description="Mean rise of the log spectrum from frame to frame, per band: how much happens."
    )
    mfcc: list[float] = strawberry.field(
        description="13 mel-frequency cepstral coefficients: the timbre."
    )

    @classmethod
    def of(cls, summary: SpectralSummary) -> Self:
        """The spectrum of a summary."""
        return cls(
            centroid_hz=summary.centroid_hz,
            rolloff_hz=summary.rolloff_hz,
            flatness=summary.flatness,
            flux=summary.flux,
            mfcc=list(summary.mfcc),
        )


@strawberry.type(description="What was found in an audio file.")
class AudioAnalysisResult:
    """The answer of `audioAnalysis`."""

    analysis_type: str = strawberry.field(description="`basic` or `full`.")
    duration_ms: int = strawberry.field(description="Length of the file, in milliseconds.")
    analyzed_from_ms: int = strawberry.field(
        description="Where the part that was analyzed begins, in milliseconds."
    )
    analyzed_ms: int = strawberry.field(
        description="Length of that part, in milliseconds: of a very long file only the middle is "
        "analyzed."
    )
    sample_rate: int = strawberry.field(description="Samples a second.")
    channels: int = strawberry.field(description="Number of channels.")
    container: str = strawberry.field(description="File format, as `ogg`.")
    codec: str = strawberry.field(description="How the sound is encoded, as `vorbis`.")
    loudness: float | None = strawberry.field(
        description="Integrated loudness (EBU R128), in LUFS; null for silence."
    )
    loudness_range: float | None = strawberry.field(
        description="Loudness range (EBU Tech 3342), in LU; only in `full`."
    )
    tempo: float | None = strawberry.field(
        description="Beats a minute; null when no steady pulse was found."
    )
    tempo_confidence: float = strawberry.field(
        description="How clear the pulse is, 0 to 1; above .3 it can be relied on, up to a factor "
        "of two."
    )
    beats: list[float] | None = strawberry.field(
        description="Times of the beats, in seconds from the start of the file; only in `full`."
    )
    key: int = strawberry.field(
        description="Pitch class of the key, 0 (C) to 11 (B); -1 when none was found."
    )
    mode: int | None = strawberry.field(description="1 for major, 0 for minor; null without a key.")
    key_name: str | None = strawberry.field(description="The key in words, as `F# minor`.")
    key_confidence: float = strawberry.field(
        description="Correlation of the sound with that key, 0 to 1; 0 without a key."
    )
    energy: float | None = strawberry.field(
        description="Estimate, 0 to 1: how intense and active it sounds; only in `full`."
    )
    danceability: float | None = strawberry.field(
        description="Estimate, 0 to 1: a clear pulse in a style made for dancing; only in `full`."
    )
    valence: float | None = strawberry.field(
        description="Estimate, 0 to 1: sad to cheerful; a weak one; only in `full`."
    )
    acousticness: float | None = strawberry.field(
        description="Estimate, 0 to 1: acoustic instruments; only in `full`."
    )
    instrumentalness: float | None = strawberry.field(
        description="Estimate, 0 to 1: no singing or speech; only in `full`."
    )
    spectrum: AudioSpectrum | None = strawberry.field(
        description="The spectrum in a few numbers; null for silence; only in `full`."
    )
    tags: list[AudioTag] | None = strawberry.field(
        description="Words for the sound, the most probable first; only in `full`, and where "
        "MusiCNN's weights are installed."
    )
    source: str = strawberry.field(description="What analyzed it.")
    version: str = strawberry.field(description="Version of that and of its models.")

    @classmethod
    def of(cls, found: AudioAnalysis) -> Self:
        """The result of an analysis."""
        tags = None if found.tags is None else [AudioTag.of(tag) for tag in found.tags]
        return cls(
            analysis_type=found.analysis_type,
            duration_ms=found.duration_ms,
            analyzed_from_ms=found.analyzed_from_ms,
            analyzed_ms=found.analyzed_ms,
            sample_rate=found.sample_rate,
            channels=found.channels,
            container=found.container,
            codec=found.codec,
            loudness=found.loudness,
            loudness_range=found.loudness_range,
            tempo=found.tempo,
            tempo_confidence=found.tempo_confidence,
            beats=None if found.beats is None else list(found.beats),
            key=found.key,
            mode=found.mode,
            key_name=found.key_name,
            key_confidence=found.key_confidence,
            energy=found.energy,
            danceability=found.danceability,
            valence=found.valence,
            acousticness=found.acousticness,
            instrumentalness=found.instrumentalness,
            spectrum=None if found.spectral is None else AudioSpectrum.of(found.spectral),
            tags=tags,
            source=found.source,
            version=found.version,
        )


@strawberry.type
class AudioQuery:
    """The root field `audioAnalysis`."""

    @strawberry.field(
        description="Analyze an audio file: loudness, tempo, key and more. Silence and noise have "
        "no tempo and the key -1."
    )
    async def audio_analysis(
        self, info: Info, audio_url: AudioUrl, analysis_type: AnalysisType = DEFAULT_ANALYSIS
    ) -> AudioAnalysisResult | None:
        analyzer = info.context.services.analyzer
        found = await analyzer.analyze(
            audio_url, DEFAULT_ANALYSIS if analysis_type is None else analysis_type
        )
        return AudioAnalysisResult.of(found)
