"""The application `howdah.django`, which has nothing but its import; see the package."""

from django.apps import AppConfig


class HowdahConfig(AppConfig):
    """Named apart from Django, whose name is the package's last part."""

    name = "howdah.django"
    label = "howdah"
    verbose_name = "howdah"
