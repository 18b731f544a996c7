"""How the tokenizer that training will use fits the rows."""

from tuneworthy.data.checks.check import Outcome, Setting, WholeCheck, rows_of
from tuneworthy.data.table import Table
from tuneworthy.methods.tokenizer_fit import tokenizer_fit


def _find(table: Table, setting: Setting) -> Outcome:
    if setting.tokens is None:
        return Outcome(skipped="no tokenizer was named: --tokenizer FOLDER, or embedded")
    _, tokenize, longest, unknown = setting.tokens
    good = table.good
    texts = [
        "\n".join(message.content for message in example.messages)
        for example in table.examples(good.tolist())
    ]
    if not texts:
        return Outcome(skipped="no row can be read")
    fit = tokenizer_fit(texts, tokenize, longest=longest, unknown=unknown)
    over = {int(good[at]): f"{fit.tokens[at]:,} tokens" for at in fit.over_rows}
    strange = {int(good[at]): "holds tokens that are not known" for at in fit.unknown_rows}
    return Outcome(
        rows_of([*over, *strange]),
        why=strange | over,
        figure={
            "tokenizer": setting.tokens.name,
            "tokens": sum(fit.tokens),
            "tokens_per_word": round(fit.tokens_per_word, 3),
            "unknown_share": round(fit.unknown_share, 6),
            "max_tokens": longest,
            "over_length_share": round(len(over) / len(texts), 6),
        },
    )


CHECK = WholeCheck(
    "tokenizer_fit",
    "warning",
    "The row has more tokens than training keeps, or some that the tokenizer does not know.",
    "Raise training.max_length or shorten the row; for unknown tokens choose another base model.",
    _find,
)
