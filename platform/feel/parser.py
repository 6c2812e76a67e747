"""Tokens to syntax tree: precedence climbing, names resolved by the longest match against what is known."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from decimal import DecimalException
from typing import Any

from formloom.errors import Text
from formloom.feel import names, shorthand, syntax, typenames
from formloom.feel.cursor import Cursor
from formloom.feel.errors import FeelSyntaxError
from formloom.feel.lexer import unquote
from formloom.feel.temporal import temporal
from formloom.feel.values import NUMBERS

_OR, _AND, _COMPARE, _ADD, _MULTIPLY, _POWER = range(1, 7)
_BINARY = {
    "or": _OR, "and": _AND,
    "=": _COMPARE, "!=": _COMPARE, "<": _COMPARE, "<=": _COMPARE, ">": _COMPARE, ">=": _COMPARE,
    "between": _COMPARE, "in": _COMPARE, "instance": _COMPARE,
    "+": _ADD, "-": _ADD, "*": _MULTIPLY, "/": _MULTIPLY, "**": _POWER,
}
_RELATIONS = ("<", "<=", ">", ">=", "=", "!=")
_AFTER_RANGE = frozenset((
    "", ")", "]", "}", ",", ":", ".", "=", "!=", "<", "<=", ">", ">=", "in", "instance", "between", "and", "or",
    "then", "else", "return", "satisfies",
))
_CALLABLE = (syntax.Name, syntax.Path, syntax.Call, syntax.Function, syntax.Filter)
_CONSTANTS: dict[str, Any] = {"true": True, "false": False, "null": None}


def parse(text: str, known: names.Table) -> syntax.Node:
    """The tree of one expression."""
    parser = _Parser(text, known)
    node = parser.expression()
    parser.finish()
    return node


def parse_unary(text: str, known: names.Table) -> syntax.Node:
    """The tree of unary tests: `-`, `< 5, [10..20]`, `not("a", "b")`, or any expression over `?`."""
    parser = _Parser(text, known)
    node = parser.unary_tests()
    parser.finish()
    return node


class _Parser(Cursor):
    def __init__(self, text: str, known: names.Table) -> None:
        super().__init__(text, known)
        self.closing_range = False      # a `[` may close the range being read
        self._forms: dict[str, Callable[[], syntax.Node]] = {
            "if": self._if, "for": self._for, "some": self._quantified, "every": self._quantified,
            "function": self._function, "(": self._group, "[": self._list_or_range, "]": self._open_range,
            "{": self._context, "-": self._negation,
        }

    def finish(self) -> None:
        if self.token.kind != "end":
            raise self.unexpected()

    def expression(self, level: int = 0) -> syntax.Node:
        with self.nested():
            return self._binary(self._postfix(self._prefix()), level)

    # -- operators -----------------------------------------------------------------------------------------------

    def _binary(self, left: syntax.Node, level: int) -> syntax.Node:
        while True:
            token = self.token
            power = _BINARY.get(token.text, 0) if token.kind in ("symbol", "keyword") else 0
            if power <= level:
                return left
            self.index += 1
            left = self._operation(token.text, power, left)

    def _operation(self, operator: str, power: int, left: syntax.Node) -> syntax.Node:
        if operator == "between":
            return self._between(left)
        if operator == "in":
            return self._in(left)
        if operator == "instance":
            self.expect("of")
            return syntax.InstanceOf(left, typenames.parse(self), start=left.start, end=self.end)
        right = self.expression(power)
        if operator in ("and", "or"):
            return _connect(syntax.And if operator == "and" else syntax.Or, left, right)
        kind = syntax.Comparison if power == _COMPARE else syntax.Arithmetic
        return kind(operator, left, right, start=left.start, end=right.end)

    def _between(self, value: syntax.Node) -> syntax.Node:
        low = self.expression(_COMPARE)
        self.expect("and")
        high = self.expression(_COMPARE)
        return syntax.Between(value, low, high, start=value.start, end=high.end)

    def _in(self, value: syntax.Node) -> syntax.Node:
        tests = self._tests() if self.at("(") else (self._test(_COMPARE),)
        return syntax.In(value, tests, start=value.start, end=self.end)

    def _tests(self) -> tuple[syntax.Node, ...]:
        """What follows `in (`: several tests, or one expression that happens to begin with a parenthesis."""
        start = self.take().start
        first = self._test()
        if self.at(".."):
            return (self._continued(self._range(first, start, low_closed=False)),)
        tests = [first]
        while self.accept(","):
            tests.append(self._test())
        self.expect(")")
        if len(tests) > 1 or isinstance(first, syntax.Relation):
            return tuple(tests)
        return (self._continued(first),)

    def _continued(self, left: syntax.Node) -> syntax.Node:
        return self._binary(self._postfix(left), _COMPARE)

    def _test(self, level: int = 0) -> syntax.Node:
        return self._relation() if self.at(*_RELATIONS) else self.expression(level)

    def _relation(self) -> syntax.Node:
        operator = self.take()
        operand = self.expression(_COMPARE)
        return syntax.Relation(operator.text, operand, start=operator.start, end=operand.end)

    # -- unary tests ---------------------------------------------------------------------------------------------

    def unary_tests(self) -> syntax.Node:
        start = self.token.start
        if self.at("-") and self.tokens[self.index + 1].kind == "end":
            self.take()
            return syntax.Anything(start=start, end=self.end)
        negated = self._negated()
        tests = negated or self._several()
        return syntax.UnaryTests(tests, bool(negated), start=start, end=self.end)

    def _several(self) -> tuple[syntax.Node, ...]:
        tests = [self._test()]
        while self.accept(","):
            tests.append(self._test())
        return tuple(tests)

    def _negated(self) -> tuple[syntax.Node, ...]:
        """The tests in a `not(...)` that is the whole text: `not(a) and b` is an expression."""
        if not self.at("not") or self.tokens[self.index + 1].text != "(":
            return ()
        before = self.index
        self.index += 2
        with suppress(FeelSyntaxError):
            tests = self._several()
            self.expect(")")
            if self.token.kind == "end":
                return tests
        self.index, self.closing_range = before, False
        return ()

    # -- operands ------------------------------------------------------------------------------------------------

    def _prefix(self) -> syntax.Node:
        token = self.token
        if token.kind in ("name", "keyword") and (token.kind == "name" or self.known_name()):
            return self._name()
        if token.kind in ("symbol", "keyword") and token.text in self._forms:
            return self._forms[token.text]()
        return self._literal()

    def _name(self) -> syntax.Node:
        start = self.token.start
        name = self.name()
        return syntax.Name(name, start=start, end=self.end)

    def _literal(self) -> syntax.Node:
        token = self.token
        if token.kind == "keyword" and token.text in _CONSTANTS:
            value: Any = _CONSTANTS[token.text]
        elif token.kind == "number":
            value = self._number(token.text)
        elif token.kind == "string":
            value = unquote(token.text)
        elif token.kind == "at":
            value = temporal(unquote(token.text[1:].lstrip()))
        else:
            raise self.unexpected(Text("an expression"))
        self.index += 1
        return syntax.Literal(value, start=token.start, end=token.end)

    def _number(self, digits: str) -> Any:
        try:
            return NUMBERS.create_decimal(digits)
        except DecimalException:
            raise FeelSyntaxError(Text("The number is out of range"), self.token.start, self.text) from None

    def _postfix(self, node: syntax.Node) -> syntax.Node:
        while True:
            if self.at("."):
                node = self._path(node)
            elif self.at("(") and isinstance(node, _CALLABLE):
                node = self._call(node)
            elif self.at("[") and not self._closes_range():
                node = self._filter(node)
            else:
                return node

    def _closes_range(self) -> bool:
        return self.closing_range and self.tokens[self.index + 1].text in _AFTER_RANGE

    def _path(self, source: syntax.Node) -> syntax.Node:
        self.take()
        name_start = self.token.start
        name = self.member()
        return syntax.Path(source, name, name_start, start=source.start, end=self.end)

    def _filter(self, source: syntax.Node) -> syntax.Node:
        self.take()
        condition = self._inside()
        self.expect("]")
        return syntax.Filter(source, condition, start=source.start, end=self.end)

    def _inside(self) -> syntax.Node:
        """An expression in brackets of its own."""
        outer, self.closing_range = self.closing_range, False
        node = self.expression()
        self.closing_range = outer
        return node

    def _call(self, function: syntax.Node) -> syntax.Node:
        self.take()
        outer, self.closing_range = self.closing_range, False
        arguments: list[syntax.Argument] = []
        while not self.accept(")"):
            if arguments:
                self.expect(",")
            arguments.append(self._argument())
        self.closing_range = outer
        call = syntax.Call(function, tuple(arguments), start=function.start, end=self.end)
        return shorthand.expanded(call, self.text)

    def _argument(self) -> syntax.Argument:
        start = self.token.start
        name = ""
        if self.declares():
            name = self.declared(":")
            self.take()
        value = self._test()
        return syntax.Argument(name, value, start=start, end=value.end)

    # -- forms ---------------------------------------------------------------------------------------------------

    def _negation(self) -> syntax.Node:
        start = self.take().start
        operand = self.expression(_POWER)
        return syntax.Negation(operand, start=start, end=operand.end)

    def _group(self) -> syntax.Node:
        start = self.take().start
        outer, self.closing_range = self.closing_range, False
        node = self._test()
        self.closing_range = outer
        if self.at(".."):
            return self._range(node, start, low_closed=False)
        self.expect(")")
        return node

    def _list_or_range(self) -> syntax.Node:
        start = self.take().start
        outer, self.closing_range = self.closing_range, False
        items: list[syntax.Node] = []
        while not self.at("]"):
            if items:
                self.expect(",")
            items.append(self._test())
            if len(items) == 1 and self.at(".."):
                self.closing_range = outer
                return self._range(items[0], start, low_closed=True)
        self.take()
        self.closing_range = outer
        return syntax.ListOf(tuple(items), start=start, end=self.end)

    def _open_range(self) -> syntax.Node:
        start = self.take().start
        return self._range(self.expression(), start, low_closed=False)

    def _range(self, low: syntax.Node, start: int, low_closed: bool) -> syntax.Node:
        self.expect("..")
        outer, self.closing_range = self.closing_range, True
        high = self.expression()
        self.closing_range = outer
        if not self.at("]", ")", "["):
            raise self.unexpected(Text("`]` or `)`"))
        high_closed = self.take().text == "]"
        return syntax.Range(low, high, low_closed, high_closed, start=start, end=self.end)

    def _if(self) -> syntax.Node:
        start = self.take().start
        condition = self.expression()
        self.expect("then")
        then = self.expression()
        self.expect("else")
        otherwise = self.expression()
        return syntax.If(condition, then, otherwise, start=start, end=otherwise.end)

    def _for(self) -> syntax.Node:
        start = self.take().start
        with self.knowing():
            bindings = self._bindings("return")
            self.learn("partial")
            body = self.expression()
        return syntax.For(bindings, body, start=start, end=body.end)

    def _quantified(self) -> syntax.Node:
        kind = self.take()
        with self.knowing():
            bindings = self._bindings("satisfies")
            condition = self.expression()
        return syntax.Quantified(kind.text, bindings, condition, start=kind.start, end=condition.end)

    def _bindings(self, until: str) -> tuple[syntax.Binding, ...]:
        bindings = [self._binding()]
        while self.accept(","):
            bindings.append(self._binding())
        self.expect(until)
        return tuple(bindings)

    def _binding(self) -> syntax.Binding:
        start = self.token.start
        name = self.declared("in")
        self.take()
        source = self.expression()
        until = self.expression() if self.accept("..") else None
        self.learn(name)
        return syntax.Binding(name, source, until, start=start, end=self.end)

    def _context(self) -> syntax.Node:
        start = self.take().start
        outer, self.closing_range = self.closing_range, False
        entries: list[syntax.Entry] = []
        with self.knowing():
            while not self.accept("}"):
                if entries:
                    self.expect(",")
                entries.append(self._entry())
        self.closing_range = outer
        return syntax.Context(tuple(entries), start=start, end=self.end)

    def _entry(self) -> syntax.Entry:
        start = self.token.start
        key = unquote(self.take().text) if self.token.kind == "string" else self.declared(":")
        self.expect(":")
        value = self.expression()
        self.learn(key)
        self.members.add(key)
        return syntax.Entry(key, value, start=start, end=value.end)

    def _function(self) -> syntax.Node:
        start = self.take().start
        self.expect("(")
        parameters: list[syntax.Parameter] = []
        while not self.accept(")"):
            if parameters:
                self.expect(",")
            parameters.append(self._parameter())
        kind = syntax.External if self.accept("external") else syntax.Function
        with self.knowing(parameter.name for parameter in parameters):
            body = self.expression()
        return kind(tuple(parameters), body, start=start, end=body.end)

    def _parameter(self) -> syntax.Parameter:
        start = self.token.start
        name = self.declared(":", ",", ")")
        declared = typenames.parse(self) if self.accept(":") else None
        return syntax.Parameter(name, declared, start=start, end=self.end)


def _connect(kind: type[syntax.And] | type[syntax.Or], left: syntax.Node, right: syntax.Node) -> syntax.Node:
    """Chains stay flat: a rule of a hundred alternatives is one node, not a hundred levels."""
    operands = (*left.operands, right) if isinstance(left, kind) else (left, right)
    return kind(operands, start=left.start, end=right.end)
