"""``argparse``: the defaults of a parser are the values of its arguments."""

from __future__ import annotations

from ft_lint.library.site import Site
from ft_lint.values.base import (
    NONE,
    Constant,
    Items,
    NoReturn,
    Unknown,
    UnknownText,
    Value,
    boolean,
    is_none,
    text,
    truth,
)
from ft_lint.values.callables import Instance, Reference
from ft_lint.values.containers import List, Tuple

_SETTINGS = "settings"


def _settings(parser: Instance) -> Value:
    """Those of a class of the script's own that extends a parser are not known."""
    return parser.fields.get(_SETTINGS, Unknown("the settings of another parser"))


class ArgumentParser:
    """A parser; its field ``settings`` is the namespace that ``parse_args`` gives."""

    @staticmethod
    def construct(at: Site, *args: Value, **kwargs: Value) -> Value:
        """``ArgumentParser(...)``."""
        return Instance("argparse.ArgumentParser", fields={_SETTINGS: Instance("argparse.Namespace")}, node=at.node)

    @staticmethod
    def add_argument(at: Site, self: Instance, *flags: Value, **options: Value) -> Value:
        """``add_argument``: the setting has its default, marked as one."""
        names = [name for flag in flags if (name := text(flag)) is not None]
        given = text(options.get("dest"))
        long = [name for name in names if name.startswith("--")] or names
        settings = _settings(self)
        if isinstance(settings, Instance) and (long or given):
            name = given or long[0].lstrip("-").replace("-", "_")
            at.m.store.write(settings.fields, name, _as_asked(at, name, _setting(name, names, options)))
        return NONE

    @staticmethod
    def set_defaults(at: Site, self: Instance, **defaults: Value) -> Value:
        """``set_defaults(...)``."""
        settings = _settings(self)
        for name, value in defaults.items():
            if isinstance(settings, Instance) and isinstance(value, Constant):
                at.m.store.write(settings.fields, name, _as_asked(at, name, Constant(value.value, default=name)))
        return NONE

    @staticmethod
    def parse_args(at: Site, self: Instance, args: Value = NONE, namespace: Value = NONE) -> Value:
        """The settings."""
        return _settings(self)

    @staticmethod
    def parse_known_args(at: Site, self: Instance, args: Value = NONE, namespace: Value = NONE) -> Value:
        """The settings, and what was not understood."""
        return Tuple((_settings(self), Unknown("arguments that were not understood")))

    @staticmethod
    def error(at: Site, self: Instance, message: Value) -> Value:
        """``error(...)`` says how the program is to be used, and ends it."""
        return NoReturn("the program ends")

    @staticmethod
    def exit(at: Site, self: Instance, status: Value = NONE, message: Value = NONE) -> Value:
        """``exit(...)``."""
        return NoReturn("the program ends")

    @staticmethod
    def add_argument_group(at: Site, self: Instance, *args: Value, **kwargs: Value) -> Value:
        """Groups put their arguments into the same settings."""
        return self

    add_mutually_exclusive_group = add_argument_group


def _as_asked(at: Site, name: str, value: Value) -> Value:
    """A setting as it is by default, or whatever whole number it may have."""
    if not isinstance(value, Constant) or type(value.value) is not int:
        return value
    at.m.facts.set_by_number = True
    return value if at.m.by_default else Unknown(f"the setting `{name}`")


def _setting(name: str, flags: list[str], options: dict[str, Value]) -> Value:
    """The value of one argument: its default where that is a plain one; without one, a text unless it has a type.

    A switch is a choice of the user's and stays undecided, unless it switches to what it is anyway; so is an argument
    that must be given.
    """
    action, default = text(options.get("action")), options.get("default")
    if action in ("store_true", "store_false"):
        to = action == "store_true"
        return boolean(to) if truth(default) is to else Unknown(f"the switch `{name}`")
    if action is None and isinstance(default, List) and _is_of_texts(default):
        return default
    if action is not None or "nargs" in options:
        return Unknown(f"the setting `{name}`")
    if default is None or is_none(default) or text(default) == "" or truth(options.get("required", NONE)) is True:
        is_text = "type" not in options or _path_of(options["type"]) == "builtins.str"
        return (UnknownText if is_text else Unknown)(f"the setting `{name}`")
    if not isinstance(default, Constant) or (flags and not flags[0].startswith("-") and "default" not in options):
        return default
    if isinstance(default.value, bool):
        return Unknown(f"the switch `{name}`")
    kind = _path_of(options.get("type"))
    if kind in ("builtins.float", "builtins.int"):
        return _typed(name, default, kind)
    return Constant(default.value, default=name)


def _is_of_texts(default: List) -> bool:
    """Whether a list holds texts alone, as ``nargs="+"`` gives one."""
    match default.fields["items"]:
        case Items(values, True) if values:
            return all(text(value) is not None for value in values)
    return False


def _path_of(value: Value | None) -> str:
    return value.path if isinstance(value, Reference) else ""


def _typed(name: str, default: Constant, kind: str) -> Value:
    convert = float if kind == "builtins.float" else int
    try:
        plain = default.value if isinstance(default.value, int | float) else convert(default.value)
    except (TypeError, ValueError):
        return Unknown("a default that its type refuses")
    return Constant(plain, default=name)
