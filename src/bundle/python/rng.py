"""The playground's random numbers: a value is a function of seed, stream and counter alone. So a run that moves here goes on
with the films and the views that it would have gone on with there, and any step can be drawn again without its history.
"""

MASK = 0xFFFFFFFF
STREAMS = {"order": 2, "view1": 3, "view2": 4, "rotation1": 11, "rotation2": 12}


def mix(word):
    word &= MASK
    word ^= word >> 16
    word = word * 0x85EBCA6B & MASK
    word ^= word >> 13
    word = word * 0xC2B2AE35 & MASK
    return word ^ word >> 16


def hash_words(*words):
    hashed = 0x9E3779B9
    for word in words:
        hashed = mix(hashed * 5 + 0xE6546B64 & MASK ^ mix(word))
    return hashed


class Rng:
    def __init__(self, seed, stream, *key):
        self.base = hash_words(seed, STREAMS[stream], *key)
        self.twin = hash_words(self.base, 0x5BD1E995)
        self.counter = 0

    def uniform(self, low=0.0, high=1.0):
        counter = self.counter
        self.counter += 1
        word = mix((self.base + counter * 0x9E3779B9 & MASK) ^ mix(self.twin + counter))
        return low + (high - low) * (word / 4294967296)

    def integer(self, n):
        """0 .. n - 1."""
        return min(n - 1, int(self.uniform() * n))

    def chance(self, probability):
        return self.uniform() < probability

    def permutation(self, n):
        order = list(range(n))
        for i in range(n - 1, 0, -1):
            j = self.integer(i + 1)
            order[i], order[j] = order[j], order[i]
        return order
