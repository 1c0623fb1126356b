"""What a turn of the conversation came to."""

from enum import StrEnum


class Outcome(StrEnum):
    """The seven things a reply can come to; the contract's words, as they stand in ``info["outcome"]``."""

    REQUESTED = "requested"
    CORRECT = "correct"
    WRONG = "wrong"
    ABSTAINED = "abstained"
    USELESS_REQUEST = "useless_request"  # on the menu, but nothing it could mend
    UNREADABLE = "unreadable"  # a written reply that names no option on offer
    EXHAUSTED = "exhausted"  # asked on the last allowed turn
