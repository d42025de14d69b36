"""Who may ask what over HTTP, and what those get who may not."""

import pytest
from fastapi import FastAPI
from hypothesis import given
from hypothesis import strategies as st

from fulfillment.domain.access import ApiKey, Role, find_key, hash_of, parse_api_keys
from fulfillment.entrypoints.http.boundary import HEADERS
from fulfillment.entrypoints.http.roles import ROLES
from http_shop import API_KEYS, KEYS, PROBLEM, app_of, client_of
from plant import Plant

OPEN = {"GET /healthz", "GET /readyz"} | {
    f"POST /webhooks/{name}" for name in ("shopify", "woocommerce", "easypost")
}


@pytest.fixture(scope="module")
def app(shop: Plant) -> FastAPI:
    """Give one application to all; as often as it is asked here, no one key may ask by default."""
    return app_of(shop, http_burst=100_000)


def routes(app: FastAPI) -> set[str]:
    """Return every route there is."""
    paths = app.openapi()["paths"]
    return {f"{method.upper()} {path}" for path, methods in paths.items() for method in methods}


def test_every_route_has_its_roles(app: FastAPI) -> None:
    """The table has each of them and nothing else; operations may do all."""
    assert routes(app) - OPEN == set(ROLES)
    assert all(Role.OPERATIONS in roles for roles in ROLES.values())


@pytest.mark.parametrize("route", sorted(ROLES))
async def test_a_route_is_for_its_roles_alone(app: FastAPI, route: str) -> None:
    """Other keys are told which role it takes, before anything is read of the request."""
    method, path = route.replace("{", "").replace("}", "-nobody").split(" ")
    for role, key in KEYS.items():
        answer = await client_of(app, key).request(method, path)
        assert (answer.status_code == 403) == (role not in ROLES[route])
        assert answer.status_code not in (401, 405, 500)
    nobody = await client_of(app, None).request(method, path, content=b"{")
    assert (nobody.status_code, nobody.json()["code"]) == (401, "unauthorized")
    assert nobody.headers["www-authenticate"].startswith("Bearer")


@pytest.mark.parametrize(
    "shown", ["", "Bearer", "Bearer fk_wrong", "Basic fk_of_floor", f"Bearer {API_KEYS[0].sha256}"]
)
async def test_what_is_no_key_is_refused(app: FastAPI, shown: str) -> None:
    """The hash that is kept is no key either; what was shown is not repeated."""
    headers = {"Authorization": shown} if shown else {}
    answer = await client_of(app, None).get("/v1/stock", headers=headers)
    assert (answer.status_code, answer.headers["content-type"]) == (401, PROBLEM)
    assert "fk_" not in answer.text


async def test_without_keys_everything_is_closed(shop: Plant) -> None:
    """There are no default credentials, and the answer says how to make some."""
    closed = await client_of(app_of(shop, api_keys=())).get("/v1/orders")
    assert (closed.status_code, closed.json()["code"]) == (503, "no_api_keys")
    assert "fulfillment api-key" in closed.json()["detail"]


async def test_every_answer_has_the_headers(app: FastAPI) -> None:
    """Those of success and those of problems."""
    web = client_of(app)
    for path in ("/healthz", "/v1/orders", "/v1/orders/nobody", "/nowhere"):
        answer = await web.get(path)
        assert {name: answer.headers[name] for name in HEADERS} == HEADERS


names = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,20}", fullmatch=True)


@given(st.dictionaries(names, st.sampled_from(Role), max_size=5))
def test_keys_are_read_as_they_are_written(roles: dict[str, Role]) -> None:
    """A setting's text and its keys are the same."""
    keys = tuple(ApiKey(name=name, role=role, sha256=hash_of(name)) for name, role in roles.items())
    assert parse_api_keys(",".join(map(str, keys))) == keys
    assert parse_api_keys(" \n".join(map(str, keys))) == keys


@given(st.text(), st.text())
def test_a_key_is_found_by_itself_alone(key: str, other: str) -> None:
    """Whatever else is shown finds nothing."""
    known = ApiKey(name="it", role=Role.FLOOR, sha256=hash_of(key))
    assert find_key(key, [*API_KEYS, known]) == known
    assert (find_key(other, [known]) == known) == (other == key)


@pytest.mark.parametrize("text", ["a", "a:floor", "a:boss:" + "0" * 64, "a:floor:secret"])
def test_what_is_no_list_of_keys_is_refused(text: str) -> None:
    """Instead of letting in fewer than one thinks, or more."""
    with pytest.raises(ValueError, match=r"."):
        parse_api_keys(text)
    with pytest.raises(ValueError, match="each name once"):
        parse_api_keys(f"{API_KEYS[0]},{API_KEYS[0]}")
