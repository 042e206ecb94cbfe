"""Options of one metric: which choices of the register touch it, which option is in force, what it sets."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from regard.catalog.metrics import METRIC, Definition, merged, nested
from regard.errors import did_you_mean
from regard.model import Choice

if TYPE_CHECKING:
    from collections.abc import Mapping

    from regard.catalog.known import Known
    from regard.catalog.places import Item
    from regard.catalog.policies import RegisteredChoice
    from regard.errors import Mistake


class Options:
    """Reads the choices of one definition."""

    def __init__(
        self,
        definition: Definition,
        known: Known,
        asked: Mapping[str, str],
        mistakes: list[Mistake],
    ) -> None:
        """Take the definition and what the question asks: choice -> option."""
        self.definition = definition
        self.known = known
        self.asked = asked
        self.mistakes = mistakes

    def choices(self, tree: Item) -> list[Choice]:
        """Return the choices that the definition names, with the option in force."""
        found: list[Choice] = []
        options = tree.mapping.get("options")
        if options is not None and not isinstance(options.value, dict):
            self._say(options, "wrong-type", "options are written by choice", "options", "such as K22: {...}")
        for name, item in options.mapping.items() if options else ():
            path = f"options.{name}"
            register = self.known.choices.get(name)
            if register is None:
                hint = did_you_mean(name, self.known.choices)
                self._say(item, "unknown-choice", f"the register has no choice '{name}'", path, hint)
                continue
            if not isinstance(item.value, dict):
                hint = "such as {latest: default, every: {rows.answers.keep: none}}"
                self._say(item, "wrong-type", "a choice is written by option", path, hint)
                continue
            choice = self._choice(name, item, register, path)
            if choice is not None:
                found.append(self._picked(choice))
        return found

    def _choice(self, name: str, item: Item, register: RegisteredChoice, path: str) -> Choice | None:
        settings: dict[str, Mapping[str, object]] = {}
        defaults = [option for option, inner in item.mapping.items() if inner.text == "default"]
        for option, inner in item.mapping.items():
            here = f"{path}.{option}"
            if option not in register.options:
                hint = did_you_mean(option, register.options)
                self._say(inner, "unknown-option", f"{name} has no option '{option}'", here, hint)
                continue
            if option in defaults:
                settings[option] = {}
            elif not isinstance(inner.value, dict):
                hint = "`default`, or fields with what they become, or metric: another id"
                self._say(inner, "wrong-type", f"option '{option}' says what it sets", here, hint)
            else:
                settings[option] = {
                    field_: value.text if not isinstance(value.value, (dict, list)) else value.plain()
                    for field_, value in inner.mapping.items()
                }
                self._other(inner, here)
        if len(defaults) != 1:
            message = f"{name} has {len(defaults) or 'no'} default options, one is needed"
            self._say(item, "default-option", message, path, f"write {next(iter(register.options))}: default")
            return None
        if defaults[0] not in settings:
            return None
        return Choice(id=name, options=settings, default=defaults[0])

    def _other(self, setting: Item, path: str) -> None:
        """Check that an option that names another metric names one."""
        other = setting.mapping.get("metric")
        if other is None:
            return
        if other.text == self.definition.id:
            message = f"the option leads to {other.text} itself"
            self._say(other, "cycle", message, f"{path}.metric", "write `default`, or take the choice away with none")
        elif other.text not in self.known.definitions and other.text not in self.known.lost:
            hint = did_you_mean(other.text, self.known.definitions)
            self._say(other, "unknown-metric", f"there is no metric '{other.text}'", f"{path}.metric", hint)

    def _picked(self, choice: Choice) -> Choice:
        """Return the choice with the option that the workspace, and then the question, has picked."""
        pick = self.definition.picks.get(choice.id)
        if pick is not None and pick.text not in choice.options and self.definition.over is None:
            pick = None  # picked for the metric that this one begins with; here there is nothing to pick
        if pick is not None and pick.text not in choice.options:
            hint = did_you_mean(pick.text, choice.options)
            message = f"{self.definition.id} has no option '{pick.text}' of {choice.id}"
            self._say(pick, "unknown-option", message, f"options.{choice.id}", hint)
        elif pick is not None:
            choice = replace(choice, default=pick.text)
        asked = self.asked.get(choice.id)
        return replace(choice, default=asked) if asked is not None and asked in choice.options else choice

    def applied(self, tree: Item, choice: Choice) -> Item:
        """Return the tree with what the option in force sets."""
        setting = self.definition.tree.get(("options", choice.id, choice.default))
        for path, item in setting.mapping.items() if setting else ():
            steps = path.split(".")
            where = f"options.{choice.id}.{choice.default}.{path}"
            if steps[0] not in METRIC.fields or steps[0] in ("metric", "like", "options"):
                hint = did_you_mean(steps[0], METRIC.fields)
                self._say(item, "unknown-field", f"an option cannot set '{steps[0]}'", where, hint)
                continue
            if steps[0] in ("rows", "leaves", "parameters") and tree.get(steps[:2]) is None:
                known = tree.mapping[steps[0]].mapping if steps[0] in tree.mapping else {}
                named = {"rows": "row set", "leaves": "leaf", "parameters": "parameter"}[steps[0]]
                name = steps[1] if len(steps) > 1 else ""
                message = f"{self.definition.id} has no {named} '{name}'"
                self._say(item, "unknown-field", message, where, did_you_mean(name, known))
                continue
            if steps[0] == "parameters" and len(steps) == 2 and not item.mapping:  # noqa: PLR2004 - a pair
                steps.append("value")
            tree = merged(tree, nested(steps, item), stay=True)
        return tree

    def differing(self, choices: tuple[Choice, ...]) -> set[tuple[str, str]]:
        """Return the options in force that are not the author's default."""
        return {(choice.id, choice.default) for choice in choices if self.first(choice) != choice.default}

    def first(self, choice: Choice) -> str:
        """Return the option that the author calls the default."""
        item = self.definition.tree.get(("options", choice.id))
        return next((name for name, inner in item.mapping.items() if inner.text == "default"), "") if item else ""

    def _say(self, item: Item, rule: str, message: str, path: str, hint: str = "") -> None:
        self.mistakes.append(item.mistake(rule, message, field=path, hint=hint))
