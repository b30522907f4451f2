"""The language model: loaded with our adapter and projector, decoding within a grammar, token by token."""

import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import llguidance.hf
import numpy as np
import torch
from llguidance import LLMatcher
from llguidance.numpy import allocate_token_bitmask, fill_next_token_bitmask
from safetensors.torch import load_file

from assistant.llm.pretrained import NAME, choose_dtype, load_pretrained, packaged_folder
from assistant.llm.projector import WEIGHTS, Projector, read_config
from assistant.llm.prompt import Prompt
from sleeplm.errors import ModelError, UsageError

SAMPLING_TEMPERATURE = 0.7  # of a second attempt


class LanguageModel:
    """A causal language model that continues a prompt with text of a grammar.

    Parameters
    ----------
    model, tokenizer
        As transformers loads them.
    name : str
    adapter : str or None
        Name of our adapter, where one was merged into the model.
    projector : Projector or None
    network_sha256 : str or None
        The SleepLM whose tokens the projector reads.
    """

    def __init__(
        self,
        model,
        tokenizer,
        name: str,
        adapter: str | None = None,
        projector: Projector | None = None,
        network_sha256: str | None = None,
    ):
        self.model, self.tokenizer, self.name, self.adapter = model, tokenizer, name, adapter
        self.projector, self.network_sha256 = projector, network_sha256
        size = model.get_input_embeddings().weight.shape[0]
        self._grammar_tokens = llguidance.hf.from_tokenizer(tokenizer, n_vocab=size)
        self._mask = allocate_token_bitmask(1, size)
        self._prefix: list[int] = []
        self._cache: Any = None  # keys and values of `_prefix`, as transformers holds them

    @classmethod
    def load(cls, llm: str | None = None, weights: Path = WEIGHTS) -> "LanguageModel":
        """Load the packaged model with our adapter and projector, or another causal model by name or folder.

        Raises
        ------
        ModelError
            Weights are missing, altered or of another shape.
        """
        device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        dtype = choose_dtype(device)
        if llm is not None:
            return cls(*load_pretrained(llm, dtype, device), Path(llm).name)
        model, tokenizer = load_pretrained(packaged_folder(), torch.float32, torch.device("cpu"))
        if not (weights / "adapter_config.json").is_file():
            raise ModelError(
                f"the adapter of the language model is missing in {weights.name}; fetch the project whole"
            )
        model = _with_adapter(model, weights)
        projector, config = load_projector(weights)
        name = f"{config['name']} {config['version']}"
        return cls(model.to(device, dtype), tokenizer, NAME, name, projector, config["encoder_sha256"])

    def reads(self, network: dict) -> bool:
        """Whether its projector was trained with the network of a study, as `Study.model` names it."""
        return self.projector is not None and network["sha256"] == self.network_sha256

    @property
    def adapted(self) -> bool:
        """Whether our adapter is in it, so that it knows its tasks without instructions."""
        return self.adapter is not None

    def describe(self) -> dict:
        """Name, adapter and how it runs."""
        return {
            "llm": self.name,
            "adapter": self.adapter,
            "instructed_by": "adapter" if self.adapted else "prompt",
            "device": str(self.model.device),
            "dtype": str(self.model.dtype).removeprefix("torch."),
        }

    def complete(self, prompt: Prompt, grammar: str, max_tokens: int, seed: int | None = None) -> Iterator[str]:
        """Yield the continuation of a prompt piece by piece; every whole text is one of the grammar.

        Parameters
        ----------
        prompt : Prompt
        grammar : str
            In llguidance's form of Lark.
        max_tokens : int
            The text ends here at the latest, if need be in the middle.
        seed : int or None
            Sample with this seed; None takes the likeliest token.
        """
        matcher = LLMatcher(self._grammar_tokens, grammar)
        if matcher.get_error():
            raise ModelError(f"the grammar of an answer is not valid: {matcher.get_error()}")
        random = np.random.default_rng(seed) if seed is not None else None
        written: list[int] = []
        shown = ""
        with torch.inference_mode():
            logits = self._start(prompt)
            while len(written) < max_tokens and not matcher.is_stopped():
                forced = matcher.compute_ff_tokens()
                new = forced or [self._pick(logits, matcher, random)]
                if not forced and new[0] in self._grammar_tokens.eos_tokens:
                    break
                matcher.consume_tokens(new)
                written += new
                text = self.tokenizer.decode(written)
                if text != shown and not text.endswith("\ufffd"):
                    yield text[len(shown) :]
                    shown = text
                if not matcher.is_stopped():
                    logits = self._feed(new)

    def text_ids(self, prompt: Prompt) -> list[int]:
        """Tokens of a prompt up to where the answer begins; nothing in the user's words is read as special."""
        return prompt_ids(self.tokenizer, prompt, self.adapted)

    def _start(self, prompt: Prompt) -> torch.Tensor:
        ids = self.text_ids(prompt)
        if prompt.tokens is not None:
            return self._start_with_signal(ids, prompt.tokens)
        shared = 0
        while shared < min(len(ids) - 1, len(self._prefix)) and ids[shared] == self._prefix[shared]:
            shared += 1
        if not shared:
            self._cache = None
        elif shared < len(self._prefix):
            self._cache.crop(shared - len(self._prefix))
        self._prefix = ids[:shared]
        return self._feed(ids[shared:])

    def _start_with_signal(self, ids: list[int], tokens: np.ndarray) -> torch.Tensor:
        if self.projector is None:
            raise UsageError(f"{self.name} has no projector, so it cannot read signals")
        soft = self.projector(torch.from_numpy(np.asarray(tokens, dtype=np.float32))[None])
        words = self.model.get_input_embeddings()(torch.tensor([ids], device=self.model.device))
        embeddings = torch.cat([soft.to(words), words], dim=1)
        self._prefix = [-1]  # no prompt begins like this: what holds a signal is not used again
        output = self.model(inputs_embeds=embeddings, use_cache=True, logits_to_keep=1)
        self._cache = output.past_key_values
        return output.logits[0, -1].float()

    def _feed(self, ids: list[int]) -> torch.Tensor:
        output = self.model(
            input_ids=torch.tensor([ids], device=self.model.device),
            past_key_values=self._cache,
            use_cache=True,
            logits_to_keep=1,
        )
        self._cache = output.past_key_values
        self._prefix = self._prefix + ids
        return output.logits[0, -1].float()

    def _pick(self, logits: torch.Tensor, matcher: LLMatcher, random) -> int:
        fill_next_token_bitmask(matcher, self._mask)
        allowed = np.unpackbits(self._mask[0].view(np.uint8), bitorder="little")[: logits.shape[0]].astype(bool)
        scores = np.where(allowed, logits.cpu().numpy(), -np.inf)
        if random is None:
            return int(scores.argmax())
        weights = np.exp((scores - scores.max()) / SAMPLING_TEMPERATURE)
        return int(random.choice(len(weights), p=weights / weights.sum()))


