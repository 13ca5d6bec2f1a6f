"""Channels: one file per kind. A module of this folder that holds a `SPEC` is a kind; `registry` scans the folder once."""
