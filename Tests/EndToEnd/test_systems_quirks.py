"""What is particular to each system but Pomelo: greetings, heartbeats, byte orders, own limits."""

import json
import random
import re
import struct
import time

import pytest

from logs import close_reason, own_address
from systems import cellnet, kbengine, leaf, listeners, photon, scut, skynet
from systems.cellnet import Cellnet
from systems.firefly import Firefly, frame as firefly_frame
from systems.kbengine import KBEngine, message
from systems.leaf import LeafJSON, LeafProtobuf
from systems.photon import PhotonJSON, PhotonTCP
from systems.scut import Scut
from systems.skynet import MessageServer, Skynet
from wire import Closed, Wire, opened, publish


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    """Listeners whose every request goes to Echo/HD_Raw, and some with settings of their own."""
    file = tmp_path_factory.mktemp("plain") / "gate.json5"
    every = [("skynet", {"heartbeat": 1}), ("skynet", {"heartbeat": 0}), ("skynet-msgserver", {}), ("skynet-login", {}),
             ("cellnet", {}), ("scut", {}), ("firefly", {}), ("firefly", {"h0": 78, "proto": 5, "server": 258}),
             ("photon-tcp", {}), ("photon-json", {}), ("kbengine", {}), ("kbengine", {"ids": "u16"})]
    every += [("leaf-pb", {"length": length, "order": order}) for length, order in LENGTHS]
    every += [("leaf-json", {"length": length, "order": order}) for length, order in LENGTHS]
    mqtt = {"protocol": "mqtt", "host": "127.0.0.1", "port": 0}
    entries = [{"protocol": name, "host": "127.0.0.1", "port": 0, "route": "Echo/HD_Raw", "parameters": parameters}
               for name, parameters in every]
    renamed = {"protocol": "leaf-json", "host": "127.0.0.1", "port": 0,
               "routes": {"Ask": "Echo/HD_Raw -> Told", "Join": "Echo/HD_Join", "Cast": "Echo/OnCast"}}
    missing = [{"protocol": name, "host": "127.0.0.1", "port": 0, "route": "Echo/HD_Missing"}
               for name in ("skynet-msgserver", "firefly")]
    missing += [{"protocol": name, "host": "127.0.0.1", "port": 0, "route": "Echo/HD_Raw",
                 "routes": {key: "Echo/HD_Missing"}} for name, key in MISSING.items()]
    file.write_text(listeners.configuration(mqtt, *entries, renamed, *missing))
    from conftest import Gatehouse, end
    shared = Gatehouse("--config", file, "--log-level", "debug", listen=()).wait_for_ports()
    yield shared
    end(shared)


# What leads nowhere, for clients that would read an error as a result.
MISSING = {"cellnet": "proto.Missing", "leaf-json": "Missing", "leaf-pb": "9", "kbengine": "9"}
LENGTHS = [(length, order) for length in ("u8", "u16", "u32") for order in ("be", "le")]


# skynet


def test_skynet_the_example_client(plain):
    """`examples/client.lua`: handshake, set, get, byte for byte; our modules echo the content of the last two."""
    with Wire(plain.port("skynet", 1)) as wire:
        wire.send(bytes.fromhex("000415020404"), bytes.fromhex("0014550208060210053f68656c6c6f053e776f726c64"),
                  bytes.fromhex("000d5502060801c4056865076c6c6f"))
        for session, content in ((1, b""), (2, skynet.texts(b"hello", b"world")), (3, skynet.texts(b"hello"))):
            values, rest = skynet.fields(skynet.unpack(wire.read(int.from_bytes(wire.read(2), "big"))))
            assert values == {1: session} and rest.rstrip(b"\0") == content.rstrip(b"\0")


def test_skynet_a_push_without_session_comes_again_and_again(plain):
    with Skynet(plain.port("skynet", 0)) as client:
        began = time.monotonic()
        assert [client.push(1).payload for _ in range(2)] == [b"", b""]
        assert 1 <= time.monotonic() - began < 6
        assert client.ask(7, skynet.texts(b"x")).payload.rstrip(b"\0") == skynet.texts(b"x").rstrip(b"\0")
    with Wire(plain.port("skynet", 0)) as wire:
        assert wire.read(5) == bytes.fromhex("0003050104")


