"""Many messages at once, ready after half a minute, in no order."""

from __future__ import annotations

import json
from typing import Any

from integrations.sandbox import ids
from integrations.sandbox.anthropic.doors import body, good, invalid, must_be_let_in, refuse, routes
from integrations.sandbox.anthropic.messages import made
from integrations.sandbox.box import Box
from integrations.sandbox.spotify.shapes import stamp
from integrations.sandbox.web import Refusal, Reply, Request

TAKES = 30.0
KEPT = 29 * 86400.0


@routes.on("POST", "/messages/batches")
def create(box: Box, request: Request) -> Reply:
    rows = body(request).get("requests")
    if not isinstance(rows, list) or not rows:
        raise invalid("requests: Field required")
    names = [row.get("custom_id") if isinstance(row, dict) else None for row in rows]
    if not all(names) or len(set(names)) != len(names):
        raise invalid("requests: custom_id must be given and unique")
    id = f"msgbatch_{box.minted(24, 'batch')}"
    box.store.put("batch", id, {"rows": rows, "at": box.now, "canceled": False}, until=box.now + KEPT)
    return good(box, shape(box, request, id))


def by_id(box: Box, id: str) -> dict[str, Any]:
    found: dict[str, Any] | None = box.store.get("batch", id)
    if found is None:
        raise refuse(404, "not_found_error", "Batch not found")
    return found


def shape(box: Box, request: Request, id: str) -> dict[str, Any]:
    batch = by_id(box, id)
    ended = batch["canceled"] or box.now >= batch["at"] + TAKES
    counts = dict.fromkeys(("processing", "succeeded", "errored", "canceled", "expired"), 0)
    if not ended:
        counts["processing"] = len(batch["rows"])
    for row in results(box, batch) if ended else ():
        counts[row["result"]["type"]] += 1
    return {
        "id": id,
        "type": "message_batch",
        "processing_status": "ended" if ended else "in_progress",
        "request_counts": counts,
        "created_at": stamp(int(batch["at"] * 1000)),
        "expires_at": stamp(int((batch["at"] + 86400) * 1000)),
        "ended_at": stamp(int((batch["at"] + TAKES) * 1000)) if ended else None,
        "cancel_initiated_at": None,
        "archived_at": None,
        "results_url": f"{request.base}/anthropic/v1/messages/batches/{id}/results" if ended else None,
    }


def results(box: Box, batch: dict[str, Any]) -> list[dict[str, Any]]:
    rows = []
    for row in batch["rows"]:
        result: dict[str, Any]
        try:
            result = {"type": "succeeded", "message": made(box, row.get("params") or {})}
        except Refusal as refusal:
            result = {"type": "errored", "error": json.loads(refusal.reply.body)}
        rows.append({"custom_id": row["custom_id"], "result": {"type": "canceled"} if batch["canceled"] else result})
    return sorted(rows, key=lambda row: ids.number("order", row["custom_id"]))


@routes.on("GET", "/messages/batches/{id}")
def read(box: Box, request: Request, id: str) -> Reply:
    must_be_let_in(request)
    return good(box, shape(box, request, id))


@routes.on("POST", "/messages/batches/{id}/cancel")
def cancel(box: Box, request: Request, id: str) -> Reply:
    must_be_let_in(request)
    if box.now < by_id(box, id)["at"] + TAKES:
        box.store.put("batch", id, {**by_id(box, id), "canceled": True}, until=box.now + KEPT)
    return good(box, shape(box, request, id))


@routes.on("GET", "/messages/batches/{id}/results")
def read_results(box: Box, request: Request, id: str) -> Reply:
    must_be_let_in(request)
    batch = by_id(box, id)
    if not batch["canceled"] and box.now < batch["at"] + TAKES:
        raise invalid("Batch has no available results")
    lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in results(box, batch))
    return Reply(200, lines.encode(), {}, "application/x-jsonl")
