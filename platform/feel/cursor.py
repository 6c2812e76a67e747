"""Where a parser stands in its tokens, and which names it knows there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from formloom.errors import Text
from formloom.feel import functions, limits, names, shorthand
from formloom.feel.errors import FeelSyntaxError
from formloom.feel.lexer import Token, tokens, unexpected

_BUILTIN = names.table(functions.NAMES | shorthand.NAMES)


class Cursor:
    def __init__(self, text: str, known: names.Table) -> None:
        self.text = text
        self.tokens = tokens(text)
        self.index = 0
        self.depth = 0
        self.known = [known]
        self.members: set[str] = set()      # keys of contexts in this text: they may follow a dot

    @property
    def token(self) -> Token:
        return self.tokens[self.index]

    @property
    def end(self) -> int:
        """Where the last token taken ends."""
        return self.tokens[self.index - 1].end

    def at(self, *texts: str) -> bool:
        token = self.tokens[self.index]
        return token.text in texts and token.kind in ("symbol", "keyword", "name")

    def take(self) -> Token:
        token = self.tokens[self.index]
        self.index += 1
        return token

    def accept(self, text: str) -> bool:
        if self.at(text):
            self.index += 1
            return True
        return False

    def expect(self, text: str) -> Token:
        if not self.at(text):
            raise self.unexpected(f"`{text}`")
        return self.take()

    def unexpected(self, wanted: Text | str = "") -> FeelSyntaxError:
        return unexpected(self.token, self.text, wanted)

    @contextmanager
    def nested(self) -> Iterator[None]:
        self.depth += 1
        if self.depth > limits.DEPTH:
            deep = Text("More than {limit} levels of nesting", limit=limits.DEPTH)
            raise FeelSyntaxError(deep, self.token.start, self.text)
        try:
            yield
        finally:
            self.depth -= 1

    @contextmanager
    def knowing(self, local: Iterable[str] = ()) -> Iterator[None]:
        """Names bound here and below."""
        before = len(self.known)
        self.learn(*local)
        try:
            yield
        finally:
            del self.known[before:]

    def learn(self, *local: str) -> None:
        self.known.append(names.table(local))

    # -- names ---------------------------------------------------------------------------------------------------

    def known_name(self) -> tuple[str, int] | None:
        """The longest known name of several tokens here, and the index after it."""
        found = [name for known in self.known if (name := names.match(self.tokens, self.index, known))]
        builtin = names.match(self.tokens, self.index, _BUILTIN)
        if builtin and self.tokens[builtin[1]].text == "(":
            found.append(builtin)
        return max(found, key=lambda name: name[1], default=None)

    def name(self) -> str:
        """A name in an expression: a known one, or all words up to what cannot be part of a name."""
        if found := self.known_name():
            word_end = self._words_end(found[1])
            if word_end == found[1]:
                self.index = word_end
                return found[0]
        return self._words()

    def member(self) -> str:
        """A name after a dot."""
        known = names.match(self.tokens, self.index, names.table(self.members))
        found = max((name for name in (known, self.known_name()) if name), key=lambda name: name[1], default=None)
        if found and self._words_end(found[1]) == found[1]:
            self.index = found[1]
            return found[0]
        return self._words()

    def _words(self) -> str:
        start = self.index
        if self.token.kind != "name":
            raise self.unexpected(Text("a name"))
        self.index = self._words_end(start + 1)
        return names.joined(self.tokens[start : self.index])

    def _words_end(self, index: int) -> int:
        while self.tokens[index].kind == "name":
            index += 1
        return index

    def declared(self, *stops: str) -> str:
        """A name being introduced: everything up to one of `stops`."""
        start = self.index
        if self.token.kind not in ("name", "keyword"):
            raise self.unexpected(Text("a name"))
        while not self.at(*stops):
            if self.token.kind in ("end", "string", "at") or self.at("(", ")", "[", "]", "{", "}", ",", ":"):
                raise self.unexpected(f"`{stops[0]}`")
            self.index += 1
        return names.joined(self.tokens[start : self.index])

    def declares(self) -> bool:
        """Whether a name and a colon follow: a named argument."""
        if self.token.kind not in ("name", "keyword"):
            return False
        for token in self.tokens[self.index :]:
            if token.text == ":" and token.kind == "symbol":
                return True
            if token.kind in ("end", "string", "at") or token.text in ("(", ")", "[", "]", "{", "}", ","):
                return False
        return False
