"""An index folder: vectors in FAISS, rows in SQLite, added, removed and searched together."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import numpy as np
from filelock import FileLock

from index import rows as table
from sleeplm.errors import SearchError, UsageError
from sleeplm.files import written_whole
from sleeplm.study.folder import MANIFEST, save

FORMAT = "sleeplm-index 2"
ROWS = "rows.sqlite"
MAX_K = 10_000
_LOCK = ".lock"
_OWN = (f"{ROWS}*", "vectors-*", ".vectors-*")  # with what interrupted writes left


@dataclass(frozen=True)
class Hit:
    """An epoch that was found.

    Attributes
    ----------
    study : str
        Id of the study.
    epoch : int
        From 1.
    start_s : float
        Seconds from the first sample of its recording.
    stage : str
        Its stage, ``"?"`` where unscored.
    score : float
        Cosine between its embedding and what was searched for.
    caption : str
        What is said of it.
    """

    study: str
    epoch: int
    start_s: float
    stage: str
    score: float
    caption: str


class Index:
    """The epochs of many studies, searched by likeness of their embeddings.

    The folder holds a manifest (which network's vectors), ``rows.sqlite`` and ``vectors-<generation>.faiss``. A
    change writes a new file of vectors first and then commits the rows with its generation, so that the folder
    holds together whenever it is interrupted.

    The search is exact (inner product over all vectors, held in memory): a million epochs (about a thousand nights)
    of 256 dimensions take 1 GB, and each change writes the vectors anew. It serves a few million; beyond, an
    approximate index on more than one machine is the right tool.
    """

    def __init__(self, folder: Path, dim: int, model: dict):
        self.folder, self.dim, self.model = folder, dim, model
        self._generation = -1
        self._vectors: Any = None  # of FAISS

    @classmethod
    def create(cls, folder: str | Path, dim: int, model: dict) -> "Index":
        """Make an empty index for the vectors of one network (`model`: its name and SHA-256).

        Raises
        ------
        SearchError
            The folder holds something else, or cannot be written.
        """
        import faiss

        folder = Path(folder).absolute()
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            _refuse_strangers(folder)
            with FileLock(folder / _LOCK):
                if (folder / MANIFEST).exists():
                    raise SearchError(f"{folder} already holds an index")
                for unfinished in _own_files(folder):
                    unfinished.unlink()
                index = cls(folder, int(dim), dict(model))
                index._write_vectors(faiss.IndexIDMap2(faiss.IndexFlatIP(index.dim)), 0)
                table.create(folder / ROWS)
                save(folder, {MANIFEST: {"format": FORMAT, "dim": index.dim, "model": index.model}})
        except OSError as error:
            raise SearchError(f"an index cannot be written to {folder}: {error.strerror or error}") from error
        return index

    @classmethod
    def open(cls, folder: str | Path) -> "Index":
        """Open an index that is there; SearchError where it is not, or is not whole."""
        folder = Path(folder).absolute()
        if not (folder / MANIFEST).is_file():
            raise SearchError(f"there is no index in {folder}; add a study to make one")
        manifest = _manifest(folder)
        if not (folder / ROWS).is_file():
            raise SearchError(f"the index in {folder} has lost its rows; delete it and add the studies again")
        return cls(folder, manifest["dim"], manifest["model"])

    @classmethod
    def open_or_create(cls, folder: str | Path, study) -> "Index":
        """Open an index, or make an empty one for the network that embedded this study."""
        manifest = Path(folder) / MANIFEST
        if not manifest.is_file():
            try:
                return cls.create(folder, study.model["dim"], study.model)
            except SearchError:
                if not manifest.is_file():  # where it is, another process was quicker
                    raise
        return cls.open(folder)

    def add(self, study) -> int:
        """Add the epochs of a study in place of what was there of it; gives back their number."""
        self.add_all([study])
        return study.n_epochs

    def add_all(self, studies: Sequence) -> int:
        """Add studies, the vectors written once for all of them; gives back the number of studies.

        Raises
        ------
        SearchError
            A study was embedded by another network than the rest.
        """
        self._change({study.id: (self._vectors_of(study), table.rows_of(study)) for study in studies})
        return len(studies)

    def _vectors_of(self, study) -> np.ndarray:
        if dict(study.model) != self.model:
            raise SearchError(
                f"study {study.id} was embedded by {_named(study.model)}, this index holds vectors of "
                f"{_named(self.model)}; analyse the recording again, or make a new index"
            )
        vectors = self._checked(study.embeddings)
        if len(vectors) != study.n_epochs:
            raise SearchError(f"study {study.id} has {study.n_epochs} epochs but {len(vectors)} embeddings")
        return vectors

    def holds(self, study) -> bool:
        """Whether this very analysis of a study is in the index, under its present label and person."""
        sql = "SELECT count(*) FROM rows WHERE study = ? AND analysed_at = ? AND label = ? AND person = ?"
        sql += " AND age_years IS ? AND sex IS ?"
        stored = (study.label, study.person_id, study.person["age_years"], study.person["sex"])
        with table.connect(self.folder / ROWS) as db:
            return db.execute(sql, (study.id, study.created, *stored)).fetchone() == (study.n_epochs,)

    def remove(self, ref: str) -> int:
        """Remove the epochs of a study (id or label); gives back how many there were, 0 if none."""
        with table.connect(self.folder / ROWS) as db:
            sql = "SELECT DISTINCT study FROM rows WHERE study = :ref OR label = :ref"
            found = [study for (study,) in db.execute(sql, {"ref": ref})]
        if len(found) > 1:
            raise SearchError(f"{ref!r} names {len(found)} studies of the index: {', '.join(found)}")
        nothing = np.zeros((0, self.dim), np.float32)
        return self._change({found[0]: (nothing, [])}) if found else 0

    def info(self) -> dict:
        """What the index holds: folder, model, dim, number of epochs and of studies, and the studies."""
        sql = "SELECT study, label, count(*) FROM rows GROUP BY study ORDER BY min(id)"
        with table.connect(self.folder / ROWS) as db:
            studies = [{"study": s, "label": n, "epochs": c} for s, n, c in db.execute(sql)]
        epochs = sum(s["epochs"] for s in studies)
        model = {"model": self.model["name"], "dim": self.dim}
        return {"folder": str(self.folder), **model, "epochs": epochs, "studies": studies}

    def vector(self, study_id: str, epoch: int) -> np.ndarray:
        """The stored vector ``[dim]`` of one epoch; SearchError where it is not in the index."""
        with table.connect(self.folder / ROWS) as db:
            db.execute("BEGIN")
            vectors = self._load(db)
            row = db.execute("SELECT id FROM rows WHERE study = ? AND epoch = ?", (study_id, epoch)).fetchone()
        if row is None:
            raise SearchError(f"epoch {epoch} of study {study_id} is not in this index")
        return vectors.reconstruct(row[0])

    def search(
        self,
        vector: np.ndarray,
        k: int = 10,
        where: str | None = None,
        exclude: tuple[str, int] | Sequence[tuple[str, int]] | None = None,
    ) -> list[Hit]:
        """The epochs whose embeddings are most like a vector, best first.

        Parameters
        ----------
        vector : ndarray
            ``[dim]``, of this index's network; it need not be of unit length.
        k : int
            How many at most.
        where : str, optional
            A condition on the columns `index.COLUMNS`, as SQL writes it: ``stage = 'N3' AND spo2_min_pct < 90``.
        exclude : (study, epoch) or a sequence of these, optional
            Epochs that are not wanted.

        Raises
        ------
        SearchError
            The vector is of another network, or the condition cannot be used.
        UsageError
            `k` is out of range.
        """
        if not 1 <= k <= MAX_K:
            raise UsageError(f"k must be from 1 to {MAX_K}")
        query = self._checked(np.asarray(vector).reshape(1, -1))
        unwanted = [exclude] if exclude and isinstance(exclude[0], str) else list(exclude or ())
        with table.connect(self.folder / ROWS) as db:
            db.execute("BEGIN")  # vectors and rows of one moment
            vectors = self._load(db)
            allowed = None
            if where is not None and where.strip():
                allowed = np.array(table.ids_where(db, where), np.int64)
            scores, ids = _nearest(vectors, query, k + len(unwanted), allowed)
            hits = _hits(db, ids, scores)
        return [h for h in hits if (h.study, h.epoch) not in unwanted][:k]

    def _checked(self, vectors: np.ndarray) -> np.ndarray:
        """A copy ``[n, dim]`` float32 of unit length."""
        vectors = np.array(vectors, dtype=np.float32, ndmin=2)
        if vectors.ndim != 2 or vectors.shape[1] != self.dim:
            raise SearchError(f"vectors of {vectors.shape[-1]} dimensions do not belong in an index of {self.dim}")
        if not np.isfinite(vectors).all():
            raise SearchError("vectors that are not finite cannot be searched")
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        return vectors / np.where(lengths > 0, lengths, 1)

    def _change(self, studies: Mapping[str, tuple[np.ndarray, list[dict]]]) -> int:
        """Replace vectors and rows of studies, all or none; gives back how many rows they had."""
        path = self.folder / ROWS
        try:
            with table.connect(path) as db:
                db.execute("BEGIN IMMEDIATE")  # one writer at a time, and all or nothing
                stored = self._load(db)
                sql = "SELECT id FROM rows WHERE study = ?"
                old = [i for study in studies for (i,) in db.execute(sql, (study,))]
                if not old and not any(new_rows for _, new_rows in studies.values()):
                    return 0
                db.executemany("DELETE FROM rows WHERE study = ?", [(study,) for study in studies])
                ids = table.insert(db, [row for _, new_rows in studies.values() for row in new_rows])
                generation = self._generation + 1
                self._vectors = None  # what is in memory changes now: read it again whatever happens
                if old:
                    stored.remove_ids(np.array(old, np.int64))
                if ids:
                    vectors = np.concatenate([of_study for of_study, _ in studies.values()])
                    stored.add_with_ids(vectors, np.array(ids, np.int64))
                self._write_vectors(stored, generation)
                db.execute("UPDATE state SET generation = ?", (generation,))
                db.execute("COMMIT")
                self._vectors, self._generation = stored, generation
                self._forget_others(db)
        except OSError as error:
            raise SearchError(f"the index in {self.folder} cannot be written: {error.strerror or error}") from error
        return len(old)

    def _load(self, db):
        """The vectors that belong to the rows as this connection sees them."""
        import faiss

        generation = _generation(db)
        if self._vectors is None or generation != self._generation:
            path = self._file(generation)
            try:
                vectors = faiss.read_index(str(path))
            except RuntimeError as error:
                raise self._broken(f"{path.name} is missing or damaged") from error
            if not isinstance(vectors, faiss.IndexIDMap2) or vectors.d != self.dim:
                raise self._broken(f"{path.name} is of another kind")
            (count,) = db.execute("SELECT count(*) FROM rows").fetchone()
            if vectors.ntotal != count:
                raise self._broken(f"{count} rows and {vectors.ntotal} vectors")
            self._vectors, self._generation = vectors, generation
        return self._vectors

    def _broken(self, why: str) -> SearchError:
        return SearchError(
            f"the index in {self.folder} does not hold together ({why}); delete it and add the studies again"
        )

    def _file(self, generation: int) -> Path:
        return self.folder / f"vectors-{generation}.faiss"

    def _write_vectors(self, vectors, generation: int) -> None:
        import faiss

        try:
            with written_whole(self._file(generation)) as partial:
                faiss.write_index(vectors, str(partial))
        except RuntimeError as error:  # FAISS says so when the disk is full
            raise SearchError(f"the vectors cannot be written to {self.folder}; is the disk full?") from error

    def _forget_others(self, db) -> None:
        """Delete the vectors of earlier generations, and what interrupted writes left, while no one else writes."""
        db.execute("BEGIN IMMEDIATE")  # another's change may have come in between, and what it writes is not ours
        current = self._file(_generation(db))
        for file in (*self.folder.glob("vectors-*"), *self.folder.glob(".vectors-*")):
            if file != current:
                file.unlink(missing_ok=True)
        db.execute("COMMIT")


def _generation(db) -> int:
    return db.execute("SELECT generation FROM state").fetchone()[0]


def _own_files(folder: Path) -> list[Path]:
    return [file for name in _OWN for file in folder.glob(name)]


def _refuse_strangers(folder: Path) -> None:
    """One look, judged by names: another process may be making this very index."""
    own = (*_OWN, MANIFEST, f"{MANIFEST}.new", _LOCK)
    if any(not any(fnmatchcase(file.name, name) for name in own) for file in folder.iterdir()):
        raise SearchError(f"{folder} holds something else; name a new folder for the index")


def _manifest(folder: Path) -> dict:
    try:
        manifest = json.loads((folder / MANIFEST).read_bytes())
    except (OSError, ValueError) as error:
        raise SearchError(f"the index in {folder} cannot be read; delete it and add the studies again") from error
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        raise SearchError(f"{folder} is not an index that this version reads; delete it and add the studies again")
    return manifest


def _named(model: dict) -> str:
    return f"{model['name']} ({model['dim']} dimensions, sha256 {str(model['sha256'])[:12]})"


def _nearest(vectors, query, k: int, allowed: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
    """Scores and ids of the nearest vectors, best first, among the allowed ones."""
    import faiss

    k = min(k, vectors.ntotal if allowed is None else len(allowed))
    if k == 0:
        return np.zeros(0, np.float32), np.zeros(0, np.int64)
    if allowed is None:
        scores, ids = vectors.search(query, k)
    else:
        selector = faiss.IDSelectorBatch(allowed)
        scores, ids = vectors.search(query, k, params=faiss.SearchParameters(sel=selector))  # type: ignore[call-arg]  # set by name, which the stubs lack
    return scores[0], ids[0]


def _hits(db, ids: np.ndarray, scores: np.ndarray) -> list[Hit]:
    sql = "SELECT study, epoch, start_s, stage, caption FROM rows WHERE id = ?"
    hits = []
    for i, score in zip(ids.tolist(), scores.tolist(), strict=True):
        study, epoch, start_s, stage, caption = db.execute(sql, (i,)).fetchone()
        hits.append(Hit(study, epoch, start_s, stage, round(score, 6), caption))
    return hits