def test_skynet_without_a_heartbeat_nothing_comes(plain):
    with Skynet(plain.port("skynet", 1)) as client:
        time.sleep(1.2)
        assert client.ask(7, b"[1]    ").payload.rstrip(b"\0 ") == b"[1]"
        assert not client.pushes


def test_skynet_a_frame_of_no_bytes_is_ignored(plain):
    with Skynet(plain.port("skynet", 1)) as client:
        client.send(b"\0\0\0\0")
        assert client.ask(1, b"[]").error is None


@pytest.mark.parametrize("session", [0, 1, 0x7FFD, 0x7FFE, 0x7FFF, 0x10000, 0x7FFFFFFF])
def test_skynet_sessions_of_every_width(plain, session):
    with Skynet(plain.port("skynet", 1), session=session) as client:
        assert client.answer(client.put(3, b"")).payload.strip(b"\0") == b""


def test_skynet_content_of_every_kind_of_packing(plain):
    dice = random.Random(3)
    with Skynet(plain.port("skynet", 1)) as client:
        for content in (b"", b"\1" * 4000, bytes(4000), dice.randbytes(5000),
                        dice.randbytes(3) + bytes(2000) + b"\xff" * 2056,
                        bytes(dice.choice((0, 0, 7)) for _ in range(3000))):
            assert client.ask(3, content).payload.rstrip(b"\0") == content.rstrip(b"\0")


def test_skynet_an_error_is_content_that_every_schema_reads(plain, systems_server):
    with Skynet(systems_server.port("skynet")) as client:
        answer = client.ask(listeners.NAMES["skynet"]["missing"], b"")
        values, rest = skynet.fields(answer.payload)
        assert list(values) == [skynet.ERROR_TAG] and not rest.strip(b"\0")
        assert json.loads(values[skynet.ERROR_TAG]) == {"Error": "Remote function(HD_Missing) not found"}


def test_skynet_message_server_and_login_framing(plain):
    with MessageServer(plain.port("skynet-msgserver"), session=7) as client:
        tokens = client.at_once(*(lambda n=n: client.put(None, b"echo %d" % n) for n in range(20)))
        assert [client.answer(token).payload for token in tokens] == [b"echo %d" % n for n in range(20)]
        client.send(bytes.fromhex("00086563686f00000001"))
        assert client.read(11) == bytes.fromhex("00096563686f0100000001")
    with MessageServer(plain.port("skynet-msgserver", 1), session=2) as client:
        client.put(None, b"x")
        assert client.read(7) == bytes.fromhex("00050000000002")
    with Wire(plain.port("skynet-login")) as wire:
        wire.send(b"ISkxwPmkUxg=\n1slXWM1L31k=\n")
        assert wire.read(26) == b"ISkxwPmkUxg=\n1slXWM1L31k=\n"


# leaf


@pytest.mark.parametrize("place", range(6), ids=["-".join(one) for one in LENGTHS])
def test_leaf_lengths_and_orders(plain, place):
    length, order = LENGTHS[place]
    options = {"width": {"u8": 1, "u16": 2, "u32": 4}[length], "order": {"be": "big", "le": "little"}[order]}
    longest = 255 if length == "u8" else 4096
    with LeafProtobuf(plain.port("leaf-pb", place), **options) as client:
        for payload in (b"", b"\x0a\x04leaf", b"x" * (longest - 2)):
            assert client.ask(1, payload).payload == payload
        assert client.ask(0xFFFE, b"x").payload == b"x"
        if length != "u8":
            client.send((longest + 1).to_bytes(options["width"], options["order"]))
            client.expect_closed()
    with LeafJSON(plain.port("leaf-json", place), **options) as client:
        assert client.ask("Hello", b'{"Name":"leaf"}').payload == b'{"Name":"leaf"}'
        assert client.frame(client.message("Hello", b"{}"))[0 if order == "le" else options["width"] - 1] == 12


