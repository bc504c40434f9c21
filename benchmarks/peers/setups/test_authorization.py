"""The tests that pytest-authz-matrix expands: clients and objects of two users, and what no answer may have in it."""

import os

import httpx
import pytest

OWNED = ("order", "manifest", "checkout", "parcel", "job", "spare_order", "status_order")
SHOWN = ("PARCEL", "CHECKOUT", "WAITING_ORDER", "CARRIER")
USERS = {"alice": "ALICE", "bob": "BOB", "alices": "ALICE", "bobs": "BOB"}
CLAIMS = ("X-Account-Id", "X-Account", "X-Tenant-Id", "X-Tenant", "X-Organization-Id", "X-Edge-Account")


class Client(httpx.Client):
    def put(self, url, *, data, **options):
        options.pop("format")
        return super().put(url, json=data, **options)


def client(user=None):
    headers = {"Authorization": f"Bearer {os.environ[f'{user}_TOKEN']}"} if user else {}
    return Client(base_url=os.environ["ORIGIN"], headers=headers, trust_env=False, timeout=30)


@pytest.fixture
def alice_client():
    return client("ALICE")


@pytest.fixture
def bob_client():
    return client("BOB")


@pytest.fixture
def anonymous_client():
    return client()


@pytest.fixture
def label_query():
    return {"documentType": "postageLabel", "includeReturnsLabel": "false"}


@pytest.fixture
def belongings():
    def of(user, other):
        owned = {kind: os.environ[f"{user}_{kind.upper()}"] for kind in OWNED}
        pair = f"{os.environ[f'{other}_SECOND_ORDER']};{owned['order']}"
        return owned | {"reference": f'"{os.environ[f"{user}_REFERENCE"]}"', "pair": pair, "user": user}

    return {"alices": of("ALICE", "BOB"), "bobs": of("BOB", "ALICE")}


def assert_nothing_of_others(case, response):
    """No answer has in it what is written all over the other user's objects."""
    for user in {"ALICE", "BOB"} - {USERS.get(case.actor)}:
        for mark in (f"{user}-", *(os.environ[f"{user}_{kind}"] for kind in SHOWN)):
            assert mark not in response.text, f"{case.actor} is shown {mark}"


def check(case, **overrides):
    response = case.execute(**overrides)
    case.assert_response(response)
    assert_nothing_of_others(case, response)


def contract(name):
    def test(authz_case):
        check(authz_case)

    return pytest.mark.authz_contract(name)(test)


test_order = contract("order")
test_order_full = contract("order_full")
test_order_by_reference = contract("order_by_reference")
test_label = contract("label")
test_manifest = contract("manifest")
test_checkout = contract("checkout")
test_receipt = contract("receipt")
test_invoice = contract("invoice")
test_paid_labels = contract("paid_labels")
test_job = contract("job")
test_job_file = contract("job_file")
test_parcel = contract("parcel")
test_manifest_retry = contract("manifest_retry")
test_refund = contract("refund")
test_shared = contract("shared")
test_beside = contract("beside")
test_list = contract("list")
test_list_full = contract("list_full")
test_parcels = contract("parcels")
test_checkouts = contract("checkouts")
test_basket = contract("basket")
test_carriers = contract("carriers")


def claimed(name):
    def test(authz_case):
        account = os.environ[f"{authz_case.resource['user']}_ACCOUNT"]
        headers = dict.fromkeys(CLAIMS, account) | {"Cookie": f"account={account}; tenant={account}"}
        check(authz_case, headers=headers)

    return pytest.mark.authz_contract(name)(test)


test_claimed_order = claimed("claimed_order")
test_claimed_manifest = claimed("claimed_manifest")


def unchanged(name, identifier):
    def test(authz_case):
        owner = client(authz_case.resource["user"])
        path = f"/api/v1/orders/{authz_case.resource[identifier]}/full"
        before = owner.get(path).json()
        item = {"orderIdentifier": int(authz_case.resource[identifier]), "status": "despatched"}
        check(authz_case, **({"data": {"items": [item]}} if name == "status" else {}))
        assert owner.get(path).json() == before

    return pytest.mark.authz_contract(name)(test)


test_status = unchanged("status", "status_order")
test_delete = unchanged("delete", "spare_order")
