"""The model card of the assistant's weights, written from the configuration beside them."""

import json
from pathlib import Path

TEMPLATE = Path(__file__).parent / "card.md"


def write_card(folder: Path) -> str:
    """Write README.md beside the weights from their configuration, and return it."""
    config = json.loads((folder / "config.json").read_text())
    training, found = config["training"], config["evaluation"]
    adapter = json.loads((folder / "adapter_config.json").read_text())
    held_out = found["plans_held_out_phrasings"]
    origin = config.get("started_from")
    started = (
        f"Trained further from version {origin['version']} ({origin['training']['minutes']} minutes on "
        f"{origin['training']['examples']} examples, seed {origin['training']['seed']})."
        if origin
        else "Trained from the base model."
    )
    text = TEMPLATE.read_text(encoding="utf-8").format(
        **{k: config[k] for k in ("name", "version", "base", "encoder")},
        **{k: training[k] for k in ("minutes", "repeats", "learning_rate", "examples", "tokens", "steps", "loss")},
        train_seed=training["seed"],
        seed=found["seed"],
        eval_minutes=found["minutes"],
        rank=adapter["r"],
        soft_tokens=config["projector"]["soft_tokens"],
        started=started,
        note=found["note"] + " " if "note" in found else "",
        h=held_out,
        t=found["plans_trained_phrasings"],
        f=found["plans_follow_ups"],
        a=found["answers_with_grammar"],
        w=found["answers_without_grammar"],
        r=found["readings_of_test_nights"],
        missed=", ".join(f"{k} ({n})" for k, n in held_out["missed"].items()) or "none",
    )
    (folder / "README.md").write_text(text, encoding="utf-8")
    return text
