import json

import numpy as np
import pytest
import torch
from llguidance import LLMatcher, LLTokenizer
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from assistant.grounding import writing
from assistant.llm.epoch_reading import reading_grammar, reading_words
from assistant.llm.model import load_projector
from assistant.llm.projector import Projector
from assistant.llm.prompt import PLAN, READ, Prompt
from assistant.planning import plan
from sleeplm.kinds.stages import Stage
from train.assistant import instruct
from train.assistant.card import write_card
from train.assistant.dialogues import (
    Example,
    answers,
    facts_of,
    follow_ups,
    questions,
    read_phrasings,
    split_phrasings,
    stand_in,
)

_BYTES = LLTokenizer("byte")


def _in_grammar(text, grammar):
    matcher = LLMatcher(_BYTES, grammar)
    assert not matcher.get_error()
    tokens = _BYTES.tokenize_str(text)
    return matcher.try_consume_tokens(tokens) == len(tokens) and matcher.is_accepting()


@pytest.mark.parametrize("held_out", [False, True])
def test_every_plan_that_is_taught_is_allowed_for_its_question(held_out):
    random = np.random.default_rng(3)
    asked = [*questions(random, held_out, repeats=1), *follow_ups(random, 40)]
    for one in asked:
        assert _in_grammar(one.example().target, plan.plan_grammar(one.read())), one.question
        assert tuple(plan.parse_plan(one.example().target)) == one.calls


def test_every_answer_that_is_taught_passes_the_check():
    random = np.random.default_rng(4)
    asked = list(questions(random, repeats=1))
    rendered = [facts_of(one.calls[0], random) for one in asked]
    assert sum(bool(t) for t in rendered) > 300
    for example in answers(iter(asked[::3]), random):
        ids = example.prompt.user.rsplit("\n", 1)[-1].split()
        assert writing.check(example.target, [stand_in(id) for id in ids]) is None


def test_held_out_phrasings_are_never_trained_on():
    trained, held_out = split_phrasings(False), split_phrasings(True)
    for pattern, lines in read_phrasings().items():
        assert sorted(trained[pattern] + held_out[pattern]) == sorted(lines)
        assert not set(trained[pattern]) & set(held_out[pattern])
    everything = [line for lines in read_phrasings().values() for line in lines]
    assert len(everything) == len(set(everything))


def test_main_intents_have_many_phrasings():
    known = read_phrasings()
    main = "facts(tst_min)|facts({stage}_min)|longest(W)|at({t})|similar({n})".split("|")
    assert all(len(known[p]) >= 40 for p in main)


def test_every_reading_is_of_the_grammar():
    for stage in (Stage.W, Stage.N3, Stage.R):
        for events in ([], ["arousal"], ["apnea", "desaturation"]):
            assert _in_grammar(reading_words(stage, events) + ".", reading_grammar())


@pytest.fixture(scope="module")
def tokenizer():
    specials = ["<|im_start|>", "<|im_end|>"]
    vocabulary = {s: i for i, s in enumerate([*specials, *sorted(pre_tokenizers.ByteLevel.alphabet())])}
    tokenizer = Tokenizer(models.BPE(vocabulary, []))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, bos_token=specials[0], eos_token=specials[1])


def _model(tokenizer):
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=len(tokenizer), hidden_size=32, intermediate_size=64, num_hidden_layers=4,
        num_attention_heads=4, num_key_value_heads=2, eos_token_id=1, bos_token_id=0,
    )  # fmt: skip
    model = LlamaForCausalLM(config).eval()
    return model.requires_grad_(False)


def _examples():
    tokens = np.random.default_rng(0).normal(size=(2, 16, 8)).astype(np.float32)
    return [
        Example(Prompt(PLAN, "how long did they sleep?"), "facts(tst_min)"),
        Example(Prompt(PLAN, "REM?"), "stages(R)"),
        Example(Prompt(READ, "?", tokens=tokens[0]), "wake."),
        Example(Prompt(READ, "?", tokens=tokens[1]), "REM sleep."),
    ]


