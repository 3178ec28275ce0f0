"""mosquitto_pub, mosquitto_sub and mosquitto_rr of Debian, as they come."""

import re
import shutil
import subprocess

import pytest

from wire import casts_until, opened, publish, watcher

PATIENCE_SECONDS = 30
versions = pytest.mark.parametrize("version", ["mqttv31", "mqttv311"])
every_qos = pytest.mark.parametrize("qos", [0, 1, 2])


def mosquitto(tool, port, *arguments, stdin=None, version="mqttv311"):
    """Runs one of the clients against the gateway and returns what it printed."""
    path = shutil.which(f"mosquitto_{tool}")
    assert path, "the mosquitto clients are not installed (Debian: mosquitto-clients)"
    done = subprocess.run(
        [path, "-h", "127.0.0.1", "-p", str(port), "-V", version, *map(str, arguments)],
        input=stdin, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=PATIENCE_SECONDS, text=True)
    assert done.returncode == 0, done.stdout
    return done.stdout


@versions
@every_qos
def test_pub_reaches_the_handler_once(port, version, qos):
    with watcher(port) as watching, opened(port) as wire:
        text = f"{version} {qos}"
        said = mosquitto("pub", port, "-d", "-i", "pub", "-q", qos, "-t", "Echo/HD_Cast", "-m", text, version=version)
        assert "received CONNACK (0)" in said
        assert ("PUBACK" in said) == (qos == 1)
        assert ("PUBREC" in said and "PUBCOMP" in said) == (qos == 2)
        assert watching.message("Echo/OnCast").payload == text.encode()
        wire.send(publish("Echo/HD_Cast", "pub-done"))
        assert casts_until(watching, "pub-done") == []


@every_qos
def test_pub_of_200_lines_arrives_in_order(port, qos):
    lines = [f"line {qos} {number}" for number in range(200)]
    with watcher(port) as watching:
        mosquitto("pub", port, "-i", "lines", "-q", qos, "-t", "Echo/HD_Cast", "-l", stdin="\n".join(lines) + "\n")
        assert [watching.message("Echo/OnCast").payload.decode() for _ in lines] == lines


def test_pub_sends_an_empty_message_and_a_retained_one(port):
    with watcher(port) as watching:
        mosquitto("pub", port, "-t", "Echo/HD_Cast", "-n")
        assert watching.message("Echo/OnCast").payload == b""
        mosquitto("pub", port, "-t", "Echo/HD_Cast", "-r", "-m", "retained")
        assert watching.message("Echo/OnCast").payload == b"retained"


@versions
@every_qos
def test_sub_is_granted(port, version, qos):
    said = mosquitto("sub", port, "-d", "-i", "sub", "-E", "-q", qos, "-t", "chat", "-t", "a/+", "-t", "b/#",
                     version=version)
    assert "received CONNACK (0)" in said
    codes = re.search(r"Subscribed \(mid: \d+\): ([\d, ]+)", said).group(1).split(", ")
    assert len(codes) == 3 and all(int(code) <= qos for code in codes)


def test_sub_unsubscribes(port):
    said = mosquitto("sub", port, "-d", "-i", "sub", "-E", "-t", "chat", "-U", "chat")
    assert "UNSUBSCRIBE" in said and "Subscribed" in said


def test_sub_stays_while_it_pings(port):
    """Keep alive is five seconds at least here; in eight seconds of silence the client pings and is answered."""
    path = shutil.which("mosquitto_sub")
    done = subprocess.run(
        [path, "-h", "127.0.0.1", "-p", str(port), "-V", "mqttv311", "-d", "-k", "5", "-t", "quiet", "-W", "8"],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=PATIENCE_SECONDS, text=True)
    assert "PINGRESP" in done.stdout
    assert done.returncode == 27, done.stdout  # its own time is up; the gateway did not end it


@every_qos
def test_rr_gets_its_answer(port, qos):
    said = mosquitto("rr", port, "-i", "rr", "-q", qos, "-t", "Echo/HD_Raw/1", "-e", "Echo/HD_Raw/1", "-m", "ask")
    assert said.strip() == "ask"


def test_rr_gets_the_envelope(port):
    said = mosquitto("rr", port, "-i", "rr", "-t", "HelloWorld/HD_Say/1", "-e", "HelloWorld/HD_Say/1",
                     "-m", '{"say":"hi"}')
    assert '"Result":"you say : hi"' in said


def test_name_and_password_are_taken(port):
    said = mosquitto("pub", port, "-d", "-u", "admin", "-P", "password", "-t", "Echo/HD_Raw", "-m", "x")
    assert "received CONNACK (0)" in said


def test_a_will_is_taken(port):
    said = mosquitto("sub", port, "-d", "-E", "-t", "a", "--will-topic", "gone", "--will-payload", "x",
                     "--will-qos", "1")
    assert "received CONNACK (0)" in said


@pytest.mark.parametrize("tool, arguments", [("pub", ["-m", "x"]), ("sub", ["-E"])])
def test_a_kept_session_is_taken(port, tool, arguments):
    for _ in range(2):
        said = mosquitto(tool, port, "-d", "-i", f"kept-{tool}", "-c", "-q", "1", "-t", "Echo/HD_Raw", *arguments)
        assert "received CONNACK (0)" in said


def test_a_client_of_mqtt_5_is_refused_and_told(port):
    path = shutil.which("mosquitto_pub")
    done = subprocess.run([path, "-h", "127.0.0.1", "-p", str(port), "-V", "mqttv5", "-t", "a", "-m", "x"],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=PATIENCE_SECONDS, text=True)
    assert done.returncode != 0
    assert done.stdout.strip()
