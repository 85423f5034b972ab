"""The registered figures."""

from cogmeta.errors import unknown_name
from figures import (
    daw2011_fig2,
    duan2016_fig_learning_curves, duan2016_mazes, duan2016_table1, duan2016_table2,
    episodic_control,
    gershman2018_fig,
    ritter2018_barcode, ritter2018_class, ritter2018_gates, ritter2018_two_step, ritter2018_water_maze,
    wang2016_fig2, wang2016_fig3, wang2016_fig4, wang2016_fig5, wang2016_fig6,
    wang2018_dynamics, wang2018_fig1, wang2018_fig2, wang2018_fig3, wang2018_fig4, wang2018_fig5, wang2018_fig6, wang2018_fig7,
    wang2018_fig7_retest,
    wilson2019_fig2, wilson2019_fig4, wilson2019_fig5,
    zorowitz2023_reversal,
)
from figures.paper_figure import PaperFigure

FIGURES: dict[str, PaperFigure] = {module.FIGURE.name: module.FIGURE for module in (
    daw2011_fig2,
    duan2016_fig_learning_curves, duan2016_mazes, duan2016_table1, duan2016_table2,
    episodic_control,
    gershman2018_fig,
    ritter2018_barcode, ritter2018_class, ritter2018_gates, ritter2018_two_step, ritter2018_water_maze,
    wang2016_fig2, wang2016_fig3, wang2016_fig4, wang2016_fig5, wang2016_fig6,
    wang2018_dynamics, wang2018_fig1, wang2018_fig2, wang2018_fig3, wang2018_fig4, wang2018_fig5, wang2018_fig6, wang2018_fig7,
    wang2018_fig7_retest,
    wilson2019_fig2, wilson2019_fig4, wilson2019_fig5,
    zorowitz2023_reversal,
)}
"""Name -> figure."""


def get_figure(name: str) -> PaperFigure:
    """Return a figure by name; an unknown one is answered with the nearest."""
    if name not in FIGURES:
        raise unknown_name("figure", name, FIGURES)
    return FIGURES[name]
