"""Tonglu: a customer-journey operations robot for banks.

Journeys in YAML, customer groups in SQL, every touch decided by set-based SQL in DuckDB, every result measured against a
held-out group, every run able to explain and replay itself. The use cases are in `tonglu.app`.
"""

__version__ = "0.1.0"
