import pytest
from sidetrack import audit
from sidetrack.actors import Actor

def test_audit(web, mo, ann):
    audit.record("x.y", ann, by=Actor(user=mo), reason="why", before={"a": 1})
    r = web(mo).get("/admin/sidetrack/auditevent/")
    assert r.status_code == 200
    r = web(mo).get("/admin/sidetrack/auditevent/1/change/")
    assert r.status_code == 200
