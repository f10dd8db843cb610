import pytest

from sidetrack.models import ServiceToken


@pytest.mark.django_db
def test_health_answers_with_the_version(client):
    answer = client.get("/health")
    assert answer.status_code == 200
    assert answer.json()["checks"]["database"] == "ok"


def test_a_token_is_kept_hashed(make_token):
    token, secret = make_token("club:write")
    assert secret not in str(ServiceToken.objects.values_list("secret_hash", "prefix").get(pk=token.pk))