def test_leaf_an_answer_may_have_a_name_of_its_own(plain):
    with LeafJSON(plain.port("leaf-json", 6)) as client, opened(plain.port()) as wire:
        client.send(client.frame(b'{"Ask":{"a":[1]}}'))
        assert client.body() == b'{"Told":{"a":[1]}}'
        client.send(client.frame(b'{"Join":{}}'))
        assert client.body() == b'{"Join":"success"}'
        wire.send(publish("Echo/HD_Cast", b'{"b":2}'))
        assert client.body() == b'{"Cast":{"b":2}}'
        # Without an id nobody could tell whose answer it is: a name that leads nowhere gets none.
        client.send(client.frame(b'{"Nothing":{}}'))
        client.send(client.frame(b'{"Echo/HD_Echo":[1, 2]}'))
        assert json.loads(client.body()) == {"Echo/HD_Echo": [1, 2]}


# cellnet


def test_cellnet_ids_are_hashes_of_names(systems_server):
    assert [cellnet.identifier(name) for name in ("main.TestEchoACK", "proto.ChatREQ", "proto.ChatACK",
                                                  "tests.TestEchoACK")] == [4673, 16234, 43601, 58287]
    with Cellnet(systems_server.port("cellnet")) as client:
        client.send(client.frame(cellnet.identifier("proto.Raw"), b"payload"))
        assert client.read(11) == client.frame(cellnet.identifier("proto.Raw"), b"payload")


def test_cellnet_remote_calls_have_numbers(plain, systems_server):
    with Cellnet(plain.port("cellnet")) as client:
        client.send(bytes.fromhex("120015e501c1240a0903007270630500000011 01".replace(" ", "")))
        assert client.read(20) == bytes.fromhex("1200fc4f01c1240a09030072706305000000" "1101")
    with Cellnet(systems_server.port("cellnet")) as client:
        slow = client.put_call("proto.Wait", b'{"milliseconds":120}')
        fast = client.put_call("proto.Raw", b"x" * 300)
        assert client.answer(fast).payload == b"x" * 300 and not client.answers
        assert client.answer(slow).payload == b'{"milliseconds":120}'
        failed = client.answer(client.put_call("proto.Missing", b""))
        assert json.loads(failed.payload) == {"Error": "Remote function(HD_Missing) not found"}


def test_what_fails_gets_no_answer_where_a_client_would_read_it_as_a_result(plain):
    """cellnet's panics on it, leaf's decode zeros."""
    with Cellnet(plain.port("cellnet", 1)) as client:
        client.put("proto.Missing", b"x")
        client.put_call("proto.Missing", b"x")
        assert client.answer(client.put_call("proto.Raw", b"y")).payload == b"y"
        assert client.ask("proto.Raw", b"z").payload == b"z" and not client.answers and not client.pushes
    with LeafJSON(plain.port("leaf-json", 7)) as client:
        client.put("Missing", b"{}")
        assert client.ask("Hello", b"[1]").payload == b"[1]" and not client.answers and not client.pushes
    with LeafProtobuf(plain.port("leaf-pb", 6)) as client:
        client.put(9, b"x")
        assert client.ask(1, b"y").payload == b"y" and not client.answers and not client.pushes


def test_cellnet_an_empty_payload_is_a_message(plain):
    with Cellnet(plain.port("cellnet")) as client:
        client.send(bytes.fromhex("02004112"))
        assert client.read(4) == bytes.fromhex("02004112")


# KBEngine


@pytest.fixture
def kbe(systems_server):
    """The port of KBEngine's listener."""
    return systems_server.port("kbengine")


def test_kbengine_the_whole_way_in(kbe):
    """As enki goes: loginapp, hello, login; the address it names; hello, login, hello again, ticks."""
    with KBEngine(kbe, app="loginapp", version="2.5.10") as client:
        client.tick(11)
        assert client.event() == "tick"
        host, port, udp = client.log_in_loginapp("acct", extra=b"\0\1")
        assert (host, port, udp) == ("127.0.0.1", kbe, 0)
    with KBEngine(port, app="baseapp") as client:
        client.log_in_baseapp("acct")
        assert client.entity_type == "Account"
        client.hello("baseapp")
        for _ in range(3):
            client.tick()
            assert client.event() == "tick"


