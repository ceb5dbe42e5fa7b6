"""A database knows the secrets it was used with."""

import pytest

from revenge.core.errors import StartRefused
from revenge.core.settings.words import Secret
from revenge.infra.site.secrets import SharedSecrets


async def test_the_same_secrets_are_welcome_again_and_others_are_refused_by_name(database):
    first = {"auth.jwt_secret": Secret("a" * 32), "encryption.key": Secret("b" * 64), "legacy.encryption_key": None}
    for _ in range(2):
        async with SharedSecrets(database, first).lifetime():
            pass
    with pytest.raises(StartRefused, match=r"another auth\.jwt_secret"):
        async with SharedSecrets(database, {**first, "auth.jwt_secret": Secret("c" * 32)}).lifetime():
            pass
