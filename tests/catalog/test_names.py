"""Names that people call the same fold alike; names of different recordings do not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.catalog.names import fold, fold_name, fold_title, split_artists, version_of

anything = st.text(max_size=30)
european = st.text(
    st.characters(min_codepoint=0x20, max_codepoint=0x24F, categories=("L", "N", "P", "Zs")),
    max_size=30,
)


@given(anything)
def test_folding_is_idempotent(text: str) -> None:
    """A folded name from the database can be folded again without harm."""
    assert fold(fold(text)) == fold(text)
    assert fold_name(fold_name(text)) == fold_name(text)


@given(anything | st.text("\u0301!+-. \u3099", max_size=4))
def test_only_blank_text_folds_to_nothing(text: str) -> None:
    """A band called "!!!" or "+/-" keeps a name that can be found."""
    assert bool(fold(text)) == bool(text.strip())


@given(st.text(st.characters(categories=("L", "N")), min_size=1, max_size=10))
def test_letters_and_digits_of_any_script_survive(text: str) -> None:
    assert fold(text) != ""


@given(european)
def test_case_does_not_matter(text: str) -> None:
    assert fold(text.upper()) == fold(text.lower())


@given(st.lists(st.text("abcdefgh0123", min_size=2, max_size=8), min_size=1, max_size=5))
def test_punctuation_between_words_does_not_matter(words: list[str]) -> None:
    assert fold(" - ".join(words)) == fold(", ".join(words)) == fold(" ".join(words))


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("Motörhead", "motorhead"),
        ("Mo\u0308torhead", "Motörhead"),
        ("Sigur Rós", "SIGUR ROS"),
        ("AC/DC", "AC-DC"),
        ("P!nk", "Pink"),
        ("Ke$ha", "Kesha"),
        ("$uicideboy$", "Suicideboys"),
        ("R.E.M.", "REM"),
        ("Guns N’ Roses", "Guns N' Roses"),
        ("Simon & Garfunkel", "Simon and Garfunkel"),
        ("Florence + the Machine", "Florence and The Machine"),
        ("Björk ", "Bjork"),
        ("ＦＵＬＬ ＷＩＤＴＨ", "full width"),
        ("Røyksopp", "Royksopp"),
        ("Straße", "STRASSE"),
        ("İstanbul", "istanbul"),
    ],
)
def test_spellings_of_one_name_fold_alike(left: str, right: str) -> None:
    assert fold(left) == fold(right)


@pytest.mark.parametrize("name", ["!!!", "+/-", "???", "☆", "東京事変", "กุหลาบ", "ザ・ビートルズ"])
def test_names_of_signs_and_of_other_scripts_stay_apart(name: str) -> None:
    """Kana voicing marks and Thai vowels carry the sound; signs may be the whole name."""
    others = {"!!!", "+/-", "???", "☆", "東京事変", "กหลาบ", "サ・ヒートルス"} - {name}
    assert fold(name)
    assert fold(name) not in {fold(other) for other in others}


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("Creep", "Creep - Remastered 2011"),
        ("Creep", "Creep (2009 Remaster)"),
        ("Creep", "Creep [Remastered]"),
        ("Creep", "Creep - 2009 Digital Remaster"),
        ("Creep", "Creep (Album Version)"),
        ("Umbrella", "Umbrella (feat. JAY-Z)"),
        ("Umbrella", "Umbrella ft. JAY-Z"),
        ("Umbrella - Live", "Umbrella feat. JAY-Z - Live"),
        ("Hurt (Live)", "Hurt - Live"),
        ("Hurt [live]", "Hurt - LIVE"),
    ],
)
def test_titles_of_one_recording_fold_alike(left: str, right: str) -> None:
    assert fold_title(left) == fold_title(right)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("Title 12", "Title 13"),
        ("Hurt", "Hurt (Live)"),
        ("Hurt", "Hurt - Remix"),
        ("Hurt (Radio Edit)", "Hurt (Extended Mix)"),
        ("Prelude II", "Prelude III"),
        ("Part One", "Part Two"),
        ("Loft", "Lo"),
        ("Remaster", "Creep (Remaster)"),
    ],
)
def test_different_recordings_stay_apart(left: str, right: str) -> None:
    assert fold_title(left) != fold_title(right)


def test_versions_and_numbers_are_told_apart() -> None:
    assert version_of("title 12") != version_of("title 13")
    assert version_of("prelude ii") == version_of("prelude 2") == version_of("prelude two")
    assert version_of("hurt live") != version_of("hurt")
    assert version_of("song pt 2") == version_of("song part ii")


def test_articles_do_not_matter_for_artists() -> None:
    assert fold_name("The Cure") == fold_name("Cure, The") == fold_name("cure")
    assert fold_name("The The") == "the the"
    assert fold_name("Thelma") == "thelma"


@pytest.mark.parametrize(
    ("credit", "artists"),
    [
        ("Rihanna feat. JAY-Z", ["Rihanna", "JAY-Z"]),
        ("Rihanna (ft. JAY-Z & Drake)", ["Rihanna", "JAY-Z", "Drake"]),
        ("Earth, Wind & Fire", ["Earth, Wind & Fire"]),
        ("Tyler, The Creator", ["Tyler, The Creator"]),
        ("AC/DC", ["AC/DC"]),
        ("A; B;A", ["A", "B"]),
        ("Run-D.M.C. vs. Jason Nevins", ["Run-D.M.C.", "Jason Nevins"]),
        ("Little Feat", ["Little Feat"]),
        ("Fortunate", ["Fortunate"]),
        ("", []),
    ],
)
def test_credits_are_split_only_where_safe(credit: str, artists: list[str]) -> None:
    assert split_artists(credit) == artists


def test_an_ampersand_splits_where_both_parts_are_known_artists() -> None:
    known = {"queen", "david bowie", "simon and garfunkel"}
    assert split_artists("Queen & David Bowie", known) == ["Queen", "David Bowie"]
    assert split_artists("Simon & Garfunkel", {"simon", "garfunkel", *known}) == [
        "Simon & Garfunkel"
    ]


@given(anything)
def test_splitting_never_fails_and_never_gives_blank_names(text: str) -> None:
    assert all(name.strip() == name and name for name in split_artists(text))