def prompt_ids(tokenizer, prompt: Prompt, adapted: bool) -> list[int]:
    """Tokens of a prompt in the model's own chat form.

    With our adapter a task's name stands before the question and no instruction is needed; otherwise the
    instructions go in as the system's message.
    """
    asked = f"{prompt.task}: {prompt.user}"
    if adapted:
        before, after = "<|im_start|>user\n", "<|im_end|>\n<|im_start|>assistant\n"
    else:
        mark = "\u241e"
        messages = [{"role": "user", "content": f"{prompt.system}\n\n{mark}"}]
        whole = tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)
        before, after = whole.split(mark)
        asked = prompt.user
    ids = tokenizer.encode(before, add_special_tokens=False)
    ids += tokenizer.encode(asked, add_special_tokens=False, split_special_tokens=True)
    return ids + tokenizer.encode(after, add_special_tokens=False)


def load_projector(weights: Path) -> tuple[Projector, dict]:
    """Load the projector strictly, and the configuration beside it.

    Raises
    ------
    ModelError
        A file is missing or does not fit.
    """
    config = read_config(weights)
    try:
        projector = Projector(**config["projector"])
        projector.load_state_dict({k: v.float() for k, v in load_file(weights / "projector.safetensors").items()})
    except (OSError, KeyError, TypeError, ValueError, RuntimeError) as error:
        raise ModelError(f"the projector in {weights.name} cannot be loaded: {error}") from None
    return projector.eval(), config


def _with_adapter(model, weights: Path):
    from peft import PeftModel

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)  # peft asks transformers by a name that it has renamed
            return PeftModel.from_pretrained(model, str(weights)).merge_and_unload()
    except (OSError, ValueError, RuntimeError) as error:
        raise ModelError(f"the adapter in {weights.name} does not fit the language model: {error}") from None
