"""Prefect flows: thin tasks over `tonglu.app`; no rules and no SQL here.

`run` plays the loop once, `delivery` lets leave what is due, `serve` runs both on their schedules on one machine.
"""