def test_the_two_halves_make_the_whole_model(tokenizer):
    model = _model(tokenizer)
    (one,) = instruct.prepare(_examples()[:1], model, tokenizer, Projector(8, 32, 2), first=2)
    answered = torch.zeros(1, len(one.hidden), dtype=torch.bool)
    answered[0, -len(one.target) :] = True
    halves = instruct.UpperLayers(model, 2)(one.hidden[None], answered)
    prompt = instruct.prompt_ids(tokenizer, _examples()[0].prompt, adapted=True)
    with torch.inference_mode():
        whole = model(torch.tensor([[*prompt, *one.target[:-1]]])).logits[0, -len(one.target) :]
    torch.testing.assert_close(halves, whole, atol=1e-4, rtol=1e-4)


def test_training_learns_and_what_is_saved_is_loaded(tokenizer, tmp_path):
    model, projector = _model(tokenizer), Projector(8, 32, 2)
    learned = instruct.prepare(_examples(), model, tokenizer, projector, first=2)
    adapted = instruct.with_adapters(model, 2, rank=4)
    before = float(instruct.loss_of(instruct.UpperLayers(adapted, 2), learned).detach())
    done = instruct.train(learned, adapted, 2, minutes=0.03, learning_rate=2e-2, seed=0)
    assert done["loss"] < before
    instruct.save(tmp_path, adapted, projector, {"name": "x", "version": "0", "projector": projector.config})
    loaded, config = load_projector(tmp_path)
    assert config["name"] == "x"
    tokens = torch.ones(1, 16, 8)
    torch.testing.assert_close(loaded(tokens), projector(tokens), atol=2e-2, rtol=2e-2)
    assert (
        json.loads((tmp_path / "adapter_config.json").read_text())["base_model_name_or_path"] == instruct.HUB_NAME
    )


def test_the_projector_learns_to_tell_stages(tokenizer):
    random = np.random.default_rng(0)
    centres = {s: random.normal(size=8) for s in (Stage.W, Stage.N3)}
    epochs = [
        instruct.Epoch((centres[s] + 0.1 * random.normal(size=(16, 8))).astype(np.float32), s, ())
        for s in (Stage.W, Stage.N3) * 20
    ]
    projector = Projector(8, 32, 2)
    first = instruct.align(projector, epochs, _model(tokenizer), tokenizer, steps=4, seed=0)
    assert instruct.align(projector, epochs, _model(tokenizer), tokenizer, steps=80, seed=0) < first


def test_the_card_carries_the_measured_figures(tmp_path):
    plans = {"n": 115, "exact": 0.9, "tool": 0.95, "missed": {"facts -> overview": 2}}
    share = {"n": 38, "passed_first": 1.0}
    own = {"stage": 0.8, "whole": 0.6}
    config = {
        "name": "sleeplm-chat", "version": "0.1", "base": "SmolLM2", "encoder": "nano",
        "projector": {"soft_tokens": 2},
        "training": dict.fromkeys("seed minutes repeats learning_rate examples tokens steps loss".split(), 7),
        "evaluation": {
            "seed": 1, "minutes": 2.0, "plans_held_out_phrasings": plans, "plans_trained_phrasings": plans,
            "plans_follow_ups": plans, "answers_with_grammar": share, "answers_without_grammar": share,
            "readings_of_test_nights": {"n": 80, "own": own, "shuffled": {"stage": 0.2, "whole": 0.1}},
        },
    }  # fmt: skip
    (tmp_path / "config.json").write_text(json.dumps(config))
    (tmp_path / "adapter_config.json").write_text(json.dumps({"r": 16}))
    card = write_card(tmp_path)
    assert "| 115 | 90.0% (right tool first: 95.0%) |" in card
    assert "facts -> overview (2)" in card
    assert (tmp_path / "README.md").read_text() == card
