"""How sure a detector is of an event, told by how far the evidence goes beyond what its rule asks for."""


def margin(value: float, least: float, full: float) -> float:
    """From .5 where a value just meets a rule's limit to 1 where it is as clear as can be, in hundredths.

    It is a margin and no probability: no detector here was calibrated against events of experts.

    Parameters
    ----------
    value, least, full : float
        What was measured, what the rule asks for, and what leaves no doubt, in the same unit; `full` may lie below
        `least`.

    >>> margin(3, 3, 10), margin(6.5, 3, 10), margin(40, 3, 10), margin(0.1, 0.3, 0)
    (0.5, 0.75, 1.0, 0.83)
    """
    return round(0.5 + 0.5 * min(max((value - least) / (full - least), 0.0), 1.0), 2)
