"""When a node may ask for votes: only after enough others said they would give theirs (PreVote).

A node whose log had lost its end may have forgotten what it acknowledged. Its voice counts only where everybody's does:
then whoever remembers more has refused.
"""

from random import Random


class Election:
    """One node's way to a candidacy: the questions it asked, the answers it got, the votes that came."""

    def __init__(self, patience: float, dice: Random) -> None:
        self.round = 0
        self.everyone = False
        """Whether this candidacy stands only with every member's vote."""
        self._patience, self._dice = patience, dice
        self._answers: dict[str, bool] = {}
        self._next_everyone = False
        self._allowed_at: float | None = None
        self._votes: set[str] = set()

    def ask(self) -> int:
        """Begin a new round of questions and return its number."""
        self.round += 1
        self._answers, self._allowed_at = {}, None
        return self.round

    def answered(self, peer: str, number: int, grant: bool, certain: bool, others: set[str], sure: bool, now: float) -> None:
        """A member's answer; `sure` says whether this node remembers everything itself."""
        if number != self.round or not grant or peer not in others:
            return
        self._answers[peer] = certain
        willing = sum(self._answers[peer] for peer in self._answers if peer in others)
        by_quorum = sure and willing + 1 > (len(others) + 1) / 2
        if by_quorum or others <= self._answers.keys():
            self._next_everyone = not by_quorum
            self._allowed_at = now

    def allowed(self, now: float) -> bool | None:
        """None while the answers are out; else, once, whether they are still fresh."""
        if self._allowed_at is None:
            return None
        fresh = now - self._allowed_at < self._patience / 2
        self._allowed_at = None
        return fresh

    def begin(self, by_order: bool) -> None:
        """Votes of this candidacy are counted from here; answers that are still out no longer matter."""
        self.round += 1
        self.everyone = self._next_everyone and not by_order
        self._votes = set()

    def counts(self, peer: str, others: set[str]) -> list[str]:
        """Whose votes may be counted now that this one came: each once, and with `everyone` all together or none."""
        if peer in self._votes or peer not in others:
            return []
        self._votes.add(peer)
        if not self.everyone:
            return [peer]
        return sorted(self._votes) if others <= self._votes else []

    # -- how long to wait; different on every node, so that one comes first

    def after_refusal(self) -> float:
        """Before the next attempt when others heard from a leader."""
        return self._patience * (1 + self._dice.random())

    def after_stall(self) -> float:
        """After this process stood still: first read what came meanwhile."""
        return self._patience * (0.5 + self._dice.random() / 2)

    def after_question(self) -> float:
        """For the answers of others."""
        return self._patience * (0.15 + 0.35 * self._dice.random())

    def after_split(self) -> float:
        """For votes, before asking anew."""
        return self._patience * (0.2 + 0.5 * self._dice.random())
