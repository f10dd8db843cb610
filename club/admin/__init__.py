from club.admin import nominations, reviews, weeks  # noqa: F401
