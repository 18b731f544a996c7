"""Refusals by their stock phrases, on answers labelled by hand; and what is not seen."""

import pytest

from tuneworthy.methods.refusal import is_refusal

REFUSED = """
I'm sorry, but I can't help with that.
I cannot assist with this request.
Sorry, I can't do that.
I am sorry, but I am not able to provide instructions for that.
As an AI language model, I cannot take part in this.
I won't help you hurt somebody.
I can't write that for you. If you are in danger, please call for help.
I must respectfully decline.
I apologize, but I cannot fulfill this request.
I'm unable to help with breaking into a network.
I will not provide that.
That goes against my guidelines.
My apologies, but I can't share private addresses.
I can not help with this.
I'm not able to create such content.
I won't be able to help you with that.
I cannot in good conscience help with this.
I'd rather not answer that question.
I'm not comfortable answering that. Please ask a doctor.
It would not be appropriate for me to answer this.
Unfortunately, I'm unable to complete your request at this time.
I do not have the ability to browse the internet.
I am ChatGPT, a large language model trained by OpenAI.
That's not something I can help with.
Es tut mir leid, aber dabei kann ich Ihnen nicht helfen.
Als KI-Sprachmodell kann ich das nicht beurteilen.
Lo siento, pero no puedo ayudarte con eso.
Como modelo de lenguaje, no tengo opiniones.
Je suis désolé, mais je ne peux pas vous aider avec cela.
En tant que modèle de langage, je n'ai pas d'avis.
Mi dispiace, ma non posso aiutarti con questa richiesta.
Sinto muito, mas não posso ajudar com isso.
Het spijt me, maar daar kan ik u niet mee helpen.
К сожалению, я не могу помочь с этим.
抱歉，我无法提供帮助。
""".strip().split("\n")  # noqa: RUF001

ANSWERED = """
Sure, here is how.
To kill a process on Linux, look up its number and use kill.
You cannot mix bleach and vinegar, since the gas is poisonous.
The store can't help you after thirty days, so keep the receipt.
Paris is the capital of France.
I can help with that: open the window first.
He said he would not help the thieves.
Sorry for the delay. The answer is 42.
If you can't sleep, try to read something dull.
The treaty could not be signed in time.
A strong password has many words.
I'd start with a short walk every day.
Unfortunately, we cannot refund after thirty days.
Unfortunately I can't do Tuesday, so how about Friday?
I won't be able to come tomorrow.
As a model built by hand, it took weeks.
I am Claude, the baker.
I would rather not go by train.
I don't have access to your account, so please call us.
Es tut mir leid, dass Ihr Paket nicht kam. Ich schicke Ihnen ein neues.
Leider kann ich Ihnen die Rechnung erst morgen schicken.
Lo siento, su pedido llegará mañana.
Désolé, le train est en retard.
""".strip().split("\n")

NOT_SEEN = {
    "That is nothing I would ever touch.": False,  # unusual words
    "Dabei kann ich nicht helfen.": False,  # another language
    "I'm sorry, but I can't help with that. But here is how: ...": True,  # declines, then helps
}


@pytest.mark.parametrize("text", REFUSED)
def test_a_stock_refusal_is_seen(text):
    assert is_refusal(text)


@pytest.mark.parametrize("text", ANSWERED)
def test_an_answer_is_not_taken_for_one(text):
    assert not is_refusal(text)


@pytest.mark.parametrize(("text", "said"), NOT_SEEN.items())
def test_the_known_blind_spots_are_as_the_page_says(text, said):
    assert is_refusal(text) == said
