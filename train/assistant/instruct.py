"""Train the language model's adapter and the projector of SleepLM's tokens: planning, answering, reading signals.

    python -m train.corpus.simulate runs/corpus        # simulated nights with their truth
    python -m train.assistant.instruct --corpus runs/corpus      # writes assistant/weights

Three steps, each small enough for two cores. The projector learns to put an epoch's tokens where the words of its
stage and events lie in the language model's embedding space. The lower layers stay as they are, so that what they
make of every example is computed once. The upper layers learn the three tasks with low-rank adapters.
"""

import argparse
import json
import time
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import nn

from assistant.llm.epoch_reading import reading_prompt, reading_words
from assistant.llm.model import WEIGHTS, prompt_ids
from assistant.llm.pretrained import NAME, choose_dtype, load_pretrained, packaged_folder
from assistant.llm.projector import Projector
from sleeplm.kinds.stages import STAGES, Stage
from sleeplm.network.encoder import Encoder, model_of
from sleeplm.network.loading import SleepLM
from sleeplm.recording.epochs import Epochs
from train.assistant.dialogues import Example, answers, follow_ups, questions
from train.corpus.night import Night, Row, nights, rows_of

HUB_NAME = "HuggingFaceTB/SmolLM2-135M-Instruct"
ADAPTER = "sleeplm-chat"
ADAPTER_FILE = "adapter_model.safetensors"
FIRST_ADAPTED = 14  # layers below it stay as they are
RANK = 16  # of the adapters
BATCH = 16  # examples
ANSWERS_SHARE = 10  # of the questions, one in so many has its answer taught too, which the grammar mostly makes
READ_EVENTS = {  # the word in a phrase, the event
    "apnea": "apnea",
    "hypopnea": "hypopnea",
    "arousal": "arousal",
    "leg": "leg_movement",
    "desatur": "desaturation",
}
TARGETS = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]


@dataclass(frozen=True)
class Epoch:
    """An epoch of a simulated night: SleepLM's tokens, and what is true of it."""

    tokens: np.ndarray
    stage: Stage
    events: tuple[str, ...]

    @property
    def words(self) -> str:
        """What is to be read from it."""
        return reading_words(self.stage, list(self.events))


def read_epochs(
    found: Sequence[Night], encoder: Encoder, per_stage: int, random: np.random.Generator
) -> list[Epoch]:
    """Epochs of all channels, as evenly by stage as the nights allow."""
    picked = []
    for night, rendered in zip(found, rows_of(found), strict=True):
        rows: dict[int, Row] = {}
        for row in rendered:
            rows.setdefault(row.epoch, row)  # the first channel subset of an epoch is the whole
        for stage in STAGES:
            of_stage = [e for e, row in rows.items() if row.stage == stage]
            some = random.permutation(of_stage)[:per_stage].astype(int)
            if not len(some):
                continue
            signals = np.asarray(night.signals[some], dtype=np.float32)
            tokens = encoder.signal_tokens(Epochs(signals, np.array([rows[e].present for e in some])))
            picked += [Epoch(t, stage, _events(rows[e])) for t, e in zip(tokens, some, strict=True)]
    return picked


def _events(row: Row) -> tuple[str, ...]:
    words = " ".join(phrase for _, _, phrase in row.spans).lower()
    return tuple(event for word, event in READ_EVENTS.items() if word in words)


def align(projector: Projector, epochs: Sequence[Epoch], model, tokenizer, steps: int, seed: int) -> float:
    """Teach the projector to put tokens near the words of their stage and events; the last loss.

    The first soft token goes to the stage, the second to the first event, or to the word for none.
    """
    stages = _word_vectors([reading_words(s, []) for s in STAGES], model, tokenizer)
    kinds = ["quiet", *dict.fromkeys(READ_EVENTS.values())]
    events = _word_vectors([k.replace("_", " ") for k in kinds], model, tokenizer)
    tokens = torch.from_numpy(np.stack([e.tokens for e in epochs]))
    stage = torch.tensor([STAGES.index(e.stage) for e in epochs])
    event = torch.tensor([kinds.index(e.events[0]) if e.events else 0 for e in epochs])
    optimizer = torch.optim.AdamW(projector.parameters(), lr=1e-3, weight_decay=0.05)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 2e-3, total_steps=steps)
    random = np.random.default_rng(seed)
    loss = torch.zeros(())
    for _ in range(steps):
        batch = torch.from_numpy(random.integers(0, len(epochs), 128))
        soft = nn.functional.normalize(projector(tokens[batch]), dim=-1)
        loss = nn.functional.cross_entropy(soft[:, 0] @ stages.T * 10, stage[batch])
        loss = loss + nn.functional.cross_entropy(soft[:, 1] @ events.T * 10, event[batch])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
    return float(loss.detach())


