import Gatehouse
import Testing

@Suite("ListenerConfiguration: URL")
struct ListenerURLTests {
    @Test(arguments: [
        ("mqtt://127.0.0.1:1883", "mqtt", "127.0.0.1", 1883), ("mqtt://:0", "mqtt", "", 0),
        ("mqtt://[::1]:1883", "mqtt", "::1", 1883), ("mqtt://[fe80::1%25eth0]:1", "mqtt", "fe80::1%eth0", 1),
        ("mqtt://[::ffff:1.2.3.4]:65535", "mqtt", "::ffff:1.2.3.4", 65535),
        ("length32-json://local%68ost:3564?", "length32-json", "localhost", 3564),
        ("mqtt://:1?&&", "mqtt", "", 1), ("mqtt://*:1883", "mqtt", "", 1_883), ("mqtt://%2A:1", "mqtt", "", 1),
        ("mqtt://0.0.0.0:1", "mqtt", "0.0.0.0", 1), ("mqtt://[::]:1", "mqtt", "::", 1),
    ])
    func anAddressIsRead(url: String, protocolName: String, host: String, port: UInt16) throws {
        #expect(
            try ListenerConfiguration(url: url)
                == ListenerConfiguration(protocolName: protocolName, host: host, port: port))
    }

    @Test func parametersAreTheGatewaysOrTheProtocols() throws {
        let url =
            "length16://:1?route=Echo/HD_Raw&takeover=true&envelope=mqant&frameBytesMax=2KiB&tls=false"
            + "&order=l%65&a+b=%C3%A9&flag"
        var expected = ListenerConfiguration(protocolName: "length16", host: "", port: 1)
        expected.route = "Echo/HD_Raw"
        expected.takeover = true
        expected.envelope = .mqant
        expected.frameBytesMax = 2_048
        expected.parameters = ["order": "le", "a+b": "é", "flag": ""]
        let listener = try ListenerConfiguration(url: url)
        #expect(listener == expected)
        #expect(
            listener.description
                == "length16://:1?route=Echo/HD_Raw&takeover=true&envelope=mqant&frameBytesMax=2048&a%2Bb=%C3%A9&flag="
                + "&order=le")
        #expect(try ListenerConfiguration(url: listener.description) == expected)
    }

    @Test(arguments: [
        ("", ListenerFault.noScheme("")), ("mqtt:1", .noScheme("mqtt:1")), ("://:1", .invalidProtocol("")),
        ("a b://:1", .invalidProtocol("a b")), ("mqtt://", .missingPort("")), ("mqtt://h", .missingPort("h")),
        ("mqtt://h:", .missingPort("h:")), ("mqtt://h:x", .invalidPort("x")), ("mqtt://h:+1", .invalidPort("+1")),
        ("mqtt://h:65536", .invalidPort("65536")), ("mqtt://::1:5", .invalidHost("::1")),
        ("mqtt://[::1:5", .invalidHost("[::1:5")), ("mqtt://[h]:5", .invalidHost("[h]")),
        ("mqtt://[]:5", .invalidHost("[]")), ("mqtt://[::1::2]:5", .invalidHost("[::1::2]")),
        ("mqtt://*", .missingPort("*")), ("mqtt://**:5", .invalidHost("**")), ("mqtt://[*]:5", .invalidHost("[*]")),
        ("mqtt://[::1]", .missingPort("[::1]")), ("mqtt://[::1%25]:5", .invalidHost("[::1%]")),
        ("mqtt://user@h:1", .invalidHost("user@h")), ("mqtt://h:1/mqtt", .unexpectedPath("/mqtt")),
        ("mqtt://h:1#x", .unexpectedPath("#x")), ("mqtt://%zz:1", .invalidEscape("%zz")),
        ("mqtt://:1?a=%f", .invalidEscape("a=%f")), ("mqtt://:1?a=%ff", .invalidEscape("a=%ff")),
        ("mqtt://:1?=x", .unnamedParameter), ("mqtt://:1?a=1&%61=2", .repeatedParameter("a")),
        ("mqtt://:1?takeover=1", .invalidParameter("takeover", value: "1", expected: "true or false")),
        ("mqtt://:1?unrouted=no", .invalidParameter("unrouted", value: "no", expected: "drop or answer")),
        ("mqtt://:1?takeover", .invalidParameter("takeover", value: "", expected: "true or false")),
        ("mqtt://:1?envelope=x", .invalidParameter("envelope", value: "x", expected: "mqant or bare")),
        ("mqtt://:1?route=x", .invalidParameter("route", value: "x", expected: "type/handler")),
        ("mqtt://:1?route=/x", .invalidParameter("route", value: "/x", expected: "type/handler")),
        (
            "mqtt://:1?frameBytesMax=63",
            .invalidParameter("frameBytesMax", value: "63", expected: "a size in 64...268435455 bytes")
        ),
        ("mqtt://:1?tls=true", .tlsNotBuiltIn), ("mqtts://:1", .tlsNotBuiltIn), ("wss://:1", .tlsNotBuiltIn),
        ("ws://:1", .webSocketNotBuiltIn),
    ])
    func aBadURLIsRefused(url: String, fault: ListenerFault) {
        #expect(throws: fault) { try ListenerConfiguration(url: url) }
    }
}
