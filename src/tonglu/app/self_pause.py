"""After a run: a journey whose harm was shown is paused, in the open, and the operators hear of it."""

from datetime import datetime

from tonglu.app.alerts import alert_harm
from tonglu.app.workplace import Workplace
from tonglu.mailroom.switches import Action, Scope
from tonglu.stages.harm import harm_of

BY = "tonglu"


def pause_harmful(place: Workplace, run_no: int, as_of: datetime) -> dict[str, object]:
    """Pause every journey whose harm the run showed, once, however often it is called; what it did, for the summary."""
    paused = {}
    for journey, version_no, said in harm_of(place.warehouse, run_no):
        subject = f"{journey}, version {version_no}"
        if not place.mailroom.audit.known("harm", subject):
            place.mailroom.throw(Scope.JOURNEY, journey, Action.PAUSE, by=BY, reason=said, at=as_of)
            place.mailroom.audit.append("harm", subject, by=BY, at=as_of, detail={"run": run_no, "said": said})
        paused[journey] = said
    if not paused:
        return {}
    told, why = alert_harm(place.definitions.project, place.settings.secrets, run_no, as_of, paused)
    return {"paused_for_harm": paused, "harm_alert": told.value, **({"harm_alert_reason": why} if why else {})}
