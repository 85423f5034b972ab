"""The registered figures."""

from cogmeta.errors import unknown_name
from figures import (
    duan2016_table1, duan2016_table2,
    ritter2018_barcode, wang2016_fig2, wang2016_fig3, wang2016_fig4, wang2016_fig6, wang2018_fig1, wang2018_fig2, wang2018_fig3,
    wang2018_fig5, wang2018_fig6,
)
from figures.paper_figure import PaperFigure

FIGURES: dict[str, PaperFigure] = {module.FIGURE.name: module.FIGURE for module in (
    duan2016_table1, duan2016_table2,
    ritter2018_barcode, wang2016_fig2, wang2016_fig3, wang2016_fig4, wang2016_fig6, wang2018_fig1, wang2018_fig2, wang2018_fig3,
    wang2018_fig5, wang2018_fig6)}
"""Name -> figure."""


def get_figure(name: str) -> PaperFigure:
    """Return a figure by name; an unknown one is answered with the nearest."""
    if name not in FIGURES:
        raise unknown_name("figure", name, FIGURES)
    return FIGURES[name]
