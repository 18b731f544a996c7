"""How models decline in other languages than English: their names for themselves, and openings.

Each language has two patterns: the model names itself as one (looked for anywhere), and an apology
followed by "cannot" and a verb of helping (looked for where the text begins). An apology alone, as
of a shop that cannot send a bill, is none.
"""

import re

_REST = r"[^.!?\n]{0,40}"

_NAMES = (
    r"\bals (?:ki|künstliche intelligenz|(?:ki-|großes )?sprachmodell"
    r"|ki-(?:modell|assistent(?:in)?))\b",
    r"\bcomo (?:un )?(?:gran )?modelo de lenguaje\b"
    r"|\bcomo (?:una )?(?:ia|inteligencia artificial),",
    r"\ben tant qu(?:e |['\u2019])(?:modèle de langage|ia\b|intelligence artificielle"
    r"|assistant (?:ia|virtuel))",
    r"\b(?:come|in quanto) (?:modello (?:linguistico|di linguaggio)|ia,|intelligenza artificiale,)",
    r"\bcomo (?:um )?(?:grande )?modelo de linguagem\b|\bcomo (?:uma )?inteligência artificial,",
    r"\bals (?:ai-|groot )?taalmodel\b|\bals ai\b",
    r"\bкак (?:языковая модель|ии\b|искусственный интеллект)",  # noqa: RUF001
    "作为(?:一个|一名|一款)?(?:ai|人工智能|大?型?语言模型)",
    "(?:ai|人工知能|言語モデル)(?:として|ですので|なので)",
)
_OPENINGS = (
    rf"(?:es tut mir|tut mir|entschuldig|leider|sorry){_REST}\bkann{_REST}\bnicht{_REST}"
    r"(?:helfen|behilflich|beantworten|unterstützen|nachkommen|erfüllen)",
    rf"(?:lo siento|lamento|perdón|disculp|lamentablemente){_REST}\bno (?:puedo|podré|podría)\b"
    rf"{_REST}(?:ayudar|asistir|responder|cumplir|proporcionar)"
    r"|no puedo ayudar(?:te|le|les)? con (?:eso|esto|es[ao]s?|est[ao]s?)\b",
    rf"(?:je suis (?:vraiment )?désolé|désolé|je m['\u2019]excuse|malheureusement){_REST}"
    rf"\bje ne (?:peux|puis|suis pas en mesure)\b{_REST}(?:aider|répondre|assister|fournir)",
    rf"(?:mi dispiace|spiacente|purtroppo){_REST}\bnon posso\b{_REST}"
    r"(?:aiutar|assister|risponder|fornir)",
    rf"(?:desculpe|sinto muito|lamento|peço desculpas|infelizmente){_REST}"
    rf"\bnão (?:posso|consigo)\b{_REST}(?:ajud|responder|fornecer|atender)",
    rf"(?:het spijt me|sorry|helaas){_REST}\bkan ik\b{_REST}\bniet\b{_REST}(?:helpen|beantwoorden)",
    rf"(?:извините|простите|к сожалению|мне (?:очень )?жаль){_REST}\bне могу\b{_REST}"  # noqa: RUF001
    r"(?:помочь|ответить|выполнить)",
    "(?:很?抱歉|对不起)[^。\n]{0,12}(?:无法|不能)[^。\n]{0,12}(?:帮助|帮你|帮您|回答|提供|协助)",
)
NAMES_ITSELF = re.compile("|".join(_NAMES), re.I)
DECLINES = re.compile(rf"^\W*(?:{'|'.join(_OPENINGS)})", re.I)
