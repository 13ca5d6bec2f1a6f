"""A day's run of a bank of a million customers, and the same reads and writes as hand-written SQL: see README.md beside this."""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import closing
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
from equality import Compared, compare
from pyarrow import parquet
