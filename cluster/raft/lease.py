"""The leader's belief in itself: it lasts a little from the moment it *sent* the heartbeats that a quorum has answered."""

from collections.abc import Callable, Collection


class Lease:
    """Until when this node may act as leader, by its own clock. Nothing is written for it anywhere."""

    def __init__(self, length: float, clock: Callable[[], float]) -> None:
        self._length, self._clock = length, clock
        self._held = (-1, 0.0)
        self._echoes: dict[str, float] = {}
        self._term = self._given_up = -1
        self._given_up_at = 0.0

    def holds(self, term: int) -> bool:
        """Whether the belief of this term still lasts. Any thread may ask."""
        held, until = self._held
        return held == term and self._clock() < until

    def left(self, term: int) -> float:
        """Seconds left of it."""
        held, until = self._held
        return max(0.0, until - self._clock()) if held == term else 0.0

    def answered(self, peer: str, sent: float, term: int, others: Collection[str]) -> None:
        """A member answered what was sent at this moment of this node's clock."""
        if term != self._term:
            self._echoes, self._term = {}, term
        self._echoes[peer] = max(sent, self._echoes.get(peer, sent))
        self.renew(term, others)

    def sent(self, peer: str) -> float | None:
        """When the newest answered message to a member was sent."""
        return self._echoes.get(peer)

    def renew(self, term: int, others: Collection[str]) -> None:
        """Count from the newest moment that enough members, with this node a quorum, have answered."""
        if term == self._given_up:
            return
        if not others:
            self._held = (term, self._clock() + self._length)
            return
        if term != self._term:
            return
        newest = sorted((self._echoes[peer] for peer in others if peer in self._echoes), reverse=True)
        needed = (len(others) + 1) // 2
        if len(newest) >= needed:
            self._held = (term, newest[needed - 1] + self._length)

    def give_up(self, term: int) -> None:
        """Stop leading in this term for good: somebody else has been asked to."""
        self._given_up, self._given_up_at = term, self._clock()
        self._held = (-1, 0.0)

    def forsaken(self, term: int, patience: float) -> bool:
        """Whether it was given up in this term and nobody took over in time: such a leader must not stay, it would lead without a lease."""
        return term == self._given_up and self._clock() - self._given_up_at > patience
