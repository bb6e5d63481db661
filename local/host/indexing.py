"""Finds the functions of an app as the Python worker in Azure does, and refuses what it would refuse."""

import importlib.util
import inspect
import logging
import re
import sys
import typing
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import ModuleType
from typing import Any

import azure.functions as func
from azure.functions import Function, FunctionRegister

from local.host.configuration import AppSettings
from local.host.errors import HostError
from local.host.retries import RetryPolicy
from local.host.triggers import (
    CHANGE_FEED_TRIGGER,
    HTTP_TRIGGER,
    TIMER_TRIGGER,
    ChangeFeedTrigger,
    HttpTrigger,
    TimerTrigger,
    Trigger,
)

SCRIPT = "function_app.py"

_log = logging.getLogger("local.host")

_NAME = re.compile(r"[a-z][a-z0-9_-]{0,127}", re.IGNORECASE)
_PARAMETER_TYPES: Mapping[str, type] = {
    HTTP_TRIGGER: func.HttpRequest,
    CHANGE_FEED_TRIGGER: func.DocumentList,
    TIMER_TRIGGER: func.TimerRequest,
}


@dataclass(frozen=True)
class IndexedFunction:
    """One function of the app, ready to be invoked."""

    name: str
    handler: Callable[..., Any]
    parameter: str
    takes_context: bool
    trigger: Trigger
    retry: RetryPolicy | None = None
    # How long a call may take; None is for ever.
    timeout_seconds: float | None = None

    @cached_property
    def is_async(self) -> bool:
        return inspect.iscoroutinefunction(self.handler)


def import_app(app_root: Path) -> FunctionRegister:
    """Import function_app.py afresh, by the name that it has in Azure, and take the one app that it binds."""
    app_root = app_root.resolve()
    script = app_root / SCRIPT
    spec = importlib.util.spec_from_file_location(script.stem, script)
    if not script.is_file() or spec is None or spec.loader is None:
        raise HostError(f"{app_root} holds no {SCRIPT}")
    if str(app_root) not in sys.path:
        sys.path.insert(0, str(app_root))
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        _log.exception("%s failed while it was imported", SCRIPT)
        raise HostError(f"{SCRIPT} cannot be imported: {type(error).__name__}: {error}") from error
    return _only_app(module)


def _only_app(module: ModuleType) -> FunctionRegister:
    found = {name: value for name, value in vars(module).items() if isinstance(value, FunctionRegister)}
    if len(found) != 1:
        names = ", ".join(found) or "none"
        raise HostError(f"{SCRIPT} must bind exactly one FunctionApp to a name at its top level; it binds {names}")
    (app,) = found.values()
    return app


def index(app: FunctionRegister, settings: AppSettings, timeout_seconds: float | None) -> list[IndexedFunction]:
    """List the enabled functions of an app; the timeout is host.json's."""
    try:
        functions = app.get_functions()
    except ValueError as error:
        raise HostError(f"Azure would not index this app: {error}") from error
    if not functions:
        raise HostError("The app declares no function")
    named = {str(function.get_function_name()): function for function in functions}
    _check_names(named)
    enabled = {name: function for name, function in named.items() if not settings.disables(name)}
    found = (_indexed(name, function, settings, timeout_seconds) for name, function in enabled.items())
    return [function for function in found if function is not None]


def _check_names(names: Iterable[str]) -> None:
    seen: set[str] = set()
    for name in names:
        if not _NAME.fullmatch(name):
            raise HostError(f"{name!r} is no function name: a letter, then letters, digits, _ and -")
        if name.lower() in seen:
            raise HostError(f"{name}: two functions have this name, in whatever case")
        seen.add(name.lower())


def _indexed(
    name: str, function: Function, settings: AppSettings, timeout_seconds: float | None
) -> IndexedFunction | None:
    handler = function.get_user_function()
    binding = _only_trigger(function, name)
    parameter, kind = str(binding["name"]), str(binding["type"])
    takes_context = _check_signature(name, handler, parameter, kind)
    try:
        trigger = _trigger(binding, name, settings)
    except HostError as error:
        if kind != TIMER_TRIGGER:
            raise
        # On the real host, too, such a schedule switches its function off, and the others run.
        _log.error("%s; this function is switched off", error)
        return None
    return IndexedFunction(
        name=name,
        handler=handler,
        parameter=parameter,
        takes_context=takes_context,
        trigger=trigger,
        retry=RetryPolicy.declared(function.get_settings_dict("retry_policy"), name),
        timeout_seconds=timeout_seconds,
    )


def _trigger(binding: Mapping[str, Any], name: str, settings: AppSettings) -> Trigger:
    match binding["type"]:
        case "httpTrigger":
            return HttpTrigger.declared(binding, name)
        case "cosmosDBTrigger":
            return ChangeFeedTrigger.declared(binding, name, settings)
        case _:
            return TimerTrigger.declared(binding, name, settings)


def _only_trigger(function: Function, name: str) -> Mapping[str, Any]:
    trigger: Mapping[str, Any] | None = None
    for binding in function.get_bindings_dict()["bindings"]:
        kind = binding["type"]
        if kind in _PARAMETER_TYPES:
            trigger = binding
        elif not (kind == "http" and binding["name"] == "$return"):
            raise HostError(f"{name}: this host does not support the binding {kind} ({binding['name']})")
    if trigger is None:
        raise HostError(f"{name}: this host supports {', '.join(_PARAMETER_TYPES)} only")
    return trigger


def _check_signature(name: str, handler: Callable[..., Any], parameter: str, kind: str) -> bool:
    """Hold the handler's parameters against its bindings; tell whether it wants the invocation context."""
    if not inspect.isroutine(handler):
        raise HostError(f"{name}: its handler must be a plain function, not a {type(handler).__name__}")
    parameters = set(inspect.signature(handler).parameters)
    takes_context = "context" in parameters and parameter != "context"
    unbound = parameters - {parameter} - ({"context"} if takes_context else set())
    if unbound:
        raise HostError(f"{name}: these parameters belong to no binding: {', '.join(sorted(unbound))}")
    if parameter not in parameters:
        raise HostError(f"{name}: its trigger is bound to {parameter!r}, which the handler does not take")
    _check_types(name, handler, parameter, kind)
    return takes_context


def _check_types(name: str, handler: Callable[..., Any], parameter: str, kind: str) -> None:
    try:
        hints = typing.get_type_hints(handler)
    except Exception as error:
        raise HostError(f"{name}: its annotations cannot be read when it is loaded: {error}") from error
    expected = {parameter: _PARAMETER_TYPES[kind], "context": func.Context}
    for subject, wanted in expected.items():
        hint = hints.get(subject, wanted)
        if not (isinstance(hint, type) and issubclass(hint, wanted)):
            raise HostError(f"{name}: {subject} must be annotated as {wanted.__name__}, not as {hint!r}")
    returned = hints.get("return", func.HttpResponse)
    if kind == HTTP_TRIGGER and not (isinstance(returned, type) and issubclass(returned, func.HttpResponse | str)):
        raise HostError(f"{name}: it must return an HttpResponse, not {returned!r}")
