from sidetrack.redact import HIDDEN, redacted


def test_what_sounds_secret_is_hidden_however_deep():
    args = {"import_id": 7, "access_token": "abc", "nested": [{"clientSecret": {"a": 1}, "name": "ann"}]}
    assert redacted(args) == {
        "import_id": 7,
        "access_token": HIDDEN,
        "nested": [{"clientSecret": HIDDEN, "name": "ann"}],
    }


def test_a_secret_in_plain_text_is_hidden():
    text = "GET failed: Bearer abc.def, st_0123456789abc, redis://user:hush@host:1/0"
    assert redacted(text) == f"GET failed: {HIDDEN} {HIDDEN}, redis://{HIDDEN}@host:1/0"


def test_plain_values_stay():
    for value in (None, 1, 2.5, True, "a token gesture", [], {}):
        assert redacted(value) == value
