"""The API's description as a page shows it: each address with its parameters, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

METHODS = ("get", "post")


def operations(description: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the operations of an OpenAPI description, in its order.

    Returns:
        For each: method, path, summary, text, and parameters (name, where, required, type, text).
    """
    return [
        {
            "method": method.upper(),
            "path": path,
            "summary": told.get("summary", ""),
            "text": told.get("description", ""),
            "parameters": list(_parameters(told)),
        }
        for path, methods in description["paths"].items()
        for method, told in methods.items()
        if method in METHODS
    ]


def _parameters(told: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for one in told.get("parameters", ()):
        schema = one.get("schema", {})
        yield {
            "name": one["name"],
            "where": one["in"],
            "required": one.get("required", False),
            "type": _type(schema),
            "text": one.get("description") or schema.get("description", ""),
        }


def _type(schema: Mapping[str, Any]) -> str:
    if "anyOf" in schema:
        return " or ".join(_type(one) for one in schema["anyOf"] if one.get("type") != "null")
    if "enum" in schema:
        return ", ".join(str(one) for one in schema["enum"])
    if "const" in schema:
        return str(schema["const"])
    if schema.get("type") == "array":
        return f"{_type(schema.get('items', {}))}, may be repeated"
    return {"integer": "whole number", "number": "number", "boolean": "true or false"}.get(
        schema.get("type", ""), "text"
    )
