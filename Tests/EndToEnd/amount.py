"""How much of what takes long: all of it in Tests/long, a sample in every other run."""

import os


def amount(whole, sample):
    """`whole` where `GATEHOUSE_E2E_LONG` is set, else `sample`."""
    return whole if os.environ.get("GATEHOUSE_E2E_LONG") else sample
