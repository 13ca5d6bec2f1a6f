"""After a run: the operators hear of the touches that risk rules of the action `alert` newly held, in one alert per run."""

from datetime import datetime

from tonglu.app.alerts import alert_held
from tonglu.app.workplace import Workplace

NEWLY_HELD = """
    SELECT rule, title_zh, newly FROM tonglu.risk_count WHERE run_no = $run_no AND action = 'alert' AND mode = 'live' AND newly > 0 ORDER BY rule
"""


def tell_held(place: Workplace, run_no: int, as_of: datetime) -> dict[str, object]:
    """Tell the operators; what became of it, for the summary, or nothing where nothing was newly held. Never raises for an alert.

    A run that died just after it may tell the same again.
    """
    held = place.warehouse.fetch(NEWLY_HELD, run_no=run_no)
    if not held:
        return {}
    told, why = alert_held(place.definitions.project, place.settings.secrets, run_no, as_of, held)
    return {"risk_alert": told.value, **({"risk_alert_reason": why} if why else {})}
