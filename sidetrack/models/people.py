"""People: who they are to the club, what they show of themselves, whom they follow."""

from __future__ import annotations

import secrets
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from django.contrib.auth.models import AbstractUser, UserManager
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone

username_rule = RegexValidator(
    r"^[a-z0-9](?:[a-z0-9_.-]{0,38}[a-z0-9])?$",
    "Use 1 to 40 small letters, digits, dots, dashes or underscores, starting and ending with a letter or digit.",
)

RESERVED_NAMES = frozenset({"admin", "administrator", "me", "moderator", "owner", "root", "sidetrack", "system"})
"""Names nobody may sign up with or rename to: people would take them for the site."""


def check_time_zone(name: str) -> None:
    """Refuse a name that is not in the time zone database."""
    if name not in available_timezones():
        raise ValidationError(f"{name[:60]!r} is not a time zone. Use a name like Europe/Berlin.", code="time_zone")


class PeopleQuerySet(models.QuerySet["User"]):
    def members(self) -> PeopleQuerySet:
        """Those the club admitted, and who have not left."""
        return self.filter(status=User.Status.MEMBER, is_active=True)


class PeopleManager(UserManager["User"]):
    def get_queryset(self) -> PeopleQuerySet:
        return PeopleQuerySet(self.model, using=self._db)

    def members(self) -> PeopleQuerySet:
        return self.get_queryset().members()


class User(AbstractUser):
    """A person. A member is somebody the club admitted (`status`); `role` says what they may do there."""

    class Status(models.TextChoices):
        PENDING = "pending", "waiting to be admitted"
        MEMBER = "member", "member"
        BANNED = "banned", "banned"

    class Role(models.TextChoices):
        MEMBER = "member", "member"
        MODERATOR = "moderator", "moderator"
        OWNER = "owner", "owner"

    class Visibility(models.TextChoices):
        PUBLIC = "public", "everyone"
        MEMBERS = "members", "members of the club"
        NOBODY = "nobody", "only me"

    first_name = None  # type: ignore[assignment]
    last_name = None  # type: ignore[assignment]
    username = models.CharField(
        max_length=40, unique=True, validators=[username_rule], error_messages={"unique": "That name is taken."}
    )
    email = models.EmailField(blank=True)
    display_name = models.CharField(max_length=80, blank=True)
    status = models.CharField(max_length=8, choices=Status, default=Status.PENDING)
    role = models.CharField(max_length=9, choices=Role, default=Role.MEMBER)
    visibility = models.CharField(
        "who may see your listening", max_length=7, choices=Visibility, default=Visibility.MEMBERS
    )
    hide_name_on_reviews = models.BooleanField("keep my name off my reviews", default=False)
    time_zone = models.CharField(max_length=64, default="UTC", validators=[check_time_zone])
    is_demo = models.BooleanField(default=False, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    objects = PeopleManager()  # type: ignore[misc]

    class Meta:
        verbose_name = "person"
        verbose_name_plural = "people"
        constraints = [
            models.UniqueConstraint(Lower("username"), name="person_username_any_case"),
            models.UniqueConstraint(
                Lower("email"),
                name="person_email_once",
                condition=~models.Q(email=""),
                violation_error_message="Somebody has signed up with this address already.",
            ),
            models.CheckConstraint(
                condition=models.Q(status__in=["pending", "member", "banned"]), name="person_status"
            ),
            models.CheckConstraint(condition=models.Q(role__in=["member", "moderator", "owner"]), name="person_role"),
            models.CheckConstraint(
                condition=models.Q(visibility__in=["public", "members", "nobody"]), name="person_visibility"
            ),
        ]
        indexes = [
            # The members page and the admin's waiting list.
            models.Index(fields=["status", "username"], name="person_by_status"),
        ]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.is_staff = self.is_moderator
        self.is_superuser = False
        fields = kwargs.get("update_fields")
        if fields is not None and {"role", "status"} & set(fields):
            kwargs["update_fields"] = {*fields, "is_staff", "updated_at"}
        super().save(*args, **kwargs)

    @property
    def name(self) -> str:
        """What others call this person."""
        return self.display_name or self.username

    def get_full_name(self) -> str:
        return self.name

    def get_short_name(self) -> str:
        return self.name

    @property
    def first_name_shown(self) -> str:
        """What visitors read: the first word of the name."""
        return self.name.split(" ")[0]

    @property
    def is_member(self) -> bool:
        return self.is_active and self.status == self.Status.MEMBER

    @property
    def is_moderator(self) -> bool:
        return self.is_member and self.role in (self.Role.MODERATOR, self.Role.OWNER)

    @property
    def is_owner(self) -> bool:
        return self.is_member and self.role == self.Role.OWNER

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    def has_perm(self, perm: str, obj: object = None) -> bool:
        return self.is_moderator

    def has_module_perms(self, app_label: str) -> bool:
        return self.is_moderator


class Follow(models.Model):
    """One person follows another; friends are those who follow each other."""

    follower = models.ForeignKey(User, models.CASCADE, related_name="follows")
    followed = models.ForeignKey(User, models.CASCADE, related_name="followed_by")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["follower", "followed"], name="follow_once"),
            models.CheckConstraint(condition=~models.Q(follower=models.F("followed")), name="follow_not_oneself"),
        ]

    def __str__(self) -> str:
        return f"{self.follower} follows {self.followed}"


def invite_code() -> str:
    return secrets.token_urlsafe(18)


class Invite(models.Model):
    """A link that admits whoever signs up through it, until it is used up, expired or withdrawn."""

    code = models.CharField(max_length=40, unique=True, default=invite_code, editable=False)
    created_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="invites_made", editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField()
    uses_left = models.PositiveIntegerField(default=1)
    withdrawn_at = models.DateTimeField(null=True, blank=True, editable=False)
    note = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(uses_left__gte=0), name="invite_uses_not_below_zero")]

    def __str__(self) -> str:
        return f"Invite {self.pk}"

    @property
    def is_open(self) -> bool:
        return self.withdrawn_at is None and self.uses_left > 0 and self.expires_at > timezone.now()
