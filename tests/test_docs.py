"""Documentation that would rot silently is compared with the code."""

from app.settings import Settings
from tests.conftest import REPOSITORY


def test_every_setting_is_documented() -> None:
    page = (REPOSITORY / "docs" / "operating.md").read_text()
    missing = [name for name in Settings.model_fields if f"`SEGUE_{name.upper()}`" not in page]
    assert missing == []


def test_every_setting_has_a_description() -> None:
    assert [name for name, field in Settings.model_fields.items() if not field.description] == []
