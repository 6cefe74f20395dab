"""A storm over the loopback, with the real client and the real store: nothing lost, nothing twice.

`bench/generation_rate.py` is the same at full size.
"""

from dataclasses import replace

from gemma_garage.augment.generate import GenerateRequest, register, submit_generate
from gemma_garage.garage import Garage
from tests.augment.shelf import add_text, write_chunks
from tests.fakes.fake_openai import serve_openai
from tests.fakes.storm import Storm, Weather

CHUNKS = 60


def test_in_a_storm_no_chunk_is_lost_and_nothing_is_paid_twice(garage: Garage) -> None:
    with serve_openai() as fake:
        storm = Storm(fake, Weather(), seed=3)
        garage.settings = replace(garage.settings, openai_url=fake.url, openai_model="tiny")
        register(garage)
        add_text(garage, "pump.txt", write_chunks("pump", CHUNKS, facts=2))
        garage.jobs.start()
        request = GenerateRequest(generator="openai", kinds=("factual",), wordings=1, threads=16)
        job = garage.jobs.wait(submit_generate(garage, 1, request), 120)
        assert (job.status, job.error) == ("finished", None)
        assert (job.result["accepted"], job.result["reasons"]) == (CHUNKS * 2, {})
        assert all(storm.met[fate] for fate in ("refused", "failed", "broken", "dropped"))
        assert len(storm.good) == CHUNKS and set(storm.good.values()) == {1}
        # Every reply that was answered, of use or not, is paid for and told.
        assert job.result["usage"]["calls"] == CHUNKS + storm.met["broken"]
        requests = len(fake.history)
        garage.jobs.wait(submit_generate(garage, 1, request), 30)
        assert len(fake.history) == requests
