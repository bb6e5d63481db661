"""What `POST /calendar` answers."""

from shared.http.fields import Answer, Text, about


class CalendarAddress(Answer):
    """Where the caller's calendar is. Whoever has the address can read it."""

    url = Text(
        metadata=about(
            "The address, for a calendar app to subscribe to. It is shown once.",
            "https://time.example.com/api/calendar/c2VjcmV0.ics",
        )
    )
