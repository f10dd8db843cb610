"""The line of apps: sidetrack <- integrations <- listening <- club <- taste, and the order inside an app."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.apps import apps
from django.db.models import ForeignObjectRel

ROOT = Path(__file__).resolve().parent.parent
LINE = ["sidetrack", "integrations", "listening", "club", "taste"]
# The wiring: it names apps as strings and imports what a URL needs.
DOORS = {"views", "pages", "api", "forms", "admin", "tasks", "management"}
SHARED_DOORS = {
    # The API's defaults and the admin's base are the site's, for every app to build on.
    "sidetrack.api",
    "sidetrack.admin",
    "sidetrack.forms",
    "sidetrack.pages.doors",
    "integrations.api.person",
    "listening.api.albums",
}
# models <- pure modules <- selectors <- services <- tasks <- pages, api, admin
LAYERS = {
    **dict.fromkeys(DOORS, 5),
    "models": 0,
    "secret": 0,  # a field
    "throttle": 2,
    "capabilities": 2,
    "http": 2,
    "providers": 2,
    "signin": 5,
    "selectors": 2,
    "cache": 2,
    "services": 3,
    "tasks": 4,
    "demo": 4,
    "apps": 5,
}
LONGEST_FILE = 450


def sources() -> list[Path]:
    found = [path for app in LINE for path in sorted((ROOT / app).rglob("*.py"))]
    return [path for path in found if "migrations" not in path.parts]


def module_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def imports(path: Path, *, top_level: bool = False) -> Iterator[tuple[str, int]]:
    """Every module and name imported, as dotted text, with its line."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in tree.body if top_level else ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno} imports relatively; the line of apps wants full names"
            yield from ((f"{node.module}.{alias.name}", node.lineno) for alias in node.names)


def layer(module: str) -> int:
    """How far down the order a module of an app stands; a pure module is 1."""
    parts = module.split(".")
    return LAYERS.get(parts[1], 1) if len(parts) > 1 else 1


@pytest.mark.parametrize("path", sources(), ids=module_of)
def test_imports_point_left_and_down(path: Path):
    here = module_of(path)
    app = here.split(".")[0]
    wrong = []
    for name, line in imports(path):
        other = name.split(".")[0]
        if other not in LINE:
            continue
        if LINE.index(other) > LINE.index(app) and here not in ("sidetrack.settings", "sidetrack.urls"):
            wrong.append(f"line {line}: {name} stands to the right of {app}")
        elif other != app and name.split(".")[1] in DOORS and not name.startswith(tuple(SHARED_DOORS)):
            wrong.append(f"line {line}: {name} is a door of another app")
        elif other == app and app != "sidetrack" and layer(name) > layer(here):
            wrong.append(f"line {line}: {name} builds on {here}, not the other way round")
    assert not wrong, f"{path.relative_to(ROOT)}: " + "; ".join(wrong)


def reverse_accessors() -> dict[str, str]:
    """Names by which a model could reach a model of an app on its right: {"listens": "listening"}."""
    names = {}
    for model in apps.get_models():
        if model._meta.app_label not in LINE:
            continue
        for relation in model._meta.get_fields(include_hidden=False):
            if not isinstance(relation, ForeignObjectRel):
                continue
            owner = relation.related_model._meta.app_label
            if owner in LINE and LINE.index(owner) > LINE.index(model._meta.app_label):
                accessor = relation.get_accessor_name()
                for name in {accessor, relation.name}:
                    if name:
                        names[name] = owner
    return names


@pytest.mark.parametrize("path", sources(), ids=module_of)
def test_no_app_reaches_right_through_a_reverse_accessor(path: Path):
    """As an attribute (`user.listens`) or in a lookup (`filter(listens__...)`, `prefetch_related("listens")`)."""
    app = path.relative_to(ROOT).parts[0]
    own_names = own_attributes(app)
    foreign = {
        name: owner
        for name, owner in reverse_accessors().items()
        if LINE.index(owner) > LINE.index(app) and name not in own_names
    }
    wrong = [f"line {line}: {name} belongs to {foreign[name]}" for name, line in reached(path) if name in foreign]
    assert not wrong, f"{path.relative_to(ROOT)}: " + "; ".join(wrong)


def own_attributes(app: str) -> set[str]:
    """Fields of the models up to this app, whose names are nobody else's."""
    seen = LINE[: LINE.index(app) + 1]
    return {
        field.name
        for model in apps.get_models()
        if model._meta.app_label in seen
        for field in model._meta.get_fields()
        if not isinstance(field, ForeignObjectRel)
    }


def reached(path: Path) -> Iterator[tuple[str, int]]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name | ast.Attribute | ast.Call):
            yield node.attr, node.lineno
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            looks_up = node.func.attr in ("filter", "exclude", "annotate", "aggregate", "order_by", "values")
            for keyword in node.keywords if looks_up else ():
                yield (keyword.arg or "").split("__")[0], node.lineno


def test_every_app_is_registered_in_the_order_of_the_line():
    assert [config.label for config in apps.get_app_configs() if config.label in LINE] == LINE


def test_every_app_has_one_clean_initial_migration():
    for app in LINE:
        numbered = [path.name for path in (ROOT / app / "migrations").glob("0*.py")]
        assert numbered in ([], ["0001_initial.py"]), f"{app} has {numbered}"


@pytest.mark.parametrize("path", sources(), ids=module_of)
def test_no_file_tells_more_than_one_story(path: Path):
    length = len(path.read_text(encoding="utf-8").splitlines())
    assert length <= LONGEST_FILE, f"{path.relative_to(ROOT)} has {length} lines; cut it by noun"


def test_only_the_jobs_package_knows_django_q():
    for path in sources():
        for name, line in imports(path):
            if name.startswith("django_q"):
                assert module_of(path) in ("sidetrack.jobs.bells", "sidetrack.cluster"), f"{path}:{line} imports {name}"


def test_every_setting_is_declared_once():
    text = (ROOT / "sidetrack" / "settings.py").read_text(encoding="utf-8")
    names = re.findall(r"declare\(\s*\"([A-Z_]+)\"", text)
    assert len(names) == len(set(names)) > 20


def test_only_the_settings_read_the_environment():
    allowed = {
        "sidetrack.env",
        "sidetrack.wsgi",
        "sidetrack.collecting",
        "sidetrack.cluster",
        "sidetrack.serving",
        "sidetrack.processes",
    }
    # What the watchdog tells its children, and the address that `up` chose.
    allowed |= {"sidetrack.jobs.bells", "sidetrack.jobs.runner", "sidetrack.management.commands.up"}
    for path in sources():
        if module_of(path) not in allowed:
            assert "os.environ" not in path.read_text(encoding="utf-8"), f"{path.relative_to(ROOT)} reads os.environ"


def test_pure_tests_touch_no_database():
    for path in sorted((ROOT / "tests" / "pure").glob("*.py")):
        assert "django_db" not in path.read_text(encoding="utf-8"), f"{path.name} is no pure test"