def test_kbengine_the_address_to_go_on_to_is_the_listeners_unless_it_says_another(gatehouse):
    server = gatehouse(listen=["kbengine://127.0.0.1:0", "kbengine://127.0.0.1:0?ip=10.1.2.3&port=20015",
                               "kbengine://0.0.0.0:0", "kbengine://127.0.0.2:0"])
    wanted = [("127.0.0.1", server.port("kbengine", 0)), ("10.1.2.3", 20015), ("127.0.0.1", server.port("kbengine", 2)),
              ("127.0.0.2", server.port("kbengine", 3))]
    for place, (host, port) in enumerate(wanted):
        at = "127.0.0.2" if place == 3 else "127.0.0.1"
        with KBEngine(server.port("kbengine", place), host=at, app="loginapp") as client:
            assert client.log_in_loginapp("a")[:2] == (host, port)


@pytest.mark.parametrize("number", [5, 207])
def test_kbengine_a_client_learns_the_messages(kbe, number):
    """kbengine.js and the engine's older clients ask first and say nothing before the answer."""
    with KBEngine(kbe) as client:
        client.send(message(number, fixed=True))
        body = client.expect_message(518)
        learned = {}
        for _ in range(body.number("H")):
            code, length, name = body.number("H"), body.number("h"), body.text()
            kind, types = body.number("b"), [body.number("B") for _ in range(body.number("B"))]
            learned[name] = (code, length, kind, types)
        body.done()
    assert learned["Loginapp_hello"][:2] == (4, -1) and learned["Baseapp_hello"][:2] == (200, -1)
    assert learned["Loginapp_login"][:2] == (3, -1) and learned["Baseapp_loginBaseapp"][:2] == (202, -1)
    assert learned["Loginapp_importServerErrorsDescr"][:2] == (8, 0)
    assert learned["Baseapp_onClientActiveTick"][:2] == (206, 0)
    assert learned["Client_onKicked"] == (517, 2, 0, [3]) and learned["Client_onAppActiveTickCB"] == (72, 0, 0, [])
    assert learned["Client_onCreatedProxies"] == (504, -1, 0, [5, 8, 1])
    assert learned["Client_onLoginSuccessfully"][:3] == (502, -1, -1)
    assert learned["Entity_onRemoteMethodCall"][:2] == (302, -1)


def test_kbengine_definitions_errors_accounts(kbe):
    with KBEngine(kbe) as client:
        client.send(message(208, fixed=True), message(8, fixed=True), message(2, b"a\0b\0" + kbengine.blob(b"")))
        assert client.expect_message(519).raw == b"\0\0"
        body = client.expect_message(63)
        errors = {body.number("H"): (body.blob(), body.blob()) for _ in range(body.number("H"))}
        body.done()
        assert errors[0] == (b"SUCCESS", b"ok")
        assert 20 in errors, "kbengine.js breaks at a kick with a code that it was not told"
        body = client.expect_message(501)
        assert (body.number("H"), body.blob()) == (0, b"")


def test_kbengine_a_login_again_after_a_lost_connection(kbe):
    with KBEngine.log_in(kbe) as lost:
        lost.reset()
    with KBEngine(kbe, app="baseapp") as client:
        client.send(message(204, b"bot1\0x\0" + struct.pack("<Qi", lost.uuid, lost.entity)))
        assert client.expect_message(71).number("Q") == lost.uuid
        client.entity = lost.entity
        assert client.ask(listeners.NAMES["kbengine"]["raw"], b"\1\2").payload == b"\1\2"


def test_kbengine_messages_back_to_back_and_cell_calls(kbe):
    with KBEngine.log_in(kbe) as client:
        method = listeners.NAMES["kbengine"]["raw"]
        client.at_once(*(lambda n=n: client.put(method, b"%d" % n, number=(302, 205)[n % 2]) for n in range(20)),
                       client.tick, lambda: client.send(message(27, bytes(28))))
        assert [client.answer(method).payload for _ in range(20)] == [b"%d" % n for n in range(20)]
        client.other("tick")
        client.send(message(24, bytes(12), fixed=True))
        client.expect_closed()


def test_kbengine_a_long_message_has_a_long_length(plain):
    """FFFF and four bytes, both ways."""
    with KBEngine.log_in(plain.port("kbengine")) as client:
        assert client.ask(1, b"x" * 1000).payload == b"x" * 1000
        body = struct.pack("<iHH", client.entity, 0, 1) + b"y"
        client.asked.append(1)
        client.send(struct.pack("<HHI", 302, 0xFFFF, len(body)) + body)
        assert client.answer(1).payload == b"y"


