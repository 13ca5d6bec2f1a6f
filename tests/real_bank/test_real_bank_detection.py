"""Pensions and salaries found on a real bank without labels, held against the bank's own label for pensions."""

from datetime import date, datetime
from pathlib import Path

import duckdb
import pytest
from tests.real_bank.detection import BERKA, Bank
from tests.real_bank.mapping import LANDING, Landed, land

CHRISTMAS = date(1993, 12, 31)
SPRING = date(1994, 3, 31)

pytestmark = pytest.mark.skipif(not BERKA.is_dir(), reason=f"the Berka data are not here: {BERKA}")


