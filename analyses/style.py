"""One look for every figure: a palette that colour-blind readers can tell apart, sizes of a paper, files written whole.

Colours are those of Okabe and Ito (2008). Plot functions wear ``styled``, so that nothing of the reader's own
matplotlib settings is changed; they draw on the axes that they are given, or on new ones.
"""

import logging
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import ParamSpec, TypeVar

import matplotlib
import matplotlib.pyplot as plt
import seaborn
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from cogmeta.files import atomic_path

P = ParamSpec("P")
T = TypeVar("T")

PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#999999")
"""Blue, vermillion, green, purple, orange, sky blue, black, grey: agents, in the order in which they are given."""

COMMON, RARE = "#0072B2", "#E69F00"
"""Colours of common and rare transitions, everywhere."""

REFERENCE = "#666666"
"""Colour of lines that are no data: chance, an optimum, zero."""

SETTINGS = {
    "figure.dpi": 120, "savefig.dpi": 300, "font.family": "sans-serif",
    "font.sans-serif": ["Arial", "Helvetica", "DejaVu Sans"],
    "font.size": 8, "axes.titlesize": 8.5, "axes.labelsize": 8, "legend.fontsize": 7.5, "xtick.labelsize": 7.5,
    "ytick.labelsize": 7.5, "axes.linewidth": 0.8, "xtick.major.width": 0.8, "ytick.major.width": 0.8,
    "xtick.major.size": 3, "ytick.major.size": 3, "lines.linewidth": 1.5, "legend.frameon": False,
    "axes.spines.top": False, "axes.spines.right": False, "axes.axisbelow": True, "axes.titlepad": 7,
    "pdf.fonttype": 42, "svg.fonttype": "none",
}
"""Matplotlib settings of all figures; fonts in points, as printed."""


def styled(plot: Callable[P, T]) -> Callable[P, T]:
    """Let a function draw with ``SETTINGS`` and leave the settings of everybody else alone."""

    @wraps(plot)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> T:
        with _quiet_fonts(), matplotlib.rc_context(SETTINGS):
            return plot(*args, **kwargs)

    return wrapped


def new_axes(ax: Axes | None, width: float = 3.3, height: float = 2.5) -> Axes:
    """Return the axes that were given, or new ones.

    Parameters
    ----------
    ax : Axes, optional
    width, height : float
        Size of the new figure in inches.
    """
    if ax is not None:
        return ax
    return plt.subplots(figsize=(width, height), layout="constrained")[1]


def colors(names: Iterable[str]) -> dict[str, str]:
    """Return a colour for every name, in order; beyond eight they come from a wheel of equal lightness.

    Examples
    --------
    >>> colors(["network", "people"])
    {'network': '#0072B2', 'people': '#D55E00'}
    """
    names = list(names)
    wheel = PALETTE if len(names) <= len(PALETTE) else seaborn.husl_palette(len(names)).as_hex()
    return dict(zip(names, wheel, strict=False))


def lines(names: Iterable[str]) -> dict[str, dict[str, str]]:
    """Return a colour and a line style for every name: the palette with whole lines, then again with dashed ones.

    Examples
    --------
    >>> lines(["network", "people"])["people"]
    {'color': '#D55E00', 'linestyle': '-'}
    """
    styles = [{"color": color, "linestyle": style} for style in ("-", "--", ":") for color in PALETTE]
    return dict(zip(names, styles, strict=False))


def save_figure(figure: Figure, stem: str | Path) -> tuple[Path, Path]:
    """Write a figure as PNG (300 dots an inch) and PDF, each whole or not at all, and close it.

    Parameters
    ----------
    figure : Figure
    stem : str or Path
        Path without suffix; the folder is made if needed.

    Returns
    -------
    tuple of Path
        The PNG and the PDF.

    Examples
    --------
    >>> figure, ax = plt.subplots()
    >>> [path.name for path in save_figure(figure, tmp / "empty")]
    ['empty.png', 'empty.pdf']
    """
    stem = Path(stem)
    written = []
    for suffix, metadata in ((".png", {"Software": None}), (".pdf", {"CreationDate": None})):
        path = stem.with_name(stem.name + suffix)
        with _quiet_fonts(), matplotlib.rc_context(SETTINGS), atomic_path(path) as part:
            figure.savefig(part, dpi=300, bbox_inches="tight", metadata=metadata)
        written.append(path)
    plt.close(figure)
    return tuple(written)


@contextmanager
def _quiet_fonts() -> Iterator[None]:
    """Keep matplotlib from reporting each preferred font that a machine does not have."""
    logger = logging.getLogger("matplotlib.font_manager")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(level)
