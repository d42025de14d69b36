"""Pressing people: a letter to the floor, or to the supervisor where reminding has not helped."""

from fulfillment.domain.lifecycle import Nudge
from fulfillment.domain.notices import staff_letter
from fulfillment.ports import Mail, Ports


async def press_staff(ports: Ports, key: str, kind: Nudge, subject: str, reason: str) -> bool:
    """Remind the floor, or tell the supervisor; return whether it was more than a reminder.

    Raises:
        NotifierUnavailable: nobody answered; the same key again is the same letter.

    """
    is_reminder = kind is Nudge.REMINDER
    letter = staff_letter(kind.value, subject, reason)
    to = ports.floor_mail if is_reminder else ports.supervisor_mail
    await ports.notifier.send(key, Mail(recipient=to, subject=letter.subject, body=letter.body))
    return not is_reminder
