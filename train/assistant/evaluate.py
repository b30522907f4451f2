"""How well the assistant understands, answers and reads: on phrasings and nights that it was not trained on.

python -m train.assistant.evaluate --corpus runs/corpus     # its figures go beside the weights
"""

import argparse
import json
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from assistant.grounding import writing
from assistant.llm.epoch_reading import read_epoch, reading_words
from assistant.llm.model import WEIGHTS, LanguageModel
from assistant.planning import plan
from sleeplm.network.loading import SleepLM
from train.assistant.card import write_card
from train.assistant.dialogues import Asked, facts_of, follow_ups, questions, written
from train.assistant.instruct import Epoch, read_epochs
from train.corpus.night import nights

SEED = 12345


def plan_of(llm: LanguageModel, one: Asked) -> tuple:
    """The calls that a model plans for a question, within the question's grammar."""
    question = one.read()
    prompt = plan.plan_prompt(question, one.before.calls if one.before else ())
    return tuple(plan.parse_plan("".join(llm.complete(prompt, plan.plan_grammar(question), plan.MAX_TOKENS))))


def plans(llm: LanguageModel, asked: Sequence[Asked], show: bool = False) -> dict:
    """Share of questions whose plan is exactly the expected one, and whose first call is to the right tool."""
    exact = tool = 0
    missed: Counter = Counter()
    for one in asked:
        calls = plan_of(llm, one)
        exact += calls == one.calls
        tool += bool(calls) and calls[0].tool == one.calls[0].tool
        if calls != one.calls:
            missed[f"{one.calls[0].tool} -> {calls[0].tool if calls else 'nothing'}"] += 1
            if show:
                print(
                    f"{one.question!r}: {'; '.join(map(written, calls))} not {'; '.join(map(written, one.calls))}"
                )
    n = len(asked)
    return {"n": n, "exact": round(exact / n, 3), "tool": round(tool / n, 3), "missed": dict(missed.most_common(8))}


def written_answers(llm: LanguageModel, asked: Sequence[Asked], grammar: bool) -> dict:
    """Share of first attempts that pass the check, with or without the grammar that makes them."""
    random, passed, n = np.random.default_rng(SEED), 0, 0
    for one in asked:
        for call in one.calls[:1]:
            facts = facts_of(call, random)[: writing.MAX_FACTS]
            if not facts:
                continue
            within = writing.write_grammar(facts) if grammar else 'start: /[^.]*/ ("." /[^.]*/)* "."\n'
            length = sum(max(len(c) for c in choices) for choices in writing.parts(facts)) // 3
            text = "".join(llm.complete(writing.write_prompt(one.read(), facts), within, length))
            passed += writing.check(text, facts) is None
            n += 1
    return {"n": n, "passed_first": round(passed / n, 3)}


def readings(llm: LanguageModel, epochs: Sequence[Epoch], seed: int = SEED) -> dict:
    """Accuracy of the stage, and of the whole reading, from an epoch's own tokens and from another's."""
    order = np.random.default_rng(seed).permutation(len(epochs))
    found = {}
    for name, sources in {"own": range(len(epochs)), "shuffled": order}.items():
        read = [read_epoch(llm, epochs[i].tokens) for i in sources]
        stage = [r.split(" with ")[0] == reading_words(e.stage, []) for r, e in zip(read, epochs, strict=True)]
        whole = [r == e.words for r, e in zip(read, epochs, strict=True)]
        found[name] = {"stage": round(float(np.mean(stage)), 3), "whole": round(float(np.mean(whole)), 3)}
    return {"n": len(epochs), **found}


def main(arguments: Sequence[str] | None = None) -> None:
    """Evaluate the weights in a folder and write the figures into its configuration."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path, default=Path("runs/corpus"))
    parser.add_argument("--weights", type=Path, default=WEIGHTS)
    parser.add_argument("--per-stage", type=int, default=6, help="epochs of each stage of each test night")
    parser.add_argument("--encoder", type=Path, help="folder of the SleepLM to read signals with; ours by default")
    parser.add_argument("--show", action="store_true", help="print every plan that is not the expected one")
    given = parser.parse_args(arguments)
    begin, random = time.perf_counter(), np.random.default_rng(SEED)
    llm = LanguageModel.load(weights=given.weights)
    held_out = list(questions(random, held_out=True))
    trained = list(questions(random, repeats=1))
    figures = {
        "plans_held_out_phrasings": plans(llm, held_out, given.show),
        "plans_trained_phrasings": plans(llm, [trained[i] for i in random.permutation(len(trained))[:100]]),
        "plans_follow_ups": plans(llm, list(follow_ups(random, 60)), given.show),
        "answers_with_grammar": written_answers(llm, held_out[::3], grammar=True),
        "answers_without_grammar": written_answers(llm, held_out[::3], grammar=False),
        "readings_of_test_nights": readings(
            llm,
            read_epochs(
                nights(given.corpus, "test"), SleepLM.from_pretrained(given.encoder), given.per_stage, random
            ),
        ),
    }
    path = given.weights / "config.json"
    config = json.loads(path.read_text())
    config["evaluation"] = {"seed": SEED, "minutes": round((time.perf_counter() - begin) / 60, 1), **figures}
    path.write_text(json.dumps(config, indent=2) + "\n")
    print(write_card(given.weights))


if __name__ == "__main__":
    main()
