"""`revenge doctor`: looks at every part and says in sentences what is wrong and what to do."""

import asyncio
from argparse import Namespace
from collections import Counter

from revenge.bootstrap.settings import Settings
from revenge.cli.children import children, engines
from revenge.cli.finding import Finding, broken
from revenge.cli.machine import machine
from revenge.cli.start import ready
from revenge.cli.vitals import vitals
from revenge.core.errors import StartRefused


def examine(wish: Namespace) -> int:
    """Look at everything; 1 when something is broken."""
    try:
        settings = ready(wish)
    except StartRefused as error:
        return _told([_say(broken("settings", error.detail))])
    return _told(asyncio.run(_examined(settings)))


async def _examined(settings: Settings) -> list[Finding]:
    found = [_say(finding) for finding in machine(settings)]
    found += [_say(finding) async for finding in vitals(settings)]
    found += [_say(finding) async for finding in children()]
    found += [_say(finding) async for finding in engines()]
    return found


def _say(finding: Finding) -> Finding:
    print(f"{finding.state:<7} {finding.part:<16} {finding.sentence}", flush=True)
    return finding


def _told(found: list[Finding]) -> int:
    """The last line, and the exit status."""
    states = Counter(finding.state for finding in found)
    if states["broken"]:
        print(f"\n{states['broken']} of {len(found)} checks found something broken.")
    elif states["weak"]:
        print(f"\nThe node can work; {states['weak']} of {len(found)} checks found something that could be better.")
    else:
        print("\nEverything is as it should be.")
    return int(states["broken"] > 0)
