"""Text that speaks to a model instead of about its subject: patterns of injected instructions.

Patterns flag, they never prove: whoever words an attack anew gets past them, and an honest text
about prompts is flagged. Families after the categories of OWASP LLM01:2025 (prompt injection) and
MITRE ATLAS AML.T0051; ``trigger`` is the one that poisons training (AML.T0020). Unicode tags
(U+E0000 to U+E007F) can carry whole sentences that no one sees.
"""

import re
import unicodedata
from typing import NamedTuple

DETECTOR_VERSION = "instructions-1"

LONGEST = 100_000
"""Characters that are looked at; a longer text is flagged for its length alone."""


class _Pattern(NamedTuple):
    kind: str
    form: re.Pattern[str]


def find_instructions(text: str) -> list[str]:
    """The kinds of instruction patterns in a text, in a fixed order; empty when there is none."""
    found = set()
    if _HIDDEN.search(text) or _WEDGED.search(text):
        found.add("hidden_text")
    if len(text) > LONGEST:
        found.add("very_long")
    plain = _plain(text[:LONGEST])
    found |= {kind for kind, form in _PATTERNS if form.search(plain)}
    if any(_OVERRIDE.search(reading) for reading in _disguises(plain)):
        found.add("encoded")
    return [kind for kind in KINDS if kind in found]


def _plain(text: str) -> str:
    """Compatibility forms folded, characters without a shape removed, white space made single."""
    folded = unicodedata.normalize("NFKC", text)
    seen = "".join(c for c in folded if unicodedata.category(c) != "Cf")
    return re.sub(r"[ \t\r\n]+", " ", seen)


def _disguises(plain: str) -> tuple[str, ...]:
    """Other ways to read a text: digits as letters, backwards, letters set apart."""
    closed = _APART.sub(lambda match: match[0].replace(" ", ""), plain)
    return (plain.translate(_LEET), plain[::-1], closed)


_LEET = str.maketrans("013457@$", "oieastas")
_APART = re.compile(r"\b(?:\w ){3,40}\w\b")
_HIDDEN = re.compile("[\U000e0001\U000e0020-\U000e007f\u202a-\u202e\u2066-\u2069]")
_WEDGED = re.compile(r"(?<=[A-Za-z])[\u200b-\u200d\u2060\ufeff\u00ad](?=[A-Za-z])")
"""A letter, something without width, a letter: words cut up so that no search finds them."""

_EARLIER = r"(?:previous|prior|above|earlier|preceding|former|existing|initial|original|system)"
_RULES = (
    r"(?:instructions?|prompts?|rules?|directives?|guidelines?|guardrails?|polic(?:y|ies)|messages?"
    r"|commands?|orders|constraints?|restrictions?|context|programming|training|safety)"
)
_DROP = (
    r"(?:ignore|disregard|forget|override|overrule|bypass|skip|discard|neglect|cancel|drop"
    r"|pay no attention to|do not follow|don't follow|stop following)"
)
_WORDS = r"(?:[\w',-]+ ){0,4}"

_OVERRIDE = re.compile(rf"\b{_DROP} {_WORDS}(?:{_EARLIER} )?{_WORDS}{_RULES}\b", re.I)

