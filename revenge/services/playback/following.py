"""What comes after an item. Kinds that have an order, as episodes do, offer it; films have none."""

from collections.abc import Mapping
from typing import Protocol
from uuid import UUID

from revenge.core.caller import Caller
from revenge.core.ids import ItemRef
from revenge.services.library.entity import ItemCard
from revenge.services.playback.entity import Next


class Follower(Protocol):
    """Who knows what comes after an item of its kind."""

    async def after(self, id: UUID, caller: Caller) -> ItemCard | None:
        """Return what comes after the item and can be played by the caller; None after the last."""


async def following(followers: Mapping[str, Follower], item: ItemRef, caller: Caller) -> Next | None:
    """Return what a player offers at the end of this item."""
    follower = followers.get(item.kind)
    card = await follower.after(item.id, caller) if follower is not None else None
    return None if card is None else Next(ItemRef(card.kind, card.id), card.title, card.poster)
