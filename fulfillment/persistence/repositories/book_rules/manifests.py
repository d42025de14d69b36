"""Rules of manifests: each live label has its one place, and what left was handed over."""

from sqlalchemy import or_, select

from fulfillment.domain.lifecycle import STEPS, Stage
from fulfillment.persistence.repositories.book_rules.rule import Rule
from fulfillment.persistence.tables import (
    fulfillments,
    labels,
    manifest_parcels,
    manifests,
    parcels,
)

_label = labels.c
_place = manifest_parcels.c
_share = fulfillments.c
_manifest = manifests.c

_LABELED = list(STEPS[STEPS.index(Stage.AWAITING_PICKUP) :])
_GONE = list(STEPS[STEPS.index(Stage.IN_TRANSIT) :])

_LABELS = (
    select(_label.label_id, _label.tracking_number, _share.fulfillment_id, _share.stage)
    .join(parcels, parcels.c.parcel_id == _label.parcel_id)
    .join(fulfillments, _share.fulfillment_id == parcels.c.fulfillment_id)
    .outerjoin(manifest_parcels, _place.label_id == _label.label_id)
    .order_by(_label.label_id)
)

_PLACE = Rule(
    name="a parcel with a label stands on one manifest",
    broken=_LABELS.where(~_label.voided, _share.stage.in_(_LABELED), _place.manifest_id.is_(None)),
    rows=("labels {label_id}", "fulfillments {fulfillment_id}"),
    message="{tracking_number} of {fulfillment_id}, which is {stage}, stands on no manifest",
    repair="put label {label_id} on the open manifest of its warehouse and carrier "
    "(table manifest_parcels), so that its carrier takes it",
)

_VOID = Rule(
    name="a label that is void stands on no manifest",
    broken=_LABELS.where(_label.voided, _place.manifest_id.is_not(None)),
    rows=("labels {label_id}", "manifest_parcels {label_id}"),
    message="{tracking_number} of {fulfillment_id} is void and stands on a manifest",
    repair="take label {label_id} off its manifest (table manifest_parcels)",
)

_HANDED_OVER = Rule(
    name="what has left was handed over",
    broken=_LABELS.where(
        ~_label.voided, _share.stage.in_(_GONE), _place.label_id.is_not(None)
    ).where(_place.handed_over_at.is_(None)),
    rows=("manifest_parcels {label_id}", "fulfillments {fulfillment_id}"),
    message="{fulfillment_id} is {stage}, and nobody has handed {tracking_number} over",
    repair="ask who gave {tracking_number} to the carrier, and record it for label {label_id}",
)

_WAY = Rule(
    name="a manifest has parcels of its own warehouse and carrier alone",
    broken=_LABELS.add_columns(_manifest.manifest_id)
    .join(manifests, _manifest.manifest_id == _place.manifest_id)
    .where(
        or_(
            _manifest.carrier_id != _label.carrier_id,
            _manifest.warehouse_id != _share.warehouse_id,
        )
    ),
    rows=("manifest_parcels {label_id}", "manifests {manifest_id}"),
    message="{tracking_number} of {fulfillment_id} stands on {manifest_id} of another way",
    repair="put label {label_id} on a manifest of its own warehouse and carrier",
)

RULES = (_PLACE, _VOID, _HANDED_OVER, _WAY)
