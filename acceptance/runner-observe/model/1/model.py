"""Three methods, one of each streaming kind, with knobs in the prompt so a test can drive them."""

import os
import threading
import time
from typing import Iterator

from clarifai_protocol import get_item_id, register_item_abort_callback

from clarifai.runners.models.model_class import ModelClass


def note(text: str) -> None:
    print(
        f"OBSERVED {time.time():.3f} pid={os.getpid()} thread={threading.get_ident()} {text}",
        flush=True,
    )


def obey(prompt: str) -> str:
    """`sleep=2 words`, `raise words`, `exit words`, `big=140`: what to do before answering with `words`."""
    verb, _, rest = prompt.partition(" ")
    if verb.startswith("sleep="):
        time.sleep(float(verb.removeprefix("sleep=")))
        return rest
    if verb == "raise":
        raise ValueError(rest or "asked to fail")
    if verb.startswith("big="):
        return "x" * (int(verb.removeprefix("big=")) << 20)
    if verb == "exit":
        os._exit(9)
    return prompt


class ObservedModel(ModelClass):
    def load_model(self):
        self.loaded = time.monotonic()
        self.aborted: set[str] = set()
        register_item_abort_callback(self.on_abort)
        note("loaded")

    def check_admission(self) -> bool:
        if os.environ.get("OBSERVED_ADMIT") != "0":
            return True
        admitted = time.monotonic() - self.loaded > 10
        note(f"admitted={admitted}")
        return admitted

    def on_abort(self, item_id: str) -> None:
        self.aborted.add(item_id)
        note(f"abort item={item_id}")

    @ModelClass.method
    def predict(self, prompt: str = "") -> str:
        note(f"predict item={get_item_id()} prompt={prompt!r}")
        return obey(prompt).upper()

    @ModelClass.method
    def generate(self, prompt: str = "", pause: float = 0.0) -> Iterator[str]:
        item = get_item_id()
        note(f"generate item={item} prompt={prompt!r}")
        try:
            for word in obey(prompt).split():
                if word == "raise!":
                    raise ValueError("asked to fail in the middle")
                yield word
                time.sleep(pause)
        finally:
            note(f"generate-end item={item} aborted={item in self.aborted}")

    @ModelClass.method
    def stream(self, prompt: Iterator[str]) -> Iterator[str]:
        item = get_item_id()
        note(f"stream item={item}")
        count = 0
        try:
            for word in prompt:
                count += 1
                yield f"{count}:{obey(word)}"
            note(f"stream-input-ended item={item} after={count}")
            yield f"total:{count}"
        finally:
            note(f"stream-end item={item} after={count} aborted={item in self.aborted}")
