"""What can go wrong with an endpoint: how often it is tried again, and how it is told."""

import openai

from tuneworthy.core.errors import ModelProblem
from tuneworthy.methods.visible import visible

_SHORT = {
    "endpoint_timeout": "timed out",
    "endpoint_silent": "no connection",
    "endpoint_busy": "rate limit",
    "endpoint_nonsense": "no chat completion",
    "no_moderation": "no moderation",
    "empty_answer": "no choices",
    "endpoint_inside": "address not open",
    "endpoint_redirects": "redirect",
}


def tries(fault: openai.OpenAIError) -> int:
    """How often a request is sent in all before this fault stands."""
    if isinstance(fault, openai.APITimeoutError):
        return 2
    if isinstance(fault, openai.APIConnectionError):
        return 1 if isinstance(fault.__cause__, ModelProblem) else 3
    if is_limit(fault):
        return 8
    if isinstance(fault, openai.APIStatusError) and (
        fault.status_code >= 500 or fault.status_code in (408, 409)
    ):
        return 4
    return 1


def is_limit(fault: openai.OpenAIError) -> bool:
    """Whether the endpoint asks for fewer requests, or is too busy for now."""
    return isinstance(fault, openai.APIStatusError) and fault.status_code in (429, 503)


def named(problem: ModelProblem) -> str:
    """The problem in a word or two, for one case among many."""
    return _SHORT.get(problem.code, "refused")


def nonsense(url: str, why: str) -> ModelProblem:
    """Something came back that is no answer."""
    return ModelProblem(
        "endpoint_nonsense",
        f"{url} sent something that is no chat completion.",
        why=why,
        fix=f"Check that the address is right; most end in /v1: {url}",
    )


def empty(url: str) -> ModelProblem:
    """An answer came back that holds no choice."""
    return ModelProblem(
        "empty_answer",
        f"{url} sent an answer without choices.",
        fix="Check that the endpoint speaks the OpenAI chat API.",
    )


def problem_of(fault: openai.OpenAIError, url: str, model: str, timeout: float) -> ModelProblem:
    """The library's fault in our words."""
    if isinstance(fault.__cause__, ModelProblem):
        return fault.__cause__  # of the connection that may not be made
    if isinstance(fault, (openai.AuthenticationError, openai.PermissionDeniedError)):
        return ModelProblem(
            "endpoint_refused_key",
            f"{url} refused the API key.",
            why=str(fault),
            fix="Set the key in the environment and try again.",
        )
    if isinstance(fault, openai.NotFoundError):
        return ModelProblem(
            "unknown_model",
            f"{url} has no model {model!r}.",
            why=str(fault),
            fix=f"List its models with: curl {url.rstrip('/')}/models",
        )
    if isinstance(fault, openai.APITimeoutError):
        return ModelProblem(
            "endpoint_timeout",
            f"{url} did not answer within {timeout:g} seconds.",
            why=str(fault.__cause__ or fault),
            fix="Give it more time with timeout_seconds, or fewer requests_at_once.",
        )
    if isinstance(fault, openai.APIConnectionError):
        return ModelProblem(
            "endpoint_silent",
            f"{url} does not answer.",
            why=str(fault.__cause__ or fault),
            fix="Start the model server, or correct its address in tuneworthy.yaml.",
        )
    if isinstance(fault, openai.RateLimitError):
        return ModelProblem(
            "endpoint_busy",
            f"{url} asks for fewer requests.",
            why=str(fault),
            fix="Lower requests_at_once, or go on later: what was answered is kept.",
        )
    if isinstance(fault, openai.APIStatusError) and 300 <= fault.status_code < 400:
        there = fault.response.headers.get("location", "")
        return ModelProblem(
            "endpoint_redirects",
            f"{url} sends requests on to another address.",
            why=f"Redirects are not followed. It names: {visible(there, 200) or 'nothing'}",
            fix="Write the address that is meant in tuneworthy.yaml.",
        )
    return ModelProblem(
        "endpoint_failed",
        f"{url} could not answer.",
        why=str(fault),
        fix="Look at the endpoint's log.",
    )
