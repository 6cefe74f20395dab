"""How near remote generation comes to the ideal rate, and what a storm takes from it.

    python bench/generation_rate.py [--chunks 640] [--latency 0.5] [--threads 32] [--facts 2]

An OpenAI-compatible server in a process of its own answers each call after the latency. The ideal
rate is threads / latency; measured is the whole Job, from its start to its end: the real client,
judging, and every row and reply in the store. A reply has two facts: more take a real model longer
than half a second. Then the same in a storm: 30 % of the requests are
refused with a time to wait, 5 % fail, 5 % of the replies are broken, one connection in fifty drops.
There the server's own count says whether a chunk was lost or a reply paid for twice. The last line
says whether the goals are held; it exits with 1 when they are not.
"""

import argparse
import asyncio
import json
import multiprocessing
import random
import re
import sys
import tempfile
import time
from collections import Counter
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent))

from gemma_garage.augment.generate import GenerateRequest, register, submit_generate
from gemma_garage.garage import open_garage
from gemma_garage.settings import read_settings
from tests.augment.shelf import add_text, write_chunks
from tests.fakes.facts import write_facts

STORM = {"refused": 0.30, "failed": 0.05, "broken": 0.05, "dropped": 0.02}
RETRY_AFTER_S = 0.2
MODEL = "loopback"
WANTED_SHARE = 0.9


class Server:
    """Answers after `latency_s`; `weather`: shares of requests that go wrong, by how."""

    def __init__(self, latency_s: float, weather: dict[str, float]) -> None:
        self.good: Counter[str] = Counter()
        self.met: Counter[str] = Counter()
        self._latency_s, self._weather = latency_s, weather
        self._dice = random.Random(0)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                found = re.search(rb"content-length: (\d+)", head, re.IGNORECASE)
                body = await reader.readexactly(int(found[1])) if found else b"{}"
                fate = self._choose()
                self.met[fate] += 1
                if fate == "dropped":
                    break
                if fate not in ("refused", "failed"):
                    await asyncio.sleep(self._latency_s)
                writer.write(self._answer(fate, body))
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # the client has left
        finally:
            writer.close()

    def _choose(self) -> str:
        number = self._dice.random()
        for fate, share in self._weather.items():
            number -= share
            if number < 0:
                return fate
        return "answered"

    def _answer(self, fate: str, body: bytes) -> bytes:
        if fate == "refused":
            return write(429, {"error": {"message": "slow down"}}, f"Retry-After: {RETRY_AFTER_S}")
        if fate == "failed":
            return write(500, {"error": {"message": "boom"}})
        prompt = json.loads(body)["messages"][-1]["content"]
        text = '{"facts": [{"answer": "9'
        if fate == "answered":
            self.good[prompt] += 1
            text = write_facts(prompt)
        message = {"role": "assistant", "content": text}
        return write(
            200,
            {
                "id": "1",
                "object": "chat.completion",
                "created": 1,
                "model": MODEL,
                "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
                "usage": {"prompt_tokens": 700, "completion_tokens": 900, "total_tokens": 1600},
            },
        )


def write(status: int, body: dict[str, Any], *headers: str) -> bytes:
    payload = json.dumps(body).encode()
    lines = [f"HTTP/1.1 {status} X", "Content-Type: application/json", *headers]
    head = "\r\n".join([*lines, f"Content-Length: {len(payload)}", "", ""])
    return head.encode() + payload


def run_server(pipe: Connection, latency_s: float, weather: dict[str, float]) -> None:
    async def main() -> None:
        server = Server(latency_s, weather)
        listening = await asyncio.start_server(server.serve, "127.0.0.1", 0, backlog=256)
        pipe.send(listening.sockets[0].getsockname()[1])
        await asyncio.get_running_loop().run_in_executor(None, pipe.recv)
        pipe.send((dict(server.good), dict(server.met)))

    asyncio.run(main())


def measure(options: argparse.Namespace, weather: dict[str, float]) -> dict[str, Any]:
    pipe, far = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(
        target=run_server, args=(far, options.latency, weather), daemon=True
    )
    process.start()
    port = pipe.recv()
    with tempfile.TemporaryDirectory() as home:
        garage = open_garage(
            read_settings(
                {
                    "GEMMA_GARAGE_HOME": home,
                    "OPENAI_BASE_URL": f"http://127.0.0.1:{port}/v1",
                    "GEMMA_GARAGE_OPENAI_MODEL": MODEL,
                }
            )
        )
        import openai  # noqa: F401  (loading it is no part of the rate)

        register(garage)
        add_text(garage, "manual.txt", write_chunks("unit", options.chunks, options.facts))
        garage.jobs.start()
        request = GenerateRequest(
            generator="openai", kinds=("factual",), wordings=1, threads=options.threads
        )
        started_s = time.monotonic()
        job = garage.jobs.wait(submit_generate(garage, 1, request), 3600)
        seconds = time.monotonic() - started_s
        done = {row.chunk_id for row in garage.store.examples(1, statuses=("accepted",))[0]}
        garage.close()
    pipe.send("end")
    good, met = pipe.recv()
    process.join()
    ideal = options.threads / options.latency
    rate = options.chunks / seconds
    return {
        "status": job.status,
        "chunks": options.chunks,
        "seconds": round(seconds, 2),
        "calls_per_second": round(rate, 1),
        "ideal": round(ideal, 1),
        "share_of_ideal": round(rate / ideal, 3),
        "chunks_lost": options.chunks - len(done),
        "usable_replies": sum(good.values()),
        "paid_twice": sum(count - 1 for count in good.values()),
        "requests": met,
        "usage": job.result.get("usage"),
        "reasons": job.result.get("reasons"),
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--chunks", type=int, default=640)
    parser.add_argument("--latency", type=float, default=0.5, metavar="SECONDS")
    parser.add_argument("--threads", type=int, default=32)
    parser.add_argument("--facts", type=int, default=2, help="in each reply")
    options = parser.parse_args()
    result = {"calm": measure(options, {}), "storm": measure(options, STORM)}
    print(json.dumps(result, indent=1))
    calm, storm = result["calm"], result["storm"]
    losses = [one[name] for one in (calm, storm) for name in ("chunks_lost", "paid_twice")]
    held = calm["share_of_ideal"] >= WANTED_SHARE and not any(losses)
    print(
        f"generation: {calm['share_of_ideal']:.2f} of the ideal rate (at least {WANTED_SHARE}), "
        f"in the storm {storm['chunks_lost']} chunks lost and {storm['paid_twice']} replies paid "
        f"twice (none allowed): {'held' if held else 'MISSED'}"
    )
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
