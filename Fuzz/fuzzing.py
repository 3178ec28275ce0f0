"""What the programs in this folder share: the targets, their builds, their inputs."""

import json
import os
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
CORPUS = HERE / "Corpus"
DICTIONARIES = HERE / "Dictionaries"
FOUND = HERE / ".build" / "found"
FINDINGS = HERE / ".build" / "findings"

# Name of a target -> its program and the bytes of an input, at most.
TARGETS = {
    "canary": ("FuzzCanary", 64),
    "configuration": ("FuzzConfiguration", 2048),
    "descriptor-codec": ("FuzzDescriptorCodec", 512),
    "descriptor-loader": ("FuzzDescriptorLoader", 4096),
    "descriptor-maker": ("FuzzDescriptorMaker", 16),
    "descriptor-workbench": ("FuzzDescriptorWorkbench", 512),
    "json": ("FuzzJSON", 512),
    "mqtt-codec": ("FuzzMQTTCodec", 512),
    "mqtt-protocol": ("FuzzMQTTProtocol", 512),
    "native-parts": ("FuzzNativeParts", 512),
    "rpc-envelope": ("FuzzRPCEnvelope", 2048),
    "topics": ("FuzzTopics", 256),
    "udp-link": ("FuzzUDPLink", 256),
}

# The runtime's own handler prints a backtrace and keeps libFuzzer from writing the reproducer.
ENVIRONMENT = dict(
    os.environ, SWIFT_BACKTRACE="enable=no",
    # Deep enough that what a global is made with is seen to be its own.
    ASAN_OPTIONS="malloc_context_size=100",
    LSAN_OPTIONS=f"suppressions={HERE / 'leaks.supp'}:print_suppressions=0")

# How the programs can be built: the folder of the build and its flags.
BUILDS = {
    "fuzzer": (".build", ["-c", "release", "--sanitize", "fuzzer"]),
    "address": (".build-address", ["-c", "release", "--sanitize", "address"]),
    "coverage": (".build-coverage",
                 ["-c", "release", "-Xswiftc", "-profile-generate", "-Xswiftc", "-profile-coverage-mapping"]),
}


def tool(name):
    """A program of LLVM that belongs to the Swift compiler; another version does not read its profiles."""
    told = subprocess.run(["swiftc", "-print-target-info"], check=True, stdout=subprocess.PIPE).stdout
    beside = pathlib.Path(json.loads(told)["paths"]["runtimeResourcePath"]).parents[1] / "bin" / name
    return str(beside) if beside.exists() else name


def say(text):
    print(text, flush=True)


def build(kind, products=()):
    """Builds the programs, or those named, and returns the folder they lie in."""
    folder, flags = BUILDS[kind]
    command = ["swift", "build", "--package-path", str(HERE), "--scratch-path", str(HERE / folder), *flags]
    if len(products) == 1:
        command += ["--product", products[0]]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode != 0:
        sys.exit(done.stdout + "\nthe build failed")
    return HERE / folder / "release"


def inputs(target):
    """The corpus of a target, sorted."""
    return sorted(path for path in (CORPUS / target).iterdir() if path.is_file())


def target_named(name):
    if name not in TARGETS:
        sys.exit(f"no target is called '{name}'; there are {', '.join(TARGETS)}")
    return TARGETS[name]


def finding(log):
    """What a program said when it broke off; nothing when it did not."""
    for line in log.splitlines():
        if "Fatal error" in line or "ERROR: " in line or "runtime error" in line:
            return line.strip()
    return None
