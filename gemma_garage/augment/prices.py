"""What calls cost, by the price list that ships with `genai-prices`. Nothing is fetched.

List prices in US dollars; free tiers and discounts are not in it. A model that the list does not
know has no price: that is said, not guessed.
"""

import logging
from typing import Any

from gemma_garage.augment.destination import describe_place
from gemma_garage.augment.request import GenerateRequest
from gemma_garage.garage import Garage
from gemma_garage.settings import Settings

log = logging.getLogger(__name__)


def find_price(
    request: GenerateRequest, settings: Settings, model: str, prompt_tokens: int, reply_tokens: int
) -> float | None:
    """US dollars for so many tokens of `model`; None where the list has no price for it.

    What stays on this machine costs nothing.
    """
    if describe_place(request.generator, settings) is None:
        return 0.0
    from genai_prices import Usage, calc_price

    usage = Usage(input_tokens=prompt_tokens, output_tokens=reply_tokens)
    try:
        if request.generator == "openai" and settings.openai_url:
            # The same model has another price elsewhere, so the address decides.
            price = calc_price(usage, model, provider_api_url=settings.openai_url)
        else:
            place = "google" if request.generator == "gemini" else "openai"
            price = calc_price(usage, model, provider_id=place)
        return float(price.total_price)
    except (LookupError, ValueError) as error:
        log.info("no price for %s: %s", model, error)
        return None


def sum_usage(garage: Garage, request: GenerateRequest, model: str, job_id: int) -> dict[str, Any]:
    """Calls, tokens and price of a whole Job, over all its resumes."""
    usage = garage.store.sum_usage(job_id)
    tokens = (usage["prompt_tokens"], usage["reply_tokens"])
    return usage | {"price_usd": find_price(request, garage.settings, model, *tokens)}
