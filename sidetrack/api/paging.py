"""Lists of the API: {"count", "next", "previous", "results"}; long histories by cursor."""

from rest_framework.pagination import PageNumberPagination


class Pages(PageNumberPagination):
    page_size = 50
    page_size_query_param = "limit"
    max_page_size = 200
