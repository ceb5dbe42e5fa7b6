"""A disk in memory that can be full, and can lose power in the middle of a write."""


class PowerCut(BaseException):
    """The machine is off."""


class SimDisk:
    def __init__(self, dice):
        self.files = {}
        self.full = False
        self.cut_soon = False
        self.dice = dice

    def read(self, name):
        return self.files.get(name)

    def replace(self, name, data):
        self.check()
        if self.cut_soon and self.dice.random() < 0.5:
            self.off()
        self.files[name] = bytes(data)
        if self.cut_soon:
            self.off()

    def write(self, name, offset, data):
        self.check()
        old = self.files[name]
        if self.cut_soon:
            half = self.dice.randrange(len(data) + 1)
            self.files[name] = self.dice.choice([old, old[:offset] + data[:half], old[:offset] + data[:half] + old[offset + half :]])
            self.off()
        self.files[name] = old[:offset] + data

    def check(self):
        if self.full:
            raise OSError(28, "No space left on device")

    def off(self):
        self.cut_soon = False
        raise PowerCut