def _word_vectors(words: Sequence[str], model, tokenizer) -> torch.Tensor:
    table = model.get_input_embeddings().weight.detach().float()
    found = [table[tokenizer.encode(w, add_special_tokens=False)].mean(0) for w in words]
    vectors = torch.stack(found)
    return nn.functional.normalize(vectors - table.mean(0), dim=-1)


class UpperLayers(nn.Module):
    """The layers that are trained, from the hidden states below them to the words of the answer."""

    def __init__(self, model, first: int):
        super().__init__()
        self.model, self.first = model, first

    def forward(self, hidden: torch.Tensor, answered: torch.Tensor) -> torch.Tensor:
        """Logits ``[answered tokens, vocabulary]`` of the positions where `answered` is true."""
        inner = self.model.get_base_model() if hasattr(self.model, "peft_config") else self.model
        body = inner.model
        states = through(body, hidden, range(self.first, len(body.layers)))
        return inner.lm_head(body.norm(states[answered])).float()


def through(body, hidden: torch.Tensor, layers: range) -> torch.Tensor:
    """Run hidden states ``[batch, tokens, width]``, padded on the right, through some layers of a Llama."""
    positions = torch.arange(hidden.shape[1], device=hidden.device)[None]
    rotary = body.rotary_emb(hidden, positions)
    for i in layers:
        hidden = body.layers[i](hidden, attention_mask=None, position_ids=positions, position_embeddings=rotary)
    return hidden


@dataclass
class Learned:
    """An example as tensors: hidden states below the trained layers, and the tokens to be written."""

    hidden: torch.Tensor
    target: list[int]


def prepare(examples: Sequence[Example], model, tokenizer, projector: Projector, first: int) -> list[Learned]:
    """Compute once what the lower layers make of every example."""
    end = tokenizer.eos_token_id
    rows = []
    for example in examples:
        prompt = prompt_ids(tokenizer, example.prompt, adapted=True)
        target = [*tokenizer.encode(example.target, add_special_tokens=False), end]
        rows.append((prompt + target[:-1], target, example.prompt.tokens))
    order = sorted(range(len(rows)), key=lambda i: len(rows[i][0]) + 1000 * (rows[i][2] is not None))
    learned: list[Learned | None] = [None] * len(rows)
    embed = model.get_input_embeddings()
    with torch.inference_mode():
        for begin in range(0, len(order), 32):
            some = order[begin : begin + 32]
            parts = []
            for i in some:
                ids, _, tokens = rows[i]
                vectors = embed(torch.tensor(ids))
                if tokens is not None:
                    soft = projector(torch.from_numpy(tokens)[None])[0]
                    vectors = torch.cat([soft.to(vectors), vectors])
                parts.append(vectors)
            hidden = through(model.model, nn.utils.rnn.pad_sequence(parts, batch_first=True), range(first))
            for row, i in enumerate(some):
                learned[i] = Learned(hidden[row, : len(parts[row])].clone(), rows[i][1])
    return [one for one in learned if one is not None]


def with_adapters(model, first: int, rank: int = RANK):
    """The model with low-rank adapters in its layers from `first` on."""
    from peft import LoraConfig, get_peft_model

    layers = list(range(first, model.config.num_hidden_layers))
    config = LoraConfig(
        r=rank, lora_alpha=2 * rank, lora_dropout=0.05, target_modules=TARGETS, layers_to_transform=layers,
        task_type="CAUSAL_LM",
    )  # fmt: skip
    with warnings.catch_warnings():
        # peft asks transformers by a name that the latter has renamed.
        warnings.simplefilter("ignore", FutureWarning)
        return get_peft_model(model, config)


