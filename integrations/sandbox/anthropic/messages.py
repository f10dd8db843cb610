"""One message. SANDBOX:REFUSE in the prompt makes the model refuse."""

from __future__ import annotations

import json
from typing import Any

from integrations.sandbox import ids
from integrations.sandbox.anthropic.doors import body, good, invalid, must_be_let_in, refuse, routes
from integrations.sandbox.anthropic.filling import BadSchema, Filling
from integrations.sandbox.box import Box
from integrations.sandbox.web import Reply, Request

MODELS = ("claude-haiku-5-5", "claude-sonnet-5-5", "claude-opus-5-5")
GONE = ("temperature", "top_p", "top_k")


@routes.on("POST", "/messages")
def message(box: Box, request: Request) -> Reply:
    return good(box, made(box, body(request)))


@routes.on("POST", "/messages/count_tokens")
def count_tokens(box: Box, request: Request) -> Reply:
    data = body(request)
    return good(box, {"input_tokens": tokens(said(data))})


@routes.on("GET", "/models")
def models(box: Box, request: Request) -> Reply:
    must_be_let_in(request)
    rows = [{"type": "model", "id": id, "display_name": id, "created_at": "2026-06-01T00:00:00Z"} for id in MODELS]
    return good(box, {"data": rows, "has_more": False, "first_id": MODELS[0], "last_id": MODELS[-1]})


def tokens(text: str) -> int:
    return len(text.encode()) // 4 + 1


def said(data: dict[str, Any]) -> str:
    """All texts of a request: system and messages. Raises Refusal 400."""
    rows = data.get("messages")
    if not isinstance(rows, list) or not rows:
        raise invalid("messages: Field required")
    texts = [_text(data.get("system") or "")]
    for place, row in enumerate(rows):
        if not isinstance(row, dict) or row.get("role") not in ("user", "assistant"):
            raise invalid(f"messages.{place}.role: Input should be 'user' or 'assistant'")
        texts.append(_text(row.get("content")))
    if rows[-1]["role"] == "assistant":
        raise invalid("This model does not support assistant message prefill.")
    return "\n".join(texts)


def _text(content: Any) -> str:
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        raise invalid("content: Input should be a text or a list of blocks")
    return "\n".join(str(block.get("text", "")) for block in content if isinstance(block, dict))


def made(box: Box, data: dict[str, Any]) -> dict[str, Any]:
    """Raises Refusal for what the API refuses."""
    model, most = data.get("model"), data.get("max_tokens")
    if not isinstance(model, str) or not model:
        raise invalid("model: Field required")
    if not model.startswith("claude-"):
        raise refuse(404, "not_found_error", f"model: {model[:80]}")
    if type(most) is not int or most < 1:
        raise invalid("max_tokens: Field required")
    if extra := [name for name in GONE if name in data]:
        raise invalid(f"{extra[0]}: Extra inputs are not permitted")
    for name, kind in (("tools", list), ("tool_choice", dict), ("output_config", dict)):
        if not isinstance(data.get(name) or kind(), kind):
            raise invalid(f"{name}: Input should be a valid {'list' if kind is list else 'dictionary'}")
    if data.get("stream"):
        raise invalid("The sandbox does not stream.")
    prompt = said(data)
    content, reason = _content(box, data, prompt)
    written = json.dumps(content)
    if reason == "end_turn" and tokens(content[0]["text"]) > most:
        content[0]["text"], reason = content[0]["text"][: most * 4], "max_tokens"
    return {
        "id": f"msg_{ids.base62(24, box.seed, json.dumps(data, sort_keys=True))}",
        "type": "message",
        "role": "assistant",
        "model": model,
        "content": content,
        "stop_reason": reason,
        "stop_sequence": None,
        "stop_details": None,
        "usage": {
            "input_tokens": tokens(prompt),
            "output_tokens": min(tokens(written), most),
            "cache_creation_input_tokens": 0,
            "cache_read_input_tokens": 0,
            "service_tier": "standard",
        },
    }


def _content(box: Box, data: dict[str, Any], prompt: str) -> tuple[list[dict[str, Any]], str]:
    """Blocks and why it stopped."""
    if "SANDBOX:REFUSE" in prompt:
        return [], "refusal"
    filling = Filling(box.catalogue, prompt)
    if tool := _tool(data):
        id = f"toolu_{ids.base62(24, box.seed, prompt, tool['name'])}"
        filled = _filled(filling, tool.get("input_schema") or {"type": "object"})
        return [{"type": "tool_use", "id": id, "name": tool["name"], "input": filled}], "tool_use"
    wanted = (data.get("output_config") or {}).get("format")
    if isinstance(wanted, dict) and wanted.get("type") == "json_schema":
        text = json.dumps(_filled(filling, wanted.get("schema")), ensure_ascii=False)
    else:
        text = f"You wrote of {', '.join(filling.words[:5]) or 'nothing'}. This answer is the sandbox's."
    return [{"type": "text", "text": text}], "end_turn"


def _filled(filling: Filling, schema: Any) -> Any:
    try:
        return filling.fill(schema)
    except BadSchema as error:
        raise invalid(f"output_config.format.schema: {error}") from None


def _tool(data: dict[str, Any]) -> dict[str, Any] | None:
    """The tool that must be used, if any."""
    choice, tools = data.get("tool_choice") or {}, data.get("tools") or []
    if not all(isinstance(tool, dict) and isinstance(tool.get("name"), str) for tool in tools):
        raise invalid("tools: Input should be a list of tools with names")
    if choice.get("type") == "any" and tools:
        found: dict[str, Any] = tools[0]
        return found
    if choice.get("type") != "tool":
        return None
    named = next((tool for tool in tools if tool.get("name") == choice.get("name")), None)
    if named is None:
        raise invalid(f"Tool '{choice.get('name')}' not found in provided tools")
    return dict(named)