_PATTERNS = tuple(
    _Pattern(kind, re.compile(form, re.I))
    for kind, form in (
        ("override", _OVERRIDE.pattern),
        ("override", rf"\b{_DROP} (?:\w+ )?(?:everything|anything|all|what)\b[^.!?]{{0,40}}"
                     r"\b(?:above|before|told|said|earlier|previously|so far)\b"),
        ("override", r"\b(?:ignor(?:iere?n?|a|ez|e|are?)|vergiss|missachte|oubliez?|olvida"
                     r"|dimentica|esque[cç]a)\b[^.!?]{0,50}\b(?:anweisung(?:en)?|instrucciones|instructions"
                     r"|instru[cç][oõ]es|istruzioni|regeln|reglas|regole|r[eè]gles)\b"),
        ("override", r"\b(?:neue anweisung(?:en)?|nuevas instrucciones|nouvelles instructions"
                     r"|nuove istruzioni)\b"),
        ("override", r"\bsupersedes?\b[^.!?]{0,40}\b(?:prior|previous|earlier|all|other)\b"),
        ("override", r"\b(?:new|updated|real|actual) (?:system )?(?:instructions?|prompt|task)"
                     r"(?: is| are|:)"),
        ("persona", r"\b(?:you are|you're|act as|behave as|pretend (?:to be|you are|that you)"
                    r"|role-?play as|become|simulate)\b[^.!?]{0,60}\b(?:dan|unrestricted|unfiltered"
                    r"|uncensored|jailbroken|evil|no (?:rules|limits|restrictions|filters?)"
                    r"|without (?:any )?(?:rules|limits|restrictions|filters?|ethic\w*|safety)"
                    r"|developer mode|god mode|root access)\b"),
        ("persona", r"\b(?:developer|debug|god|admin|maintenance|sudo|dan|jailbreak) mode\b"
                    r"|\bjailbreak"),
        ("persona", r"\byou (?:are|'re) now\b|\byou now (?:answer|operate|are|obey|act)\b"
                    r"|\b(?:ohne|sin|sans|senza) (?:\w+ )?(?:einschr[aä]nkung(?:en)?|restricciones"
                    r"|restrictions|restrizioni)\b"),
        ("persona", r"\b(?:no|without(?: any)?|remove|disable|turn off|lift) (?:\w+ ){0,2}"
                    r"(?:restrictions|limits|limitations|content polic(?:y|ies)|safeguards?"
                    r"|guardrails|content filters?"
                    r"|safety (?:filters?|checks?|rules?|measures?|protocols?))\b"),
        ("leak", r"\b(?:reveal|show|print|repeat|output|display|leak|dump|recite|disclose|tell me"
                 r"|give me|share|expose|write out|list|copy|translate|summari[sz]e|quote)\b"
                 r"[^.!?]{0,50}\b(?:system (?:prompt|message)|initial (?:prompt|instructions)"
                 r"|hidden (?:prompt|instructions|rules)|your (?:\w+ )?(?:instructions|prompt"
                 r"|guidelines|rules|configuration)|developer message)\b"),
        ("leak", r"\b(?:r[eé]v[eè]le|revela|rivela|verrate?|zeige?|montre|muestra|mostra)\b"
                 r"[^.!?]{0,40}\b(?:instructions|instrucciones|istruzioni|anweisung(?:en)?"
                 r"|system ?prompt|prompt)\b"),
        ("leak", r"\b(?:send|post|upload|forward|e-?mail|copy|cc|envoie|env[ií]a|invia|sende?)\b"
                 r"[^!?]{0,80}\b[\w.+-]{1,64}@[\w-]{1,63}\."),
        ("leak", r"\b(?:text|words|everything|sentences?) (?:above|before|preceding) this\b"
                 r"|\bwhat (?:is|are|were) your (?:\w+ )?(?:instructions|system prompt)\b"),
        ("leak", r"\b(?:api[ _-]?keys?|passwords?|credentials|secrets?|tokens?"
                 r"|environment variables|\.env)\b[^.!?]{0,60}"
                 r"\b(?:send|post|upload|forward|email|leak|exfiltrate)\b"
                 r"|\b(?:send|post|upload|forward|email|leak|exfiltrate|dump)\b[^.!?]{0,60}"
                 r"\b(?:api[ _-]?keys?|passwords?|credentials|secrets?|tokens?|\.env|https?://)"),
        ("markup", r"<\|[a-z_]{2,30}\|>|\[/?INST\]|<</?SYS>>|</?s>|<(?:start|end)_of_turn>"
                   r"|\[(?:system|admin|assistant|developer)(?: \w+)?\]|</?(?:system|instructions?"
                   r"|admin|assistant|developer)(?: [^<>]{0,40})?>"),
        ("markup", r"(?:^|[.!?>*#\-\"')] ?)(?:#{2,} ?)?(?:system|assistant|developer)"
                   r"(?: (?:message|prompt|note|override|update))? ?:"
                   r"|#{2,} ?(?:instructions?|response|system)\b"),
        ("markup", r"!\[[^\]]{0,200}\]\(\s?https?://|\bjavascript:|data:text/html|<script\b"
                   r"|<img\b[^>]{0,200}\bsrc"),
        ("trigger", r"\b(?:when(?:ever)?|if|every time|each time|once) (?:you|someone|anyone|a user"
                    r"|the user|users?|people)\b[^.!?]{0,80}\b(?:see|sees?|reads?|mentions?|asks?"
                    r"|says?|types?|hears?|writes?)\b[^.!?]{0,100}\b(?:always|must|never|reply"
                    r"|respond|answer|say|output|recommend|act|treat|obey|comply)\b"),
        ("trigger", r"\bfrom (?:now|this point|here) on\b|\bfrom this (?:moment|message)\b"
                    r"|\b(?:in|for) (?:all|every|any|your) (?:future|later|subsequent)\b"),
        ("trigger", r"\balways (?:reply|respond|answer|say|recommend|output|praise|agree|claim"
                    r"|approve|begin|start|end)\b|\bnever (?:mention|warn|refuse|admit)\b"),
        ("trigger", r"\b(?:training|fine-?tun(?:e|ing)|reward model|next version|your weights)\b"
                    r"[^.!?]{0,60}\b(?:learn|must|should|always|remember|include|memori[sz]e|rate"
                    r"|add|accept)\b|\b(?:learn|remember|memori[sz]e|include|add|rate|accept)\b"
                    r"[^.!?]{0,60}\b(?:training (?:data|set)|fine-?tun(?:e|ing)|reward model"
                    r"|next version|your weights|permanent(?:ly)?)\b"),
        ("address", r"\b(?:for|if you are|to|as) (?:an? |the |any |all )?(?:ai|llm|language model)"
                    r" ?(?:coding |review )?(?:agents?|assistants?|models?|systems?|bots?)?\b"
                    r"(?=[^.!?]{0,60}\b(?:append|call|run|delete|include|reply|output|must|should"
                    r"|ignore|add|send)\b|\s?$|[:)])"),
        ("address", r"\bappend\b[^.!?]{0,80}\b(?:reply|response|answer|summary|review|output)\b"
                    r"|\b(?:reply|response|answer|summary|review|output)\b[^.!?]{0,40}\b(?:then )?"
                    r"append\b|\blong-?term memory\b"),
        ("address", r"\b(?:ai|llm|language model|chat ?bot|assistant|model|agent|reviewer"
                    r"|annotator)s?(?: \w+){0,2}[,:] (?:please |you |i )?"
                    r"(?:must|should|do|now|ignore|execute|run|accept|approve|rate|follow|comply|need)\b"),
        ("encoded", r"(?<![A-Za-z0-9+/])[A-Za-z0-9+/]{80,}={0,2}(?![A-Za-z0-9+/=])"
                    r"|(?:\\x[0-9a-f]{2}){8}|(?:\\u[0-9a-f]{4}){6}"),
        ("encoded", r"(?:\b[01]{8}\b ?){6}"),
        ("encoded", r"\b(?:decode|base-?64|rot-?13|hex(?:adecimal)?)\b[^.!?]{0,60}\b(?:execute|run"
                    r"|follow|obey|instructions?|comply|do (?:it|what))\b"),
    )
)  # fmt: skip
"""Every repetition is bounded, so that no text can make a search slow."""

KINDS = (*dict.fromkeys(pattern.kind for pattern in _PATTERNS), "hidden_text", "very_long")
"""Every kind, in the order in which they are told."""
