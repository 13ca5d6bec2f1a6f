"""Fixtures of all tests."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from tonglu.testing import TinyBank

settings.register_profile("tonglu", deadline=None, print_blob=True)
settings.load_profile("tonglu")


@pytest.fixture
def tiny(tmp_path: Path) -> "Iterator[Callable[..., TinyBank]]":
    """Makes tiny banks, each in its own folder, and closes them."""
    from tonglu.testing import TinyBank

    banks: list[TinyBank] = []

    def make(**definitions: Any) -> TinyBank:
        bank = TinyBank(tmp_path / f"bank{len(banks)}", **definitions)
        banks.append(bank)
        return bank

    yield make
    for bank in banks:
        bank.close()
