"""The demo modules and the default topic rule, as existing clients know them."""

import itertools
import json
import re

import pytest

from gateprocess import wait_until
from wire import PINGREQ, PINGRESP, PUBLISH, casts_until, opened, packet, publish, watcher

_names = itertools.count(1)


@pytest.fixture
def room():
    """A chat room that no other test enters."""
    return f"room{next(_names)}"


def logged_in(port, user, client_id="111"):
    """A connection as the demo pages open it, with its user logged in."""
    wire = opened(port, client_id, name="MQIsdp", level=3, keep_alive=60)
    assert wire.ask_json("Login/HD_Login", {"userName": user, "passWord": "any"})["Result"] == f"login success {user}"
    return wire


def in_room(port, user, room):
    """The same, and in a room."""
    wire = logged_in(port, user)
    assert wire.ask_json("Chat/HD_JoinChat", {"roomName": room})["Error"] == ""
    return wire


def test_exactly_one_answer_on_the_same_topic_with_three_keys(port):
    with opened(port) as wire:
        wire.send(publish("Echo/HD_Echo/7", b'{"a":1}'), packet(PINGREQ))
        answer = wire.message("Echo/HD_Echo/7")
        envelope = json.loads(answer.payload)
        assert list(envelope) == ["Trace", "Error", "Result"]
        assert re.fullmatch("[0-9a-f]{32}", envelope["Trace"])
        assert (envelope["Error"], envelope["Result"]) == ("", {"a": 1})
        wire.send(publish("Echo/HD_Raw/last", b"x"))
        others = []
        while (found := wire.packet()).kind != PUBLISH:
            others.append(found.kind)
        assert found.topic == b"Echo/HD_Raw/last" and PUBLISH not in others


def test_every_request_has_a_trace_of_its_own(port):
    with opened(port) as wire:
        traces = {wire.ask_json("Echo/HD_Echo", {})["Trace"] for _ in range(50)}
        assert len(traces) == 50


@pytest.mark.parametrize("topic", ["Echo/HD_Raw", "Echo/HD_Nothing", "Nobody/HD_Raw", "Echo/Raw", "Echo", "Echo/",
                                   "/", "Echo@nowhere/HD_Raw"])
def test_without_a_token_nothing_comes_back(port, topic):
    with opened(port) as wire:
        wire.send(publish(topic, b"x"), publish("Echo/HD_Raw/last", b"last"))
        assert wire.packet().topic == b"Echo/HD_Raw/last"


def test_without_a_token_the_handler_runs(port):
    with watcher(port) as watching, opened(port) as wire:
        wire.send(publish("Echo/HD_Cast", b"fire"))
        assert watching.message("Echo/OnCast").payload == b"fire"


@pytest.mark.parametrize("token", ["1", "a/b", "a/b/c", "1/", "/1", "\u00e9"])
def test_everything_behind_the_second_part_is_the_token(port, token):
    with opened(port) as wire:
        wire.send(publish(f"Echo/HD_Raw/{token}", b"x"))
        assert wire.packet().topic == f"Echo/HD_Raw/{token}".encode()


def test_a_push_reaches_a_client_that_never_subscribed(port):
    with watcher(port) as watching, opened(port) as wire:
        wire.send(publish("Echo/HD_Cast", b'{"pushed":true}'))
        found = watching.message("Echo/OnCast")
        assert (found.flags, found.payload) == (0, b'{"pushed":true}')


@pytest.mark.parametrize("body", ["{]}", "{}}", "{bad}", '{"a":}', "{'a':1}", '{"a":1,}', '{"a":"\\x"}', '{"a":1}}'])
def test_a_body_in_braces_that_is_no_json_is_refused_where_json_is_wanted(port, body):
    with opened(port) as wire:
        envelope = json.loads(wire.ask("Echo/HD_Echo", body))
        assert envelope["Error"] == "The JSON format is incorrect"


def test_where_bytes_are_wanted_braces_mean_nothing(port):
    with opened(port) as wire:
        assert wire.ask("Echo/HD_Raw", b"{bad}") == b"{bad}"


@pytest.mark.parametrize("body", [
    {}, {"a": 1}, {"n": None, "t": True, "f": False}, {"deep": [[[{"x": []}]]]},
    {"text": "\u4f60\u597d \U0001f600 \" \\ /"},
    {"big": 2**53, "small": -1, "real": 0.5, "exponent": 1e300}, {"list": list(range(500))}, {"": ""},
])
def test_json_comes_back_as_the_same_json(port, body):
    with opened(port) as wire:
        envelope = wire.ask_json("Echo/HD_Echo", body)
        assert (envelope["Error"], envelope["Result"]) == ("", body)