def test_kbengine_methods_have_two_bytes_where_the_listener_says_so(plain):
    """An engine whose aliases are off, or an entity with more than 255 methods."""
    with KBEngine.log_in(plain.port("kbengine", 1)) as client:
        client.ids = "H"
        for method in (1, 255, 256, 60_000):
            assert client.ask(method, b"x").payload == b"x"


def test_kbengine_a_call_that_fails_gets_no_answer(plain):
    with KBEngine.log_in(plain.port("kbengine", 2)) as client:
        client.put(9, b"x")
        assert client.ask(3, b"y").payload == b"y" and not client.answers and not client.pushes


def test_kbengine_each_message_comes_whole(kbe):
    """enki loses a message of which less than four bytes come first, so nothing may be written in two."""
    with Wire(kbe) as wire:
        for _ in range(50):
            wire.send(message(4, b"2.5.12\0" + b"0.1.0\0" + kbengine.blob(b"")))
            assert len(wire.socket.recv(1 << 16)) == 4 + 27


# Scut


@pytest.fixture
def unity(systems_server):
    """A Unity client."""
    with Scut(systems_server.port("scut")) as connected:
        yield connected


def test_scut_the_heartbeat_is_answered_like_a_request(unity):
    for _ in range(3):
        assert unity.answer(unity.heartbeat()) == (b"", None)
        assert unity.action == 1


def test_scut_values_are_encoded_twice(unity):
    values = {"name": "a b", "n": 5, "odd": "&=%+?/", "zh": "欢迎"}
    answer = unity.ask(listeners.NAMES["scut"]["raw"], values)
    assert json.loads(answer.payload) == {name: str(value) for name, value in values.items()}


def test_scut_an_error_has_its_place(unity):
    answer = unity.ask(listeners.NAMES["scut"]["missing"], {})
    assert answer.payload == b"" and answer.error == (10000, "Remote function(HD_Missing) not found")


@pytest.mark.parametrize("spoil, reasons", [
    (lambda form: form[:-1] + (b"0" if form[-1:] != b"0" else b"1"), {"bad_signature"}),
    (lambda form: form.split(b"%26sign")[0], {"bad_signature"}),
    (lambda form: b"?e=" + form[3:], {"wrong_constant", "malformed_body", "invalid_value"}),
    (lambda form: form + b"%2", {"invalid_text", "malformed_body", "bad_signature"}),
])
def test_scut_forms_that_are_none_close(systems_server, unity, spoil, reasons):
    with Scut(systems_server.port("scut"), source=own_address()) as client:
        body = spoil(scut.form(1001, 1, {"a": "b"}))
        client.send(struct.pack("<i", len(body)) + body)
        client.expect_closed()
        assert close_reason(systems_server, client) in reasons
    assert unity.ask(1001, {"a": "b"}).payload == b'{"a":"b"}'


def test_scut_a_form_without_an_action_is_dropped(unity):
    import hashlib
    plain = "MsgId=9&Sid=&Uid=0&St="
    plain += "&sign=" + hashlib.md5((plain + scut.KEY).encode()).hexdigest()
    body = ("?d=" + plain.replace("=", "%3d").replace("&", "%26")).encode()
    unity.send(struct.pack("<i", len(body)) + body)
    assert unity.ask(1001, {"a": "b"}).payload == b'{"a":"b"}'


def test_scut_each_answer_comes_whole(systems_server):
    """The C# client throws away less than four bytes of a length."""
    with Scut(systems_server.port("scut")) as client:
        for number in range(1, 50):
            client.heartbeat()
            assert len(client.socket.recv(1 << 16)) == 4 + 26


# Firefly


def test_firefly_head_and_unknown_commands(plain):
    with Firefly(plain.port("firefly", 0)) as client:
        client.send(firefly_frame(1, b"asdfe"))
        assert client.read(22) == bytes.fromhex("00000000000000000000000009000000016173646665")
    with Firefly(plain.port("firefly", 2)) as client:
        assert json.loads(client.ask(99, b"x").payload) == {"Error": "Remote function(HD_Missing) not found"}
        assert "Error" in json.loads(client.ask(2**31 - 1, b"x").payload)


