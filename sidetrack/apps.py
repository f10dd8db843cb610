from django.apps import AppConfig


class SidetrackConfig(AppConfig):
    name = "sidetrack"
