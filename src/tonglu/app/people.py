"""Who acts: the people of `tonglu.yaml` with their roles. A name is only said here; that it is true is proved by the pages and the API."""

from collections.abc import Mapping, Sequence

from tonglu.core.errors import Finding, InputError, Place, did_you_mean
from tonglu.language.project import Project


def known_person(project: Project, name: str, where: str = "--by") -> str:
    """The name, when somebody of that name may act.

    Raises:
        InputError: nobody is named, or the project lists its people and this is none of them.
    """
    own = name.strip()
    if not own:
        raise InputError([Finding("TL900", "nobody is named", Place(where), "Write --by NAME.")])
    if project.people and own not in project.people:
        hint = did_you_mean(own, project.people) or "Add them under people: in tonglu.yaml."
        raise InputError([Finding("TL855", f"'{own}' is nobody in tonglu.yaml's people", Place(where), hint)])
    return own


def governed_person(people: Mapping[str, Sequence[str]], name: str) -> None:
    """Refuse somebody who is not among the people that were approved with the policy; an empty list is anybody.

    Raises:
        InputError: they are not.
    """
    if people and name not in people:
        text = f"'{name}' was not among the people when the policy was approved last: nobody adds a second pair of eyes alone"
        hint = "tonglu submit policy --by NAME: whoever was there before approves the new people with it."
        raise InputError([Finding("TL855", text, Place("--by"), hint)])


def need_role(people: Mapping[str, Sequence[str]], name: str, roles: Sequence[str]) -> None:
    """Refuse somebody who has none of these roles; no roles are needed when the list is empty.

    Raises:
        InputError: they have none of them.
    """
    own = people.get(name, ())
    if roles and not set(roles) & set(own):
        text = f"'{name}' has none of the roles that may approve this: {', '.join(roles)}"
        raise InputError([Finding("TL855", text, Place("--by"), "Ask somebody who has.")])