def test_firefly_other_numbers_in_the_head(plain):
    head = {"magic": (78, 0, 0, 0), "protocol": 5, "version": 258}
    with Wire(plain.port("firefly", 1)) as wire:
        wire.send(firefly_frame(7, b"x", **head))
        assert wire.read(18) == firefly_frame(7, b"x", **head)
    with Wire(plain.port("firefly", 1)) as wire:
        wire.send(firefly_frame(7, b"x"))
        wire.expect_closed()


# Photon


def test_photon_init_ping_operation(plain):
    with PhotonTCP(plain.port("photon-tcp")) as client:
        client.ping(0x1234)
        server_time, client_time = client.raw()
        assert client_time == 0x1234 and server_time > 0
        payload = photon.parameters(_255="somegame")
        assert client.ask(255, payload) == (payload, None)
        assert client.ask(1).payload == b"\0\0"


def test_photon_the_bytes_of_the_dissectors(plain):
    with Wire(plain.port("photon-tcp")) as wire:
        wire.send(bytes.fromhex("f000001234"))
        assert wire.read(9)[:1] == b"\xf0"
        wire.send(bytes.fromhex("fb0000003000 01f3 00 0106010300010 7 617070".replace(" ", "")) + bytes(29))
        assert wire.read(10) == bytes.fromhex("fb0000000a0001f30100")
        wire.send(bytes.fromhex("fb0000001800 01f3 02ff0001ff730008736f6d6567616d65".replace(" ", "")))
        head = wire.read(5)
        body = wire.read(int.from_bytes(head[1:], "big") - 5)
        assert body == bytes.fromhex("0001f303ff00002a0001ff730008736f6d6567616d65")


@pytest.mark.parametrize("saying, reasons", [
    (bytes.fromhex("fb0000000a0001f302ff"), {"protocol_violation", "wrong_state"}),
    (bytes.fromhex("fb0000000a0001f382ff"), {"encryption_unsupported"}),
    (bytes.fromhex("fb0000000a0001f202ff"), {"wrong_constant"}),
    (bytes.fromhex("fb00000005"), {"frame_too_small"}),
    (bytes.fromhex("aa"), {"invalid_value", "unknown_kind"}),
    (bytes.fromhex("fb00010001"), {"frame_too_large"}),
])
def test_photon_what_is_refused(plain, saying, reasons):
    with PhotonTCP(plain.port("photon-tcp")) as other, Wire(plain.port("photon-tcp"), source=own_address()) as wire:
        wire.send(saying)
        wire.expect_closed()
        assert close_reason(plain, wire) in reasons
        assert other.ask(1).error is None


def test_photon_json_counts_utf16(plain):
    with PhotonJSON(plain.port("photon-json")) as client:
        assert client.session_id
        for text in ("a", "é", "中", "😀", "mixed é中😀"):
            vals = json.dumps([255, text], separators=(",", ":"), ensure_ascii=False).encode()
            assert client.ask(230, vals) == (vals, None)
        client.ping(3159)
        kind, values = client.other(tuple)
        assert kind == "pong" and values[:3] == [1, 3159, 2] and isinstance(values[3], int)


# Limits, and those who are not hurt by others


OVERSIZE = [
    ("leaf-pb", b"\x10\x01"), ("leaf-json", b"\x10\x01"),
    ("scut", struct.pack("<i", 10_485_761)), ("firefly", bytes(9) + b"\x7f\xff\xff\xff"),
    ("photon-tcp", b"\xfb\x7f\xff\xff\xff"), ("kbengine", b"\x04\x00\xff\xff\x00\x00\x03\x00"),
    ("pomelo", b"\x01\x01\x00\x01"), ("photon-json", b"~m~999999~m~"),
]


@pytest.mark.parametrize("protocol, saying", OVERSIZE, ids=[one[0] for one in OVERSIZE])
def test_a_frame_above_the_limit_ends_its_sender_before_its_body_comes(systems_server, protocol, saying):
    with Wire(systems_server.port(protocol), source=own_address()) as wire:
        wire.send(saying)
        wire.rest_until_closed()
        assert close_reason(systems_server, wire) == "frame_too_large"