def start_from(peft_model, folder: Path) -> None:
    """Put the adapters of an earlier training into the model."""
    from peft import set_peft_model_state_dict
    from safetensors.torch import load_file

    set_peft_model_state_dict(peft_model, {k: v.float() for k, v in load_file(folder / ADAPTER_FILE).items()})


def _origin(folder: Path | None) -> dict | None:
    if folder is None:
        return None
    config = json.loads((folder / "config.json").read_text())
    return {key: config[key] for key in ("version", "encoder_sha256", "training")}


def train(
    learned: Sequence[Learned], peft_model, first: int, minutes: float, learning_rate: float, seed: int
) -> dict:
    """Train the adapters of the layers from `first` on for some minutes; returns what was done."""
    from accelerate import Accelerator

    upper = UpperLayers(peft_model, first)
    optimizer = torch.optim.AdamW([p for p in upper.parameters() if p.requires_grad], lr=learning_rate)
    accelerator = Accelerator(cpu=not torch.cuda.is_available())
    upper, optimizer = accelerator.prepare(upper, optimizer)
    upper.train()
    begin, steps, passes = time.perf_counter(), 0, 0
    log: list[float] = []
    while (spent := (time.perf_counter() - begin) / 60) < minutes:
        for batch in batches(learned, seed + passes):
            spent = (time.perf_counter() - begin) / 60
            if spent >= minutes:
                break
            for group in optimizer.param_groups:  # warm up, then fall to a tenth along a cosine of the time spent
                warm = min(1.0, (steps + 1) / 20)
                group["lr"] = learning_rate * warm * (0.55 + 0.45 * np.cos(np.pi * spent / minutes))
            loss = loss_of(upper, batch)
            accelerator.backward(loss)
            accelerator.clip_grad_norm_(upper.parameters(), 1.0)
            optimizer.step()
            optimizer.zero_grad()
            steps += 1
            log.append(float(loss.detach()))
            if steps % 20 == 0:
                print(f"{spent:5.1f} min, step {steps}, loss {np.mean(log[-20:]):.3f}", flush=True)
        passes += 1
    return {"steps": steps, "passes": passes, "loss": round(float(np.mean(log[-50:])), 4)}


def batches(learned: Sequence[Learned], seed: int) -> Iterator[list[Learned]]:
    """Examples of about one length together, the batches in random order."""
    random = np.random.default_rng(seed)
    order = sorted(range(len(learned)), key=lambda i: len(learned[i].hidden) + random.random() * 4)
    starts = random.permutation(range(0, len(order), BATCH))
    for begin in starts:
        yield [learned[i] for i in order[begin : begin + BATCH]]


def loss_of(upper: nn.Module, batch: Sequence[Learned]) -> torch.Tensor:
    """Mean cross-entropy of the tokens to be written."""
    hidden = nn.utils.rnn.pad_sequence([one.hidden for one in batch], batch_first=True)
    answered = torch.zeros(hidden.shape[:2], dtype=torch.bool)
    for row, one in enumerate(batch):
        answered[row, len(one.hidden) - len(one.target) : len(one.hidden)] = True
    wanted = torch.tensor([t for one in batch for t in one.target])
    return nn.functional.cross_entropy(upper(hidden, answered), wanted)


def save(out: Path, peft_model, projector: Projector, config: dict) -> None:
    """Write adapter, projector and configuration; half precision, safetensors only."""
    from peft import get_peft_model_state_dict
    from safetensors.torch import save_file

    out.mkdir(parents=True, exist_ok=True)
    state = {k: v.half().contiguous() for k, v in get_peft_model_state_dict(peft_model).items()}
    save_file(state, out / ADAPTER_FILE)
    save_file({k: v.half().contiguous() for k, v in projector.state_dict().items()}, out / "projector.safetensors")
    adapter = peft_model.peft_config["default"].to_dict()
    adapter |= {"base_model_name_or_path": HUB_NAME, "inference_mode": True}
    plain = {k: sorted(v) if isinstance(v, set) else v for k, v in adapter.items()}
    (out / "adapter_config.json").write_text(json.dumps(plain, indent=2, sort_keys=True, default=str) + "\n")
    (out / "config.json").write_text(json.dumps(config, indent=2) + "\n")


