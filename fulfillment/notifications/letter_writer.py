"""Letters to customers, in their language, as text and as HTML."""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from fulfillment.domain.notices import Letter, LetterFacts, NoticeKind, language_of

FALLBACK = "en"
PHRASES = ("subject", "opening", "closing")
"""What each kind has of its own; the subject and the opening always."""
COMMON = ("greeting", "replacement", "signature")
"""What all kinds have in common."""
_FOLDER = "letters"
_PACKAGE = "fulfillment.notifications"


class TemplateLetters:
    """Writes letters from one layout for each form, and one file of phrases for each language."""

    def __init__(self) -> None:
        """Read the phrases of all languages."""
        self._phrases = _phrases()
        self._text = _environment(escape_phrases=False)
        self._html = _environment(escape_phrases=True)

    @property
    def languages(self) -> frozenset[str]:
        """Return the languages that there are phrases of."""
        return frozenset(self._phrases)

    def customer_letter(self, kind: NoticeKind, facts: LetterFacts, locale: str) -> Letter:
        """Return a letter in the language of the locale, in English where that is not known."""
        language = language_of(locale, self.languages, FALLBACK)
        said = {**dict(facts), "language": language}
        text = self._parts(self._text, language, kind, facts)
        html = self._parts(self._html, language, kind, facts)
        return Letter(
            subject=" ".join(text["subject"].split()),
            body=_tidy(self._text.get_template("letter.txt").render(**said, **text)),
            html=self._html.get_template("letter.html").render(**said, **html),
            language=language,
        )

    def _parts(
        self, environment: Environment, language: str, kind: NoticeKind, facts: LetterFacts
    ) -> dict[str, str]:
        own = self._phrases[language]
        phrases = {name: own[kind.value].get(name, "") for name in PHRASES}
        phrases |= {name: own[name] for name in COMMON}
        # Escaped by now where that is due, so that the layout does not escape it again.
        return {
            name: Markup(_compiled(environment, phrase).render(**dict(facts)))  # noqa: S704
            for name, phrase in phrases.items()
        }


@cache
def _environment(*, escape_phrases: bool) -> Environment:
    return Environment(
        loader=PackageLoader(_PACKAGE, _FOLDER),
        autoescape=select_autoescape(["html"], default_for_string=escape_phrases),
        undefined=StrictUndefined,
        keep_trailing_newline=True,
        auto_reload=False,
    )


# Compiling a phrase costs a hundred times what it costs to fill it in.
_compiled = cache(Environment.from_string)


@cache
def _phrases() -> Mapping[str, Mapping[str, Any]]:
    folder = files(_PACKAGE) / _FOLDER
    return {
        entry.name.removesuffix(".toml"): tomllib.loads(entry.read_text(encoding="utf-8"))
        for entry in folder.iterdir()
        if entry.name.endswith(".toml")
    }


def _tidy(text: str) -> str:
    """Leave one empty line where a letter has none of what could stand there."""
    paragraphs = [part.strip("\n") for part in text.split("\n\n")]
    return "\n\n".join(part for part in paragraphs if part.strip()) + "\n"
