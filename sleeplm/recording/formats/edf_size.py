"""How many data records an EDF or BDF file holds, where its header and its size may disagree."""

from dataclasses import dataclass
from pathlib import Path

from sleeplm.errors import DamagedFileError


@dataclass(frozen=True)
class Records:
    """The data records that are read.

    Attributes
    ----------
    count : int
        Whole records.
    spare_bytes : int
        Bytes of the file that follow the last of them.
    notices : tuple of str
        Where the header says otherwise, as ends of a sentence that begins with the file's name.
    """

    count: int
    spare_bytes: int = 0
    notices: tuple[str, ...] = ()


def records_there(
    path: Path, announced: int | None, data_bytes: int, record_bytes: int, record_s: float, beyond: bool
) -> Records:
    """Count the whole data records of a file.

    Parameters
    ----------
    path : Path
        For the sentences.
    announced : int or None
        What the header says; -1, 0 and None where a recorder that was cut off never filled the count in.
    data_bytes : int
        Size of the file without its header.
    record_bytes : int
    record_s : float
        Duration of a record in seconds.
    beyond : bool
        Whether records are read that follow the announced end, where nothing but whole ones do.

    Raises
    ------
    DamagedFileError
        Not one whole record is there.
    """
    there, rest = divmod(data_bytes, record_bytes)
    if not there:
        raise DamagedFileError(
            f"'{path.name}' holds no data: a header and not one whole data record; copy or export it again."
        )
    if announced is None or announced < 1:
        left = f"; {rest} bytes of a last one that is not whole were left aside" if rest else ""
        how = "its header does not say how many data records there are: all were read"
        return Records(there, rest, () if announced == -1 and not rest else (f"{how}{left}.",))
    spare = data_bytes - announced * record_bytes
    if spare < 0:
        return Records(there, rest, (_cut_short(announced, there, rest, record_s),))
    if spare and not rest and beyond:
        how = (
            f"its header announces {announced * record_s:g} s, and {there * record_s:g} s are there: all were read."
        )
        return Records(there, 0, (how,))
    if spare:
        long_s = spare // record_bytes * record_s
        like = f" (as many as {long_s:g} s of signals have)" if long_s else ""
        how = f"{spare} bytes follow the end that the header announces{like}; they were left aside."
        return Records(announced, spare, (how,))
    return Records(announced)


def _cut_short(announced: int, there: int, rest: int, record_s: float) -> str:
    begun = f", but for {rest} bytes of a record that is not whole" if rest else ""
    return (
        f"it is cut short: its header announces {announced * record_s:g} s, of which the last "
        f"{(announced - there) * record_s:g} s are missing{begun}; {there * record_s:g} s were read."
    )
