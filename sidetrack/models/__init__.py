from sidetrack.models.audit import AuditEvent
from sidetrack.models.jobs import Job, JobRun
from sidetrack.models.limits import RequestCount
from sidetrack.models.people import Follow, Invite, User
from sidetrack.models.rights import DataExport, Erasure
from sidetrack.models.tokens import ServiceToken

__all__ = [
    "AuditEvent",
    "DataExport",
    "Erasure",
    "Follow",
    "Invite",
    "Job",
    "JobRun",
    "RequestCount",
    "ServiceToken",
    "User",
]