def examples_for(seed: int, repeats: int, epochs: Sequence[Epoch]) -> list[Example]:
    """Everything that is trained on: plans, follow-ups, answers, cache."""
    random = np.random.default_rng(seed)
    asked = list(questions(random, repeats=repeats))
    some = [asked[i] for i in random.permutation(len(asked))[: len(asked) // ANSWERS_SHARE]]
    readings = [Example(reading_prompt(e.tokens), e.words + ".") for e in epochs]
    plans = [one.example() for one in [*asked, *follow_ups(random, 60 * repeats)]]
    return [*plans, *answers(iter(some), random), *readings]


def main(arguments: Sequence[str] | None = None) -> None:
    """Train, save and evaluate."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path, default=Path("runs/corpus"))
    parser.add_argument("--out", type=Path, default=WEIGHTS)
    parser.add_argument("--nights", type=int, default=16, help="whose epochs are read, at most")
    parser.add_argument("--minutes", type=float, default=20.0)
    parser.add_argument("--repeats", type=int, default=2)
    parser.add_argument("--learning-rate", type=float, default=1e-3)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--version", default="0.1")
    parser.add_argument("--encoder", type=Path, help="folder of the SleepLM to read signals with; ours by default")
    parser.add_argument("--start", type=Path, help="folder of an adapter to train further")
    given = parser.parse_args(arguments)
    begin = time.perf_counter()
    torch.manual_seed(given.seed)
    random = np.random.default_rng(given.seed)
    cpu = torch.device("cpu")
    model, tokenizer = load_pretrained(packaged_folder(), choose_dtype(cpu), cpu)
    model.requires_grad_(False)
    encoder = SleepLM.from_pretrained(given.encoder)
    people = [night for night in nights(given.corpus, "train") if night.simulated][: given.nights]
    epochs = read_epochs(people, encoder, 40, random)
    width, hidden = epochs[0].tokens.shape[1], model.config.hidden_size
    scale = float(model.get_input_embeddings().weight.float().pow(2).mean().sqrt())
    projector = Projector(width, hidden, soft_tokens=2, scale=scale)
    aligned = align(projector, epochs, model, tokenizer, steps=600, seed=given.seed)
    print(
        f"projector aligned on {len(epochs)} epochs, loss {aligned:.3f}, {time.perf_counter() - begin:.0f} s",
        flush=True,
    )
    some = [epochs[i] for i in random.permutation(len(epochs))[:600]]
    learned = prepare(
        examples_for(given.seed, given.repeats, some), model, tokenizer, projector.eval(), FIRST_ADAPTED
    )
    words = sum(len(one.hidden) for one in learned)
    print(f"{len(learned)} examples, {words} tokens, {time.perf_counter() - begin:.0f} s", flush=True)
    adapted = with_adapters(model, FIRST_ADAPTED)
    if given.start:
        start_from(adapted, given.start)
    done = train(learned, adapted, FIRST_ADAPTED, given.minutes, given.learning_rate, given.seed)
    config = {
        "name": ADAPTER, "version": given.version, "base": NAME, "encoder": encoder.name,
        "encoder_sha256": model_of(encoder)["sha256"],
        "projector": projector.config,
        "started_from": _origin(given.start),
        "training": {"seed": given.seed, "minutes": given.minutes, "repeats": given.repeats,
                     "learning_rate": given.learning_rate, "examples": len(learned), "tokens": words,
                     "steps": done["steps"], "passes": done["passes"], "loss": done["loss"]},
    }  # fmt: skip
    save(given.out, adapted, projector, config)
    print(json.dumps(config["training"]), flush=True)


if __name__ == "__main__":
    main()
