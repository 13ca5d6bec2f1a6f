"""Shares as people type them on a command line: '2.5%' or 0.025."""


def parse_share(text: str) -> float:
    """A number, divided by 100 where a percent sign follows. Raises ValueError where it is none."""
    number = text.strip()
    return float(number.removesuffix("%")) / 100 if number.endswith("%") else float(number)
