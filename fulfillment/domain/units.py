"""Sizes in integer millimeters, weights in integer grams, places on Earth."""

from math import asin, cos, radians, sin, sqrt
from typing import Annotated

from pydantic import Field

from fulfillment.domain.base import StrictValue

Millimeters = Annotated[int, Field(gt=0, le=100_000)]
Grams = Annotated[int, Field(gt=0, le=10_000_000)]

EARTH_RADIUS_KM = 6371.0088
"""Mean radius of the Earth (IUGG 1980)."""


class Dimensions(StrictValue):
    """Length, width and height of a box, in millimeters."""

    length_mm: Millimeters
    width_mm: Millimeters
    height_mm: Millimeters

    @property
    def volume_mm3(self) -> int:
        """Return the volume in cubic millimeters."""
        return self.length_mm * self.width_mm * self.height_mm


class Place(StrictValue):
    """A point on Earth, in decimal degrees (WGS 84)."""

    latitude: Annotated[float, Field(ge=-90, le=90)]
    longitude: Annotated[float, Field(ge=-180, le=180)]


def distance_km(start: Place, end: Place) -> int:
    """Return the great-circle distance in whole kilometers (haversine formula)."""
    lat1, lat2 = radians(start.latitude), radians(end.latitude)
    half_lat = (lat2 - lat1) / 2
    half_lon = radians(end.longitude - start.longitude) / 2
    chord = sin(half_lat) ** 2 + cos(lat1) * cos(lat2) * sin(half_lon) ** 2
    return round(2 * EARTH_RADIUS_KM * asin(sqrt(min(1.0, chord))))
