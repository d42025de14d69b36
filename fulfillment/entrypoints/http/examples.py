"""What the schema shows as examples."""

from typing import Any

ADDRESS: dict[str, Any] = {
    "name": "Ada Lovelace",
    "street": ["Reeperbahn 1"],
    "city": "Hamburg",
    "postal_code": "20359",
    "country": "DE",
}
ORDER: dict[str, Any] = {
    "order_id": "A-1001",
    "placed_at": "2026-11-20T10:00:00+01:00",
    "currency": "EUR",
    "customer": {"name": "Ada Lovelace", "email": "ada@example.com"},
    "ship_to": ADDRESS,
    "lines": [{"sku": "MUG", "quantity": 2, "unit_price_minor": 1990, "tax_minor": 756}],
    "shipping_minor": 490,
    "payment": {"method": "to_authorize", "reference": "tok_visa"},
}
BASKET: dict[str, Any] = {
    "ship_to": ADDRESS,
    "lines": [{"sku": "MUG", "quantity": 2}],
    "urgency": "express",
}
RECEIPT: dict[str, Any] = {
    "receipt_id": "R-2041",
    "warehouse_id": "BER",
    "bin_id": "BER-A0-01",
    "sku": "MUG",
    "quantity": 40,
    "lot": "L-2209",
    "expires_on": "2031-05-31",
    "by": "ann",
}
SWEEP: dict[str, Any] = {"sweep_id": "E-2026-03-02", "warehouse_id": "BER", "by": "ann"}
ADJUSTMENT: dict[str, Any] = {
    "adjustment_id": "C-77",
    "bin_id": "BER-A0-01",
    "sku": "MUG",
    "counted": 38,
    "reason": "cycle count",
    "by": "ann",
}
PICK: dict[str, Any] = {
    "by": "ann",
    "picked": [{"sku": "MUG", "quantity": 2, "bin_id": "BER-A0-01"}],
}
SORT: dict[str, Any] = {"by": "ann", "slot": "S-01"}
PACK: dict[str, Any] = {"by": "bob", "cartons": ["S"], "weights_g": [1240]}
CARTONS: dict[str, Any] = {"by": "bob", "cartons": ["M"]}
HANDOVER: dict[str, Any] = {"by": "bob", "carrier": "road"}
REPRINT: dict[str, Any] = {"by": "bob", "reason": "torn", "format": "zpl"}
SHORT: dict[str, Any] = {"by": "ann", "sku": "MUG", "bin_id": "BER-A0-01", "found": 1}
ASSIGNMENT: dict[str, Any] = {"to": "ann", "by": "eve"}
START: dict[str, Any] = {"batch_id": "BER-20261125-1", "by": "ann", "device": "gun-7"}
SCAN: dict[str, Any] = {"scan_no": 4, "code": "MUG", "by": "ann", "device": "gun-7"}
HOLDER: dict[str, Any] = {"by": "ann", "device": "gun-7"}
RECOUNT: dict[str, Any] = {"bin_id": "BER-A0-01", "sku": "MUG", "found": 3, "by": "ann"}
PLANNING: dict[str, Any] = {"warehouse_id": "BER"}
CLOSING: dict[str, Any] = {"by": "ann", "session_id": "scan-7f3a"}
AMENDMENT: dict[str, Any] = {"less": [{"line_no": 1, "quantity": 1}], "urgency": "express"}
END_OF_DAY: dict[str, Any] = {"warehouse_id": "BER", "carrier_id": "overland"}
DOCK: dict[str, Any] = {
    "manifest_id": "MF-BER-overland-20261125-1700",
    "code": "FC000000000014",
    "by": "bob",
}
PUT_BACK: dict[str, Any] = {
    "by": "ann",
    "not_back": [{"sku": "MUG", "quantity": 1, "because": "lost"}],
}
TRACKING: dict[str, Any] = {
    "event_id": "carrier-991",
    "tracking_number": "00340434161094021501",
    "status": "delivered",
    "at": "2026-11-23T10:12:00+01:00",
    "place": "Hamburg",
}
ENDPOINT = {
    "endpoint_id": "erp",
    "url": "https://erp.example.com/hooks/fulfillment",
    "event_types": ["order.*", "fulfillment.shipped", "fulfillment.delivered"],
}
REPLAY = {"since": "2026-11-23T08:00:00Z", "endpoint_id": "erp"}

RETURN = {
    "order_id": "A-1001",
    "items": [{"line_no": 1, "quantity": 1, "reason": "damaged"}],
    "wish": "refund",
}
RETURN_RECEIPT = {"receipt_id": "DOCK-17", "items": [{"sku": "MUG", "quantity": 1}]}
INSPECTION = {
    "units": [
        {
            "line_no": 1,
            "quantity": 1,
            "condition": "as_new",
            "disposition": "restock",
            "bin_id": "BER-A0-01",
        }
    ]
}
UNANNOUNCED = {"order_id": "A-1001", "warehouse_id": "BER", "receipt": RETURN_RECEIPT}
STRAY = {**RETURN_RECEIPT, "warehouse_id": "BER", "note": "no papers"}
PLACEMENT = {"task_id": "stray-DOCK-17", "disposition": "scrap"}
