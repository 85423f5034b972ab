"""List the cognitive models, or show the parameters and options of one in full."""

import inspect
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from cogmeta.command_app import CommandApp
from cogmeta.families import FAMILIES
from cogmeta.models.parameter import Parameter
from cogmeta.models.registry import MODELS, make_model, model_names

app = CommandApp()


@app.command()
def models(
    name: Annotated[str | None, typer.Argument(help="Registered id, or a family such as bandit; without it all are listed.")] = None,
    family: Annotated[str | None, typer.Option(help="The models of this family alone, such as two_step.")] = None,
) -> None:
    """List the cognitive models, or show the parameters and options of one in full.

    Example: cogmeta models two_step/hybrid
    """
    console = Console(width=None if Console().is_terminal else 140)
    if name is None or name in FAMILIES:
        console.print(overview(name or family))
        return
    model = make_model(name)
    console.print(parameter_table(name))
    console.print(inspect.getdoc(MODELS[name]), markup=False, highlight=False)
    options = ", ".join(f"{option}={value!r}" for option, value in model.options.items())
    console.print(f"\noptions (cogmeta fit --option): {options}", markup=False, highlight=False, soft_wrap=True)


def overview(family: str | None = None) -> Table:
    """Return the table of all models, or of those of one family."""
    table = Table("id", "parameters", "what it does", "source")
    table.columns[0].no_wrap = True
    for name in model_names(family):
        does = (inspect.getdoc(MODELS[name]) or "").partition("\n")[0]
        table.add_row(name, " ".join(p.symbol for p in make_model(name).parameters), does, MODELS[name].citation)
    return table


def parameter_table(name: str) -> Table:
    """Return the table of a model's parameters as it declares them."""
    table = Table("parameter", "symbol", "domain", "unit", "prior", "plausible range")
    for parameter in make_model(name).parameters:
        table.add_row(*_cells(parameter))
    return table


def _cells(parameter: Parameter) -> tuple[str, ...]:
    low, high = parameter.plausible
    return (parameter.name, parameter.symbol, parameter.domain, parameter.unit, str(parameter.prior), f"{low:g} to {high:g}")
