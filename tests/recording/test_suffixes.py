"""The table of suffixes, and what is derived from it."""

from sleeplm.recording import suffixes


def test_each_suffix_stands_once_in_small_letters():
    names = [row.suffix for row in suffixes.TABLE]
    assert len(names) == len(set(names))
    assert all(name == name.casefold() and name.startswith(".") for name in names)


def test_what_is_not_read_is_neither_searched_nor_whole():
    assert suffixes.WFDB_HEADER in suffixes.WFDB
    assert not set(suffixes.WFDB) & {*suffixes.SEARCHED, *suffixes.WHOLE, *suffixes.FOLDERS}


def test_only_edf_and_bdf_are_whole_in_one_file_and_may_hold_a_scoring_alone():
    assert set(suffixes.WHOLE) == {*suffixes.EDF, *suffixes.BDF} >= set(suffixes.MAY_SCORE)