@pytest.mark.parametrize("function", ["Bind", "Raw", "hd_Raw", "HDRaw", "Kick", "OnCast", ""])
def test_only_guarded_names_can_be_called(port, function):
    for module in ("Gate", "Echo"):
        with opened(port) as wire:
            error = json.loads(wire.ask(f"{module}/{function}", b"{}"))["Error"]
            assert error == f"Method({function}) must begin with 'HD_'"


def test_an_unknown_module_and_an_unknown_function_are_named(port):
    with opened(port) as wire:
        assert wire.ask_json("Nobody/HD_Raw", {})["Error"] == "Service(type:Nobody) not found"
        assert wire.ask_json("Echo/HD_Nothing", {})["Error"] == "Remote function(HD_Nothing) not found"
        assert wire.ask_json("Echo/Handler_Nothing", {})["Error"] == "Remote function(Handler_Nothing) not found"


def test_type_at_node_reaches_that_node_only(gatehouse):
    first, second = gatehouse("--node", "alpha"), gatehouse("--node", "beta")
    for server, mine, other in ((first, "alpha", "beta"), (second, "beta", "alpha")):
        with opened(server.port()) as wire:
            assert wire.ask(f"Echo@{mine}/HD_Raw", b"x") == b"x"
            assert wire.ask_json(f"Echo@{other}/HD_Raw", {})["Error"] != ""


def test_with_the_uri_rule_the_answer_comes_on_the_same_uri(gatehouse):
    with opened(gatehouse("--route-rule", "uri").port()) as wire:
        for topic in ("Echo://modulus/path?msg_id=1", "Echo:///path?a=b&msg_id=1", "Echo://cache/path?msg_id=a/b"):
            wire.send(publish(topic, b"{}"))
            answer = wire.packet()
            assert answer.topic == topic.encode()
            assert json.loads(answer.payload)["Error"] == "Remote function(/path) not found"
        wire.send(publish("Echo://modulus/path", b"{}"), publish("Echo://modulus/path?msg_id=", b"{}"))
        wire.send(publish("Nobody://random/path?msg_id=2", b"{}"))
        answer = wire.packet()
        assert answer.topic == b"Nobody://random/path?msg_id=2"
        assert json.loads(answer.payload)["Error"] == "Service(type:Nobody) not found"


def test_errors_hold_no_parameter_no_path_and_no_stack(port):
    with opened(port) as wire:
        for function in ("Echo/HD_Echo", "Nobody/HD_X", "Echo/HD_X", "Chat/HD_Say", "Login/HD_Login"):
            payload = wire.ask(function, b'{"secret-parameter":}').decode()
            for forbidden in ("secret-parameter", "/Sources/", ".swift", "Stack", "0x"):
                assert forbidden not in payload


@pytest.mark.parametrize("function", ["HD_Raw", "HD_RawOrdered", "HD_RawSerial", "HD_RawConcurrent"])
def test_the_four_kinds_of_handler_give_the_bytes_back(port, function):
    with opened(port) as wire:
        for payload in (b"", b"\x00\xff", b"x" * 30_000, b"{}", b'{"a":1}'):
            assert wire.ask(f"Echo/{function}", payload) == payload


def test_every_request_is_answered_or_visibly_refused(port):
    with opened(port) as wire:
        wire.send(*(publish(f"Echo/HD_RawConcurrent/{n}", f"payload {n}") for n in range(300)), packet(PINGREQ))
        answers, pongs = {}, 0
        while len(answers) < 300 or not pongs:
            found = wire.packet()
            if found.kind == PINGRESP:
                pongs += 1
                continue
            assert found.topic not in answers
            answers[found.topic] = found.payload
        for n in range(300):
            payload = answers[f"Echo/HD_RawConcurrent/{n}".encode()]
            assert payload == f"payload {n}".encode() or json.loads(payload)["Error"] == "the work queue is full!"


def test_login_answers_as_the_demo_does(port):
    with opened(port) as wire:
        for body in ({}, {"userName": "a"}, {"passWord": "b"}):
            envelope = wire.ask_json("Login/HD_Login", body)
            assert (envelope["Error"], envelope["Result"]) == ("", "userName or passWord cannot be nil")
        for function in ("HD_Robot", "HD_Robot_GO"):
            assert wire.ask_json(f"Login/{function}", {"any": 1})["Result"] == "sss"


def test_hello_world(port):
    with opened(port) as wire:
        assert wire.ask_json("HelloWorld/HD_Say", {"say": "\u4e16\u754c"})["Result"] == "you say : \u4e16\u754c"


