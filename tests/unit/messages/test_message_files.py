"""Message files: their form, and everything that can be wrong in them, found at once."""

import pytest
from pydantic import ValidationError

from tonglu.core.errors import InputError, Place, Severity
from tonglu.language.message import ChannelLimit, MessageFile, MessageLibrary, message_findings

LIMITS = {"app_push": ChannelLimit(title=20, body=100), "sms": ChannelLimit(title=0, body=70)}


def written(**parts):
    base = {"message": "payroll_welcome", "title": {"zh": "代发欢迎", "en": "Payroll welcome"}}
    return MessageFile.model_validate({**base, **parts})


def welcome():
    return written(
        arms={
            "warm": {
                "app_push": {"title": "{{ surname }}，工资到账啦", "body": "恭喜{{ surname }}"},
                "sms": {"body": "{{ surname }}您好"},
            },
            "plain": {"app_push": {"title": "到账", "body": "到账"}, "sms": {"body": "到账"}},
        }
    )


def place_of(loc):
    return Place("journeys/messages/payroll_welcome.yaml", 10 * len(loc), 3)


def findings(message, known=("surname",), limits=None):
    return message_findings(message, set(known), limits or LIMITS, place_of)


def test_a_good_message_has_no_findings():
    assert findings(welcome()) == []


@pytest.mark.parametrize(
    "parts",
    [{}, {"arms": {}}, {"text": {}}, {"text": {"sms": {"body": ""}}}, {"text": {"sms": {"body": "x", "colour": "red"}}},
     {"arms": {"a": {"sms": {"body": "x"}}}, "text": {"sms": {"body": "x"}}}, {"arms": {"No Name": {"sms": {"body": "x"}}}}],
)  # fmt: skip
def test_a_message_of_another_form_is_refused(parts):
    with pytest.raises(ValidationError):
        written(**parts)


def test_an_unknown_variable_is_named_with_what_was_probably_meant():
    (finding,) = findings(written(text={"sms": {"body": "{{ surnam }}{{ surnam }}"}}))
    assert finding.code == "TL613"
    assert finding.hint == "Did you mean 'surname'?"


def test_an_unknown_channel_is_named_with_what_was_probably_meant():
    (finding,) = findings(written(text={"smss": {"body": "x"}}))
    assert (finding.code, finding.hint) == ("TL612", "Did you mean 'sms'?")


def test_a_title_where_none_is_shown_and_a_body_too_long_are_found_at_once():
    found = findings(written(text={"sms": {"title": "x", "body": "长" * 71}}))
    assert [finding.code for finding in found] == ["TL614", "TL615"]


def test_an_arm_that_cannot_be_said_where_another_can_is_a_warning():
    message = written(arms={"a": {"sms": {"body": "x"}}, "b": {"sms": {"body": "x"}, "app_push": {"title": "x", "body": "x"}}})
    (finding,) = findings(message)
    assert (finding.code, finding.severity) == ("TL611", Severity.WARNING)
    assert message.channels() == {"sms"}


def test_a_flaw_on_a_later_line_of_a_text_has_its_own_line():
    (finding,) = findings(written(text={"sms": {"body": "您好\n{{ surname.upper() }}"}}))
    assert finding.code == "TL603"
    assert finding.place.line == place_of(("text", "sms", "body")).line + 1


def test_the_variables_of_a_message_are_those_of_all_its_texts():
    assert welcome().variables() == {"surname"}


def test_a_library_renders_the_pinned_version_and_the_current_one():
    old = written(text={"sms": {"body": "旧 {{ surname }}"}})
    new = written(text={"sms": {"body": "新 {{ surname }}"}})
    library = MessageLibrary({"payroll_welcome": new}, {"v1": {"payroll_welcome": old}})
    assert library.text("payroll_welcome", "", "", "sms", {"surname": "王"}).body == "新 王"
    assert library.text("payroll_welcome", "v1", "", "sms", {"surname": "王"}).body == "旧 王"


@pytest.mark.parametrize(("message", "version", "arm", "channel"), [
    ("nobody", "", "warm", "sms"), ("payroll_welcome", "v9", "warm", "sms"),
    ("payroll_welcome", "", "cold", "sms"), ("payroll_welcome", "", "warm", "call"),
])  # fmt: skip
def test_a_text_that_is_not_there_is_an_input_error_and_no_other_text(message, version, arm, channel):
    with pytest.raises(InputError, match="TL616"):
        MessageLibrary({"payroll_welcome": welcome()}).text(message, version, arm, channel, {"surname": "王"})


def test_a_rendered_text_is_not_in_a_repr():
    text = MessageLibrary({"payroll_welcome": welcome()}).text("payroll_welcome", "", "warm", "sms", {"surname": "王"})
    assert "王" not in repr(text)
