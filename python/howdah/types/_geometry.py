"""PostgreSQL's geometric types as named tuples: equal to plain tuples of the same numbers."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["Box", "Circle", "Line", "LineSegment", "Path", "Point", "Polygon"]


class Point(NamedTuple):
    """`point`: a place on the plane."""

    x: float
    y: float

    def __str__(self) -> str:
        return f"({self.x},{self.y})"


class Line(NamedTuple):
    """`line`: all points with ``a·x + b·y + c = 0``."""

    a: float
    b: float
    c: float


class LineSegment(NamedTuple):
    """`lseg`: the points between two points."""

    start: Point
    end: Point


class Box(NamedTuple):
    """`box`: a rectangle by two corners, which the server reorders to be these two."""

    upper_right: Point
    lower_left: Point


class Path(NamedTuple):
    """`path`: points joined by line segments; `closed` also joins the last to the first."""

    points: tuple[Point, ...]
    closed: bool


class Polygon(NamedTuple):
    """`polygon`: the corners of an area."""

    points: tuple[Point, ...]


class Circle(NamedTuple):
    """`circle`: all points within `radius` of `center`."""

    center: Point
    radius: float
