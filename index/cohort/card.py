"""The card of a cohort: what is in it, how it was made, and what it is not for; as JSON and for people."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from index.cohort.folder import CARD, README, TABLES, load_settings, manifests
from index.cohort.inputs import SPLITS
from sleeplm import RESEARCH_USE
from sleeplm.kinds.channels import CHANNEL_NAMES
from sleeplm.study.folder import save
from sleeplm.units import EPOCH_S


def write_card(folder: Path, failed: Sequence[tuple[int, str]] = ()) -> dict:
    """Count what a cohort holds and write ``card.json`` and ``README.md``.

    Parameters
    ----------
    folder : Path
    failed : sequence of (int, str)
        Nights of the last run that cannot be used, by number, and why.
    """
    card = card_of(manifests(folder), load_settings(folder), failed)
    save(folder, {CARD: card})
    text = readme(card)
    temporary = folder / f"{README}.new"
    temporary.write_text(text, encoding="utf-8")
    temporary.replace(folder / README)
    return card


def card_of(nights: Sequence[dict], made: dict, failed: Sequence[tuple[int, str]]) -> dict:
    """What a cohort's nights add up to."""
    return {
        "made": made,
        "research_use": RESEARCH_USE,
        **_sums(nights),
        "splits": {split: _sums([n for n in nights if n["split"] == split]) for split in SPLITS},
        "bytes": {t: sum(_bytes(n, t) for n in nights) for t in TABLES},
        "failed": [{"night": number, "reason": reason} for number, reason in failed],
    }


def _sums(nights: Sequence[dict]) -> dict:
    counts = [n["counts"] for n in nights]
    epochs, people = sum(c["epochs"] for c in counts), {n["person"] for n in nights}
    ages = [n["age_years"] for n in nights if n["age_years"] is not None]
    return {
        "nights": len(nights),
        "people": len(people),
        "epochs": epochs,
        "hours": round(epochs * EPOCH_S / 3600, 2),
        "simulated_nights": sum(n["simulated"] for n in nights),
        "captions": sum(c["captions"] for c in counts),
        "stages": _added(c["stages"] for c in counts),
        "stage_sources": _counted(c["stage_source"] or "none" for c in counts),
        "events": _added(c["events"] for c in counts),
        "nights_looked_for": _counted(kind for c in counts for kind in c["event_sources"]),
        "missing_channels": {n: v for n in CHANNEL_NAMES if (v := sum(n in c["missing"] for c in counts))},
        "sex": _counted(n["sex"] or "not known" for n in nights),
        "age_years": {"known": len(ages), "least": min(ages, default=None), "most": max(ages, default=None)},
    }


def _added(counts) -> dict[str, int]:
    total: Counter = Counter()
    for some in counts:
        total.update(some)
    return dict(sorted(total.items()))


def _counted(values) -> dict[str, int]:
    return dict(sorted(Counter(values).items()))


def _bytes(night: dict, table: str) -> int:
    return sum(file["bytes"] for name, file in night["files"].items() if name.startswith(f"{table}/"))


def readme(card: dict) -> str:
    """The card for people, with what `datasets` reads at its head."""
    made, model = card["made"], card["made"]["model"]
    stored = [t for t in TABLES if card["bytes"][t]]
    share = card["simulated_nights"] / card["nights"] if card["nights"] else 0
    lines = [
        *_configurations(card, stored),
        "# A cohort of sleep studies, epoch by epoch in words",
        "",
        f"**{card['research_use']}**",
        "",
        f"{card['nights']} nights of {card['people']} people, {card['hours']:g} hours, {card['epochs']} epochs of "
        f"{EPOCH_S} s, {card['captions']} captions. Simulated: {card['simulated_nights']} nights ({share:.0%}).",
        "",
        f"Made by sleeplm-chat {made['package']}; embeddings: "
        + (f"{model['name']}, sha256 {model['sha256'][:12]}, {model['dim']} dimensions." if model else "none."),
        f"Hypopneas where no expert scored them: AASM {made['hypopnea_rule']} rule. Seed of the phrasing: "
        f"{made['seed']}. Captions are written by rules from what was measured, not by people.",
        "",
        "| split | people | nights | hours | simulated nights |",
        "|---|---|---|---|---|",
        *(
            f"| {name} | {s['people']} | {s['nights']} | {s['hours']:g} | {s['simulated_nights']} |"
            for name, s in card["splits"].items()
        ),
        "",
        "People are never on both sides of a split; a night whose person nobody named is a person of its own.",
        "Ids of people and studies are keyed hashes, whose key is not here.",
        "",
        *_section("Epochs by stage", card["stages"]),
        *_section("Who staged the nights", card["stage_sources"]),
        *_section("Events", card["events"]),
        *_section("Nights in which an event was looked for", card["nights_looked_for"]),
        *_section("Nights without a channel", card["missing_channels"]),
        *_section("Sex of the people, by night", card["sex"]),
        *_section("Bytes", {t: card["bytes"][t] for t in stored}),
    ]
    if card["failed"]:
        lines += ["## Nights of the last run that cannot be used", ""]
        lines += [f"- night {f['night']}: {f['reason']}" for f in card["failed"]]
    return "\n".join(lines).rstrip() + "\n"


def _configurations(card: dict, stored: Sequence[str]) -> list[str]:
    """The head by which the hub's `datasets` finds tables and splits."""
    head = ["---", "license: other", "configs:"]
    for table in stored:
        head += [f"- config_name: {table}", "  data_files:"]
        for split in (s for s in SPLITS if card["splits"][s]["nights"]):
            head += [f"  - split: {split}", f"    path: {table}/{split}/*.parquet"]
    return [*head, "---", ""]


def _section(title: str, counts: dict) -> list[str]:
    if not counts:
        return []
    return [f"## {title}", "", *(f"- {name}: {n}" for name, n in counts.items()), ""]
