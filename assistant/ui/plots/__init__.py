"""The charts of the page: a module each, which holds its data function and its row; a new one is found there."""

from importlib import import_module
from pkgutil import iter_modules

from assistant.ui.plots.plot import Plot, Window

__all__ = ["PLOTS", "Plot", "Window"]


def find_plots() -> tuple[Plot, ...]:
    """The plots of this folder, from the top of the page."""
    modules = [import_module(f"{__name__}.{module.name}") for module in iter_modules(__path__)]
    return tuple(sorted((m.PLOT for m in modules if hasattr(m, "PLOT")), key=lambda plot: plot.place))


PLOTS = find_plots()
