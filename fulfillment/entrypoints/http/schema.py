"""The OpenAPI schema: every route says who may use it and which problems it answers with."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from fulfillment.entrypoints.http.problems import MEDIA_TYPE, ProblemDetails
from fulfillment.entrypoints.http.roles import ROLES

DESCRIPTION = """\
The operations of the fulfillment engine. Every answer that is no success is
`application/problem+json` (RFC 9457): `code` is for machines, `detail` says what was expected,
what came, and what to do. 503 and 429 say in `Retry-After` when to ask again; asking the same
again is always safe.
"""
TAGS = [
    {"name": "orders", "description": "What storefronts ask."},
    {"name": "floor", "description": "What the warehouse floor does."},
    {"name": "stock", "description": "What there is, came in, was counted."},
    {"name": "parcels", "description": "What carriers say, and what was printed."},
    {"name": "webhooks", "description": "What storefronts deliver; what the merchant is told."},
    {"name": "health", "description": "For probes; needs no key."},
]
_REF = "#/components/schemas/"
_SECURITY = {
    "apiKey": {
        "type": "http",
        "scheme": "bearer",
        "description": "A key made by `fulfillment api-key NAME ROLE`.",
    },
    "shopify": {"type": "apiKey", "in": "header", "name": "X-Shopify-Hmac-Sha256"},
    "woocommerce": {"type": "apiKey", "in": "header", "name": "X-WC-Webhook-Signature"},
    "easypost": {"type": "apiKey", "in": "header", "name": "X-Hmac-Signature"},
}
_MEANING = {
    "400": "The body is no JSON, or a header can't be used",
    "401": "No key or signature, or one that is not known",
    "403": "The key's role is not for this",
    "404": "Nothing of that id is on record",
    "408": "The body did not arrive in time",
    "409": "It can't be done as things stand",
    "413": "The body is too large",
    "415": "The body is not JSON",
    "422": "The request is wrong; each problem names its field",
    "429": "The key asks too often",
    "500": "A mistake of ours",
    "503": "A machine did not answer, or something is not set up",
}
_READING = ("401", "403", "404", "422", "429", "500", "503")
_WRITING = (*_READING, "400", "408", "409", "413", "415")
_DELIVERING = ("400", "401", "408", "413", "500", "503")


def install(app: FastAPI) -> None:
    """Have the app describe itself completely."""

    def described() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _described(app)
        return app.openapi_schema

    app.openapi = described  # type: ignore[method-assign] # FastAPI's own way to extend it


def _described(app: FastAPI) -> dict[str, Any]:
    schema = get_openapi(
        title=app.title,
        version=app.version,
        description=DESCRIPTION,
        routes=app.routes,
        tags=TAGS,
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
    )
    for path, operations in schema["paths"].items():
        for method, operation in operations.items():
            _complete(operation, f"{method.upper()} {path}")
    components = schema["components"]
    components["securitySchemes"] = _SECURITY
    schemas = components["schemas"]
    details = ProblemDetails.model_json_schema(ref_template=_REF + "{model}")
    schemas |= details.pop("$defs")
    schemas["ProblemDetails"] = details
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    return schema


def _complete(operation: dict[str, Any], route: str) -> None:
    method, path = route.split(" ")
    statuses = ("500", "503")
    if route in ROLES:
        operation["security"] = [{"apiKey": []}]
        roles = ", ".join(sorted(ROLES[route]))
        operation["description"] = f"{operation['description']}\n\nRoles: {roles}."
        statuses = _WRITING if method == "POST" else _READING  # type: ignore[assignment]
    elif path.startswith("/webhooks/"):
        operation["security"] = [{path.rpartition("/")[2]: []}]
        operation["requestBody"] = _delivered_body(path)
        statuses = _DELIVERING  # type: ignore[assignment]
    responses = operation["responses"]
    responses.pop("422", None)
    responses |= {status: _problem(status) for status in sorted(statuses)}


def _problem(status: str) -> dict[str, Any]:
    content = {MEDIA_TYPE: {"schema": {"$ref": f"{_REF}ProblemDetails"}}}
    return {"description": _MEANING[status], "content": content}


def _delivered_body(path: str) -> dict[str, Any]:
    what = "The storefront's order; docs/storefronts.md"
    if path.endswith("/easypost"):
        what = "EasyPost's event; docs/carriers.md"
    described = {"type": "object", "description": what}
    return {"required": True, "content": {"application/json": {"schema": described}}}
