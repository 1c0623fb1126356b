"""Reading what people and models really write.

The reply is rewritten into plain text, then every naming of an option into one private character, then the namings
under a negation into another; what is left standing decides. Where the letter and the text of one naming contradict
("B. Orange." where orange is D) the text wins, as in the benchmark. Negation and abstention are understood in English
only. Of a long reply only the two ends are looked at, so that hostile text costs little time.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache
from string import ascii_letters, ascii_uppercase
from typing import NamedTuple
from unicodedata import normalize

HALF = 4000
"""How many characters lenient reading looks at, at either end of a reply."""


class Naming(NamedTuple):
    """What can be named: lettered are the options on offer where a menu was shown, none where not."""

    options: Sequence[str]
    offered: Sequence[bool]
    lettered: Sequence[bool]
    keywords: Mapping[int, Sequence[str]]

    @property
    def abstentions(self) -> list[int]:
        """The options that give up."""
        return [number for number, option in enumerate(self.options) if _ABSTENTION.search(_name(option))]

    @property
    def letters(self) -> dict[str, int]:
        """A … Z, AA … ZZ of the options on offer; an option whose whole text is a letter takes that letter."""
        shown = [number for number, on in enumerate(self.lettered) if on]
        texts = {_name(text): number for number, text in enumerate(self.options) if _name(text) in _LETTERS}
        return dict(zip(_SIGNS, shown, strict=False)) | {text.upper(): number for text, number in texts.items()}

    @property
    def names(self) -> dict[str, list[int]]:
        """Every phrase that names an option, with the options it names: their texts, and what names only one."""
        gists = [(found[0], i) for i in self.abstentions for found in _ABSTENTION.finditer(_name(self.options[i]))]
        words = [(_name(phrase), number) for number, phrases in self.keywords.items() for phrase in phrases]
        shorter: dict[str, set[int]] = {}
        for phrase, number in gists + words:
            shorter.setdefault(phrase, set()).add(number)
        names: dict[str, list[int]] = {}
        for number, option in enumerate(self.options[: _LETTER - _TEXT]):
            names.setdefault(_name(option), []).append(number)
        return {phrase: [*numbers] for phrase, numbers in shorter.items() if len(numbers) == 1} | names


def read_freely(reply: str, menu: Naming) -> int | None:
    """The option that free writing chooses, or ``None``."""
    said = _plain(_spoken(reply))
    chosen = _exactly(said, menu)
    if chosen is None:
        said = _join_labels(_mark_letters(_mark_texts(said, menu), menu.letters))
        chosen = _decide(_strike_denied(said), menu.abstentions)
    return chosen if chosen is not None and menu.offered[chosen] else None


def _rules(*rules: tuple[str, str]) -> list[tuple[re.Pattern[str], str]]:
    return [(re.compile(pattern), new) for pattern, new in rules]


def _rewrite(text: str, rules: list[tuple[re.Pattern[str], str]]) -> str:
    for pattern, new in rules:
        text = pattern.sub(new, text)
    return text


def _words(listing: str) -> str:
    """The pattern of any of these words; ``_`` stands for a space within one."""
    return rf"\b(?:{'|'.join(listing.split()).replace('_', ' ')})\b"


# Plain text: no markup, no contractions, one kind of space, quote and bracket.

_THOUGHT_BEGINS = re.compile(r"<(?:think|thinking|thought|reasoning)>|◁think▷", re.IGNORECASE)
_THOUGHT_ENDS = re.compile(r"</(?:think|thinking|thought|reasoning)>|◁/think▷", re.IGNORECASE)
_STYLE = str.maketrans(
    dict.fromkeys("‘’‚‛ʼ", "'")
    | dict.fromkeys("“”„‟«»‹›「」『』〈〉《》", '"')
    | dict.fromkeys("{[【〔", "(") | dict.fromkeys("}]】〕", ")")
    | dict.fromkeys("–—―", " - ") | dict.fromkeys("→⇒➜➡", ": ")
    | {"‐": "-", "−": "-", "。": ". ", "、": ", "}
    | dict.fromkeys([0xAD, 0xFEFF, 0xFE0F, *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2065)])
)  # fmt: skip
# A character of a word: letters, digits, and the accents that stand apart from their letters.
_W = r"(?:[^\W_]|[\u0300-\u036f\u0591-\u05c7\u064b-\u065f\u0900-\u0963\u0966-\u0dff])"
# Scripts written without spaces: each character counts as a word, so that a name is found within a sentence.
_UNSPACED = r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af]"
_PLAINER = _rules(
    (r"[\ue000-\uf8ff\U000f0000-\U0010ffff]", " "),  # private characters mean something to this module only
    (r"</?(?:b|i|p|u|s|em|strong|span|code|br) ?/?>|~~[^~\n]{1,200}~~", " "),
    (r"<\|[^|<>\n]{1,40}\|>|</\w{1,20}>|\\n(?![a-z])|\r", "\n"),
    (r"<(\w{1,20})>", r"\n\1: "),
    (r"[-=]>", ": "),
    (r"[¬≠]|!=|(?<![\w!])!(?=\w)", " not "),
    (r"(\*{1,3}|_{1,3}|[\"'`$])([A-Za-z])[.:)]?\1", r"(\2)"),
    (r"[*\"`$\\]", " "),
    (r"(?i)\bcan(?:'?t| not)\b", "cannot"),
    (r"(?i)\b(?:won'?t)\b", "will not"),
    (r"(?i)\b(ai|do|does|did|is|are|was|were|would|could|should|has|have|had|must)n'?t\b", r"\1 not"),
    (r"(?i)\b(it|that|this|there|here|what|answer|choice|[a-h])'s\b", r"\1 is"),
    (r"(?i)(?<=\w)'s\b", ""),
    (r"(?i)(?<=\w)'(?:d|ll|m|re|ve)\b", " will"),
    (_UNSPACED, r" \g<0> "),
    (r"[^\S\n]+", " "),
    (r"(?: ?\n)+ ?", "\n"),
)


def _spoken(reply: str) -> str:
    """A reply without its thoughts, and without the middle if it is very long."""
    end = max((found.end() for found in _THOUGHT_ENDS.finditer(reply)), default=0)
    said = _THOUGHT_BEGINS.split(reply[end:], maxsplit=1)[0].strip()
    said = said or _THOUGHT_BEGINS.split(reply, maxsplit=1)[0].strip()
    return said if len(said) <= 2 * HALF else f"{said[:HALF]}\n{said[-HALF:]}"


def _plain(text: str) -> str:
    """Plain text in one case; only lone letters keep theirs, for "A" is not "a"."""
    text = _rewrite(normalize("NFKC", text)[: 4 * HALF].translate(_STYLE), _PLAINER)
    return re.sub(_W + "{2,}", lambda word: word[0].casefold().replace("i\u0307", "i"), text).strip()


# Namings of an option become one character each: the option's number, in a private plane.

_TEXT, _LETTER, _DENIED = 0xF0000, 0xF8000, 0x100000
_T, _L = "[\U000f0000-\U000f7fff]", "[\U000f8000-\U000fffff]"
_NO_T = _T[1:-1]  # for use in "none of" classes
_ABSTAINED = "\ue000"  # follows an abstention, for its clause asserts nothing: "I cannot tell if it is a dog"
_ABSTENTION = re.compile(_words(r"cannot (?:do|did)_not unable_to") + r"(?: \w+)?")
_ABSTAINS = re.compile(
    rf"(?<!{_T} )(?:{_words('cannot could_not (?:un|not_)able_to (?:not_possible|impossible|hard|difficult)_to')}"
    r" (?:\w+ ){0,2}?(?:tell|say|know|answer|determine|identify|recogni[sz]e|decide|choose|discern|guess"
    r"|be (?:sure|certain|determined|identified|recogni[sz]ed|seen|answered)"
    r"|see (?:it|what|anything|clearly|enough|the \w+))\b|"
    + _words(r"(?:do|did)_not_(?:\w+_)?(?:know|recogni[sz]e) not_(?:\w+_)?(?:sure|certain|clear) un(?:clear|certain)")
    + "|" + _words("(?:not_enough|insufficient)_information no_(?:idea|clue|way_to_(?:tell|know)) unsure abstain")
    + ")"
)  # fmt: skip
_ARTICLES = "(?i:a|an|the|this|that|these|those)"
_LETTERS = frozenset(ascii_letters)
_SIGNS = [first + last for first in ("", *ascii_uppercase) for last in ascii_uppercase]


@lru_cache(maxsize=4096)
def _name(text: str) -> str:
    return _plain(text).rstrip(" .")


def _exactly(said: str, menu: Naming) -> int | None:
    """The option whose text or letter, or both, is all that was said."""
    bare = said.rstrip(" .").casefold()
    forms = (bare, re.sub(r"\A\(?[a-z][.):]+ ?(?=.)", "", bare))
    same = [number for number, text in enumerate(menu.options) if bare and _name(text).casefold() in forms]
    return min(same, key=lambda number: not menu.offered[number]) if same else menu.letters.get(bare.upper())


@lru_cache(maxsize=4096)
def _pattern(phrase: str) -> re.Pattern[str] | None:
    """Finds a phrase as whole words, whatever joins them and whichever the articles; ``None`` if it has no words."""
    pieces = re.findall(r"([^\s_.,;:!?'()/&-]+)([\s_.,;:!?'()/&-]*)", phrase)
    words = [piece for piece in pieces[:-1] if not re.fullmatch(_ARTICLES, piece[0])] + pieces[-1:]
    if not words or phrase in _LETTERS:
        return None
    joints = [r"[\W_]{1,4}" if re.search("[.,;:!?]", gap) else r"[ _'()/&-]{1,4}" for _, gap in words[:-1]]
    endings = [*[rf"{joint}(?:(?:{_ARTICLES}) )?" for joint in joints], "(?:e?s)?"]
    spelt = "".join(re.escape(word) + ending for (word, _), ending in zip(words, endings, strict=True))
    return re.compile(rf"(?<!{_W})(?<!{_W}-){spelt}(?!-?{_W})", re.IGNORECASE)


def _mark_texts(said: str, menu: Naming) -> str:
    """The longest phrase first, so that a hot dog is no dog; then any abstaining words, if one option can be meant."""
    names, abstentions = menu.names, menu.abstentions
    for phrase in sorted(names, key=len, reverse=True):
        number = min(names[phrase], key=lambda number: not menu.offered[number])
        if pattern := _pattern(phrase):
            said = pattern.sub(chr(_TEXT + number) + _ABSTAINED * (number in abstentions), said)
    meant = [chr(_TEXT + number) for number in abstentions if menu.offered[number]]
    return _ABSTAINS.sub((meant[0] if len(meant) == 1 else "") + _ABSTAINED, said)


# A lone letter is a naming where what stands around it leaves no other sense.

_GLUED_BEFORE = re.compile(r"(?:\w[-.&']|[+@°])\Z")  # T-shirt, U.S., Q&A
_GLUED_AFTER = re.compile(r"[-&']\w|[+#°]|\.\w\b")
_LINE_BEGINS = re.compile(rf"(?:\A|\n)[^\w\n{_NO_T}]*\Z")
_LINE_ENDS = re.compile(rf"[^\w\n{_NO_T}]*(?:\n|\Z)| ?[.):](?!\w)")
_OPTION = re.compile(_words("option letter choice answer alternative boxed") + r"\(?(?: ?text)?[ :=(]{0,3}\Z")
_STOPS = re.compile(r" ?(?:\Z|[;)\n]|[.!](?!\.))")
_VERBS = _words("is was or and nor seems looks because since does cannot not but fits matches then over would instead")
_ENDS = re.compile(rf" ?(?:\Z|\n|(?!{_T})[^\w\s])| {_VERBS}")
_LEADS = _words(
    "is be was are with for choose chose chosen select selected pick picked say said guess think believe prefer vote"
    " take mean maybe perhaps probably definitely certainly likely possibly clearly obviously actually really either"
    " or and nor not no neither both between but except without than of to toward towards on like just only also out as"
    " option choice letter answer alternative final exclude eliminate reject discard dismiss doubt unlike from so thus"
    " therefore hence then boxed es ist est"
)
_LED = re.compile(_LEADS + r" \Z")
_OPENS = re.compile(rf"(?:\A|\n|[^\w\s] ?|{_UNSPACED} ?|{_LEADS} )\Z")


def _mark_letters(said: str, letters: Mapping[str, int]) -> str:
    def mark(found: re.Match[str]) -> str:
        before, after = said[max(0, found.start() - 40) : found.start()], said[found.end() : found.end() + 40]
        number = letters.get(found[0].upper())
        return found[0] if number is None or not _is_naming(found[0], before, after) else chr(_LETTER + number)

    return re.sub(rf"(?<!{_W})[A-Za-z](?!{_W})", mark, said)


def _is_naming(letter: str, before: str, after: str) -> bool:
    """Whether a lone letter names an option; "a", "A" and "I" are words unless it is plain that they are not."""
    if _GLUED_BEFORE.search(before) or _GLUED_AFTER.match(after):
        return False
    if before.endswith("(") and after.startswith(")"):
        return True
    if _LINE_BEGINS.search(before) and _LINE_ENDS.match(after):
        return True
    if _OPTION.search(before):
        return letter not in "aiI" or bool(_ENDS.match(after))
    if letter in "aiI":
        return letter == "I" and bool(_LED.search(before) and _STOPS.match(after))
    return bool(_OPENS.search(before) and ("B" <= letter <= "Z" or _ENDS.match(after)))


def _join_labels(said: str) -> str:
    """One naming out of a letter and the text beside it: the text."""
    said = re.sub(rf"{_L}[ .:()=-]{{0,6}}(?:(?:{_ARTICLES}) )?({_T})", r"\1", said)
    said = re.sub(rf"({_T}{_ABSTAINED}?) ?\((?:option |letter |answer )?{_L}\)", r"\1", said)
    return re.sub(_L, lambda letter: chr(ord(letter[0]) - _LETTER + _TEXT), said)


# Namings under a negation are struck out.

_NOT = _words(
    "no nor neither never cannot without except unlike hardly scarcely impossible none nobody nothing doubts? avoid"
    r" ignore forget disregard disagree (?:anything|everything|all)_(?:but|except) (?:rather|other|more(?:_\w+)?)_than"
    " (?:far|different|apart|aside)_from nothing_like instead_of opposed_to rul(?:e|es|ed|ing)_out out_of_the_question"
    " (?:exclud|eliminat)(?:e|es|ed|ing) (?:reject|discard|dismiss)(?:s|es|ed|ing)? (?:wrong|mistake)_(?:to|about)"
)
_REWORDED = _rules(
    (r"\b(?:no|without(?: an?)?|beyond(?: an?| any)?) (?:doubt|question|hesitation)\b", " "),
    (r"((?:\A|[.!?\n]) ?)no ?,", r"\1no."),  # "A dog? No, a cat." denies the dog, not the cat
    (r",? (?:is|was|does) not (?:it|this|that) ?\?", "?"),
    (_words("not_(?:only|just|merely|simply) (?:nothing|none)_(?:but|other_than) why_not"), " "),
    (rf"{_NOT}|\b(?:wrong|incorrect|false)(?: \w+)?(?= ?:)", "not"),
)
_MORE = rf" ?(?:(?:and|or|not|also|even|{_ARTICLES}|option|letter) ){{0,3}}\(?{_T}(?! {_words('is seems must fits')})"
_TURNS = _words("but however so please therefore thus hence instead yet although though")
_CLAUSE_ENDS = rf"[!?;\n]|(?<!\.)\.(?![\w.])|(?:[,:]| - )(?!{_MORE})|{_TURNS}"
_SCOPE = re.compile(rf"(?:\bnot\b|{_ABSTAINED}(?!,))(?:(?!{_CLAUSE_ENDS}).)*")
_ELSEWHERE = _words("because since others? rest so but and as while all everything not")
_IS = _words("is was are does do did would could can should must seems looks will has")
_REJECTED = re.compile(
    rf"{_T}(?:(?:,? ?{_T}){{0,30}},? (?:and|or) {_T})?(?=[) -]*(?:,? which )?(?:"
    + rf"(?:(?!{_ELSEWHERE})[^\n.,;!?{_NO_T}]){{0,40}}?"
    + _words("wrong incorrect false unlikely less_likely implausible mistaken mistake bad poor fails")
    + rf"|{_IS} (?:be(?:en)? )?(?:\w+ly )?not\b|not\b ?(?:[.,;!?\n]|\Z|be\b)|[:?] ?(?:not|wrong)\b|out\b|[✗✘✖❌]"
    + rf"|,?(?: ?{_words('but though yet')})?(?: (?:it|this|that))? {_IS} not(?: one| it)?(?:[.,;!?\n]|\Z)"
    + r"|[,.?!]? ?I (?:do|would) not think so))"
)  # fmt: skip


def _strike_denied(said: str) -> str:
    return _withdraw(_REJECTED.sub(_strike, _SCOPE.sub(_strike, _rewrite(said, _REWORDED))))


def _strike(found: re.Match[str]) -> str:
    unsure = found[0].startswith(_ABSTAINED)  # what may or may not be is neither named nor denied
    return re.sub(_T, lambda naming: "" if unsure else chr(ord(naming[0]) - _TEXT + _DENIED), found[0])


def _withdraw(said: str) -> str:
    """Strike out what is denied later on: "The answer is A. No, A is wrong."."""
    denied = re.compile(f"[{chr(_DENIED)}-\U0010ffff]")
    for naming in {*denied.findall(said)}:
        head, mark, tail = said.rpartition(naming)
        said = head.replace(chr(ord(naming) - _DENIED + _TEXT), naming) + mark + tail
    return said


# What is left standing decides.

_AND = rf"(?:[ ,/&()+]|{_words(f'or and either maybe perhaps possibly even also option {_ARTICLES}')}){{1,8}}"
_RUN = rf"{_T}(?:{_AND}{_T}){{0,30}}"
_UP_TO = rf"[ \n:(=]{{0,9}}(?:(?!\. )[^\n!?;{_NO_T}]){{0,80}}?"
_STATED = re.compile(
    "(?:"
    + _words("answer choice solution verdict prediction decision selection conclusion"
             " (?:correct|best|right|final|chosen|selected)_(?:option|one|letter|action|response)")
    + rf"[ )(]*(?:[:=]|\b(?:is|(?:would|should|must|will) be)\b|(?={_T}))"
    + "|" + _words("option letter action response label") + "[ )(]*[:=]"
    + "|" + _words("choose chose chosen select selected pick picked go(?:ing)?_with opt_for vote_for settle_on boxed")
    + rf"){_UP_TO}{_RUN}|{_RUN}(?=[ ,)]*(?:{_words('because since')}|{_words('is seems looks (?:must|would)_be')}"
    + rf"(?: (?:\w+ly|the|my|most)){{0,3}} {_words('correct right answer best final')}))"
)  # fmt: skip
_CONCLUDED = re.compile(_words("so therefore thus hence finally overall conclusion") + rf"{_UP_TO}{_RUN}[^{_NO_T}]*\Z")
_FILLERS = _words(f"it is my final answer option letter choice so therefore {_ARTICLES}")
_BARE = re.compile(rf"^(?:[^\w\n{_NO_T}]|{_FILLERS})*{_RUN}[^\w\n{_NO_T}]*$", re.MULTILINE)
_HEDGE = re.compile(_words("might may could_be maybe perhaps possibly or but however"))


def _decide(said: str, abstentions: Collection[int]) -> int | None:
    """A bare last line, the last statement of an answer, a bare first line, a conclusion; else the one option named."""
    for statements in (_bare_line(said, -1), _STATED.findall(said), _bare_line(said, 0), _CONCLUDED.findall(said)):
        if statements:
            stated = _standing(statements[-1])
            return stated[0] if len(stated) == 1 else None
    return None if len(_standing("".join(_BARE.findall(said)))) > 2 else _only(said, abstentions)  # a copied menu


def _standing(said: str) -> list[int]:
    return [ord(naming) - _TEXT for naming in dict.fromkeys(re.findall(_T, said))]


def _bare_line(said: str, which: int) -> list[str]:
    """The first or last line if it is a bare choice, unless others are bare choices of something else: a list."""
    bare = _BARE.findall(said)
    alone = len(_standing("".join(bare))) == 1
    return bare[-1:] if alone and said.split("\n")[which].strip() == bare[which].strip() else []


def _only(said: str, abstentions: Collection[int]) -> int | None:
    """The one option named; of abstaining words and one option, that option unless it was a guess before giving up."""
    named = [number for number in _standing(said) if chr(number + _DENIED) not in said]
    abstained = [number for number in named if number in abstentions]
    others = [number for number in named if number not in abstentions]
    if not abstained or not others:
        return named[0] if len(named) == 1 else None
    before, in_words, _ = said.partition(chr(_TEXT + abstained[0]) + _ABSTAINED)
    if len(abstained) > 1 or len(others) > 2 or not in_words:
        return None
    guessed = _standing(before) and _HEDGE.search(before)
    return others[0] if len(others) == 1 and not guessed else abstained[0]
