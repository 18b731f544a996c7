"""What every file that we write as a page shares: how templates are filled, and the style in it."""

import re
from collections.abc import Callable
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup


def page_environment(said: Callable[[str], str], *styles: str) -> Environment:
    """Templates with everything escaped, and ``style`` set to the style sheets named.

    Args:
        said: What becomes of every printed text; our own markup stays as it is.
        styles: Style sheets of the static folder, in order.
    """

    def finalize(value: Any) -> Any:
        if isinstance(value, Markup) or not isinstance(value, str):
            return value
        return said(value)

    environment = Environment(
        loader=PackageLoader("tuneworthy.web", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=finalize,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["style"] = _style(styles)
    return environment


def _style(names: tuple[str, ...]) -> Markup:
    """The style sheets without comments and spare space."""
    folder = files("tuneworthy.web") / "static"
    text = "".join((folder / name).read_text("utf-8") for name in names)
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)
    text = re.sub(r"\s+", " ", text)
    # Safe: the files are ours and hold no markup.
    return Markup(re.sub(r" ?([{};,]) ?|(?<=:) ", r"\1", text).strip())  # noqa: S704