def test_two_tabs_with_the_same_client_id_chat(port, room):
    with in_room(port, f"anna-{room}", room) as anna, logged_in(port, f"ben-{room}") as ben:
        joined = ben.ask_json("Chat/HD_JoinChat", {"roomName": room})
        assert joined["Error"] == "" and set(joined["Result"]["users"]) >= {f"anna-{room}"}
        assert json.loads(anna.message("Chat/OnJoin").payload) == {"roomName": room, "user": f"ben-{room}"}
        said = {"roomName": room, "from": f"ben-{room}", "target": "*", "content": "hi all"}
        ben.send(publish("Chat/HD_Say/9", json.dumps(said), qos=1, identifier=1))
        heard = {"roomName": room, "from": f"ben-{room}", "target": "*", "msg": "hi all"}
        assert json.loads(anna.message("Chat/OnChat").payload) == heard
        assert json.loads(ben.message("Chat/OnChat").payload) == heard


def test_chat_to_one_user_reaches_that_user(port, room):
    with in_room(port, f"a-{room}", room) as one, in_room(port, f"b-{room}", room) as other:
        said = {"roomName": room, "from": f"a-{room}", "target": f"b-{room}", "content": "psst"}
        one.send(publish("Chat/HD_Say/1", json.dumps(said)))
        heard = json.loads(other.message("Chat/OnChat").payload)
        assert heard == {"roomName": room, "from": f"a-{room}", "target": f"b-{room}", "msg": "psst"}


def test_chat_refuses_with_the_texts_of_the_demo(port, room):
    with opened(port) as guest:
        envelope = guest.ask_json("Chat/HD_JoinChat", {"roomName": room})
        assert envelope["Error"] == "\u5fc5\u987b\u5148\u767b\u5f55\u8d26\u53f7"
    with logged_in(port, f"user-{room}") as wire:
        def say(**fields):
            return wire.ask_json("Chat/HD_Say", {"from": f"user-{room}", "target": "*", "content": "x", **fields})
        assert wire.ask_json("Chat/HD_JoinChat", {})["Error"] == "roomName cannot be nil"
        assert wire.ask_json("Chat/HD_Say", {"roomName": room})["Error"] == "roomName or say cannot be nil"
        assert say(roomName=room)["Error"] == "No room"
        with in_room(port, f"host-{room}", room):
            assert say(roomName=room)["Error"] == "You haven't been in the room yet"
            wire.ask_json("Chat/HD_JoinChat", {"roomName": room})
            assert say(roomName=room, target="stranger")["Error"] == "This user haven't been in the room yet"
            assert say(roomName=room)["Result"] == {"say": "say success"}


def test_who_leaves_is_missed_at_the_next_word(port, room):
    with in_room(port, f"stays-{room}", room) as stays:
        leaver = in_room(port, f"leaves-{room}", room)
        stays.message("Chat/OnJoin")
        leaver.send(packet(14))
        leaver.expect_closed()
        said = json.dumps({"roomName": room, "from": f"stays-{room}", "target": "*", "content": "anyone?"})

        def missed():
            """What is heard of a leave up to the answer of one more word."""
            stays.send(publish("Chat/HD_Say/1", said))
            while (heard := stays.message()).topic != b"Chat/HD_Say/1":
                if heard.topic == b"Chat/OnLeave":
                    return json.loads(heard.payload)
            return None

        # The room may hear the next word sooner than that a connection of another loop, or another node, has ended.
        assert wait_until(missed, "a notice of the leave") == {"roomName": room, "user": f"leaves-{room}"}


def test_what_login_sets_is_seen_by_another_module(port, room):
    with opened(port) as wire:
        assert wire.ask_json("Chat/HD_JoinChat", {"roomName": room})["Error"] != ""
        wire.ask_json("Login/HD_Login", {"userName": f"user-{room}", "passWord": "x"})
        joined = wire.ask_json("Chat/HD_JoinChat", {"roomName": room})
        assert joined["Error"] == "" and f"user-{room}" in joined["Result"]["users"]


def test_casts_over_four_loops_reach_everyone_who_joined_in_order(gatehouse):
    port = gatehouse("--loops", 4).port()
    watching = [watcher(port) for _ in range(32)]
    with opened(port) as wire:
        wire.send(*(publish("Echo/HD_Cast", str(number)) for number in range(200)))
        wire.send(publish("Echo/HD_Cast", "four-done"))
        for one in watching:
            assert casts_until(one, "four-done") == [str(number).encode() for number in range(200)]
    for one in watching:
        one.close()


def test_only_who_joined_gets_casts(port):
    with opened(port) as aside, watcher(port) as watching, opened(port) as wire:
        wire.send(publish("Echo/HD_Cast", b"joined only"))
        assert watching.message("Echo/OnCast").payload == b"joined only"
        aside.ping()
