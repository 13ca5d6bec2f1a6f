"""Draws docs/pictures/payroll_companion.svg from what a demo published: `python docs/pictures/draw.py [PROJECT]`."""

import sys
from pathlib import Path

from tonglu.app.inspect import project_of, published
from tonglu.render.journey_map import draw_journey
from tonglu.render.published import FUNNEL, STEPS, Passage, Step, read
from tonglu.render.svg import standalone

JOURNEY = "payroll_companion"
TITLE = "代发新客九十天陪伴"


def main(project: Path) -> Path:
    """Draw the map of one journey with the counts of the last run; the file."""
    with published(project, project_of(project)) as file:
        steps = [step for step in read(file, STEPS, Step) if step.journey == JOURNEY]
        funnel = [passage for passage in read(file, FUNNEL, Passage) if passage.journey == JOURNEY]
    target = Path(__file__).with_name(f"{JOURNEY}.svg")
    target.write_text(standalone(draw_journey(TITLE, steps, funnel)), encoding="utf-8")
    return target


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "."))
