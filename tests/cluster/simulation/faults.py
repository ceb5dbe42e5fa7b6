"""What can happen to a cluster, and sequences of it made from a seed."""


def crash(world, dice, node):
    """Kill -9, and back some time later."""
    node.stop()
    world.after(dice.choice([0.0, 0.1, 0.5, 2.0, 5.0]), revive, world, node)


def revive(world, node):
    if node.agent is None:
        node.disk.cut_soon = False
        node.start()


def power(world, dice, node):
    """Power goes in the middle of the next write."""
    node.disk.cut_soon = True
    world.after(dice.uniform(1.0, 4.0), revive, world, node)


def stall(world, dice, node):
    """The process stands still (SIGSTOP, a long garbage collection, a suspended machine)."""
    node.stalled_until = world.time + dice.choice([0.3, 0.6, 0.9, 1.2, 2.0, 4.0])


def isolate(world, dice, node):
    """Cut off: both ways, or only one."""
    others = [name for name in world.nodes if name != node.name]
    way = dice.choice(["both", "in", "out"])
    cut = {(other, node.name) for other in others if way != "out"} | {(node.name, other) for other in others if way != "in"}
    world.blocked |= cut
    world.after(dice.choice([0.3, 0.8, 1.5, 3.0, 8.0]), world.blocked.difference_update, cut)


def one_link(world, dice, node):
    """One link of three."""
    other = dice.choice([name for name in world.nodes if name != node.name])
    cut = {(other, node.name), (node.name, other)}
    world.blocked |= cut
    world.after(dice.choice([0.5, 2.0, 7.0]), world.blocked.difference_update, cut)


def sluggish(world, dice, node):
    """Messages take long."""
    for other in world.nodes:
        world.slow[node.name, other] = dice.choice([0.1, 0.4, 0.9])
    world.after(dice.uniform(1, 4), world.slow.clear)


def full(world, dice, node):
    """The disk takes nothing for a while."""
    node.disk.full = True
    world.after(dice.uniform(0.5, 4), setattr, node.disk, "full", False)


def hand_over(world, dice, node):
    """The leader is asked to hand over."""
    if node.agent is not None and world.time >= node.stalled_until:
        with world.running(node):
            node.agent.do(node.agent.transferLeadership)


def compact(world, dice, node):
    """A snapshot now."""
    if node.agent is not None:
        node.agent.forceLogCompaction()


def rot(world, dice, node):
    """The end of the log is gone or garbage. One node at a time: what nobody remembers, nobody can."""
    if any(other.agent is None or not other.agent.journal.certain for other in world.nodes.values()):
        return
    node.stop()
    log = node.disk.files.get("journal", b"")
    lost = dice.randrange(1, 60)
    if len(log) > 200:
        node.disk.files["journal"] = dice.choice([log[:-lost], log[:-lost] + dice.randbytes(lost), log + dice.randbytes(lost)])
    world.after(dice.uniform(0, 2), revive, world, node)


FAULTS = [crash, crash, power, stall, stall, isolate, isolate, one_link, sluggish, full, hand_over, compact, compact, rot]


def play(world, faults=20):
    """Start, write all the while, and let faults happen; then look whether everything that was promised holds."""
    dice = world.dice
    for node in world.nodes.values():
        world.after(dice.uniform(0, 0.5), node.start)
    world.run(0.6)
    for _ in range(faults):
        for _ in range(dice.randrange(1, 8)):
            world.write(dice.choice(list(world.nodes.values())))
            world.hold(dice.choice(list(world.nodes.values())))
            world.run(dice.choice([0.01, 0.05, 0.3, 0.8]))
        leading = [world.nodes[name] for name in world.leaders()]
        node = leading[0] if leading and dice.random() < 0.6 else dice.choice(list(world.nodes.values()))
        dice.choice(FAULTS)(world, dice, node)
        if dice.random() < 0.4:
            dice.choice(FAULTS)(world, dice, dice.choice(list(world.nodes.values())))
    world.run(1)
    world.settle()
