"""How hypothesis runs: no deadline for an example, for the machine may be busy with other things."""

from hypothesis import settings

settings.register_profile("no deadline", deadline=None)
settings.load_profile("no deadline")
