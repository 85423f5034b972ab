"""A self-contained page: sections of words, figures and tables, in one HTML file without a script or a link out."""

import base64
from dataclasses import dataclass, field
from datetime import date
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from jinja2 import Environment

PRINTED, SHOWN = 300, 125
"""Dots an inch of the figures' files, and of the page."""


@dataclass
class Section:
    """One headed part of a page; its methods add to it in the order in which they are called.

    Attributes
    ----------
    title : str
    parts : list of dict
        What the template shows, in order.
    """

    title: str
    parts: list[dict[str, Any]] = field(default_factory=list)

    @property
    def id(self) -> str:
        """Anchor of the section."""
        return "".join(c if c.isalnum() else "-" for c in self.title.lower())

    def say(self, text: str) -> None:
        """Add a paragraph."""
        self.parts.append({"text": text})

    def show(self, picture: Path, caption: str) -> None:
        """Add a PNG file with its caption; the page holds a copy of it."""
        content = picture.read_bytes()
        width = int.from_bytes(content[16:20], "big") / PRINTED * SHOWN  # the PNG header holds the width in dots
        self.parts.append({"image": base64.b64encode(content).decode(), "width": round(width), "caption": caption})

    def code(self, text: str) -> None:
        """Add commands to be copied."""
        self.parts.append({"code": text})

    def table(self, table: pd.DataFrame, caption: str, note: str = "", ours: tuple[str, ...] = ()) -> None:
        """Add a table.

        Parameters
        ----------
        table : DataFrame
            Shown without its index; floats with three digits behind the point, missing cells as a dash.
        caption, note : str
            Above and below it.
        ours : tuple of str
            Entries of the first column whose rows are set off.
        """
        rows = [{"ours": str(cells[0]) in ours, "cells": [_cell(c) for c in cells]} for cells in table.itertuples(index=False)]
        numeric = [pd.api.types.is_numeric_dtype(table[c]) for c in table]
        self.parts.append({"rows": rows, "columns": list(table.columns), "numeric": numeric, "caption": caption, "note": note})


def render(title: str, keys: list[dict[str, str]], sections: list[Section], summary: dict[str, Any]) -> str:
    """Return the page.

    Parameters
    ----------
    title : str
    keys : list of dict
        Numbers to lead with: ``value``, ``label`` and ``beside`` (what to hold it against).
    sections : list of Section
    summary : dict
        With ``seed``, ``seconds`` and ``versions``.
    """
    template = files("analyses").joinpath("report.html").read_text(encoding="utf-8")
    page = Environment(autoescape=True).from_string(template)
    return page.render(title=title, keys=keys, sections=sections, summary=summary, date=date.today().isoformat())


def _cell(value: Any) -> str:
    if value is None or value is pd.NA or (isinstance(value, float) and pd.isna(value)):
        return "–"
    if isinstance(value, int | np.integer) and not isinstance(value, bool):
        return f"{value:,}"
    return f"{value:.3f}" if isinstance(value, float) else str(value)
