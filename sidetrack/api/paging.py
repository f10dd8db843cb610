"""Lists of the API: {"count", "next", "previous", "results"}; long histories by cursor."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db.models import QuerySet
from rest_framework.pagination import PageNumberPagination
from rest_framework.request import Request
from rest_framework.response import Response


class Pages(PageNumberPagination):
    page_size = 50
    page_size_query_param = "limit"
    max_page_size = 200


def page_of(request: Request, rows: QuerySet[Any], as_json: Callable[[Any], dict[str, Any]]) -> Response:
    """The page of `rows` that `?page=&limit=` asks for; a page that is not there is 404."""
    pages = Pages()
    page = pages.paginate_queryset(rows, request) or []
    return pages.get_paginated_response([as_json(row) for row in page])
