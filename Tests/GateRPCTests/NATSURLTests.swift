#if NATS
    import GateRPC
    import GateRPCNATS
    import Testing

    @Suite struct NATSURLTests {
        @Test func everyServerIsReadWithWhatLetsOneIn() throws {
            let url = try NATSURL("nats://a%40:b%3A@h,i:1,nats://c:d@[::1],tls://t@k/")
            #expect(url.places.map(\.shown) == ["nats://h:4222", "nats://i:1", "nats://[::1]:4222", "tls://k:4222"])
            #expect(url.places.map(\.user) == ["a@", "a@", "c", "t"])
            #expect(url.places.map(\.password) == ["b:", "b:", "d", nil])
            #expect(url.places.map(\.certificateName) == ["h", "i", "::1", "k"])
        }

        @Test func certificatesMeanThatTheConnectionIsEncrypted() throws {
            #expect(try NATSURL("nats://h,i?cacert=%2Fca").places.map(\.isEncrypted) == [true, true])
            #expect(try NATSURL("nats://h?cert=c&key=k").places.map(\.isEncrypted) == [true])
            let url = try NATSURL("tls://h,i?creds=%2Fc&cacert=ca")
            #expect(url.places.map(\.isEncrypted) == [true, true])
            #expect(url.files["creds"] == "/c" && url.files["cacert"] == "ca")
            #expect(try !NATSURL("nats://h?creds=c").places[0].isEncrypted)
        }

        @Test func aServerThatAnotherNamesLetsInWhomThatOneDoes() throws {
            let url = try NATSURL("tls://a:b@h")
            let place = try #require(url.place(discovered: "nats://10.0.0.7:4333"))
            #expect(place.shown == "tls://10.0.0.7:4333")
            #expect(place.user == "a" && place.password == "b" && place.certificateName == "h")
            #expect(url.place(discovered: "") == nil)
        }

        @Test(arguments: [
            ("h:1", NATSURLFault.otherScheme), ("nats://h,http://i", .otherScheme),
            ("nats://h?tls=1", .parameters(.parameter("tls"))),
            ("nats://h?cacert=a&cacert=b", .parameters(.parameter("cacert"))),
            ("nats://h?creds", .parameters(.value("creds"))), ("nats://h?key=k", .loneCertificate),
        ])
        func otherTextsAreRefused(text: String, fault: NATSURLFault) {
            #expect(throws: fault) { try NATSURL(text) }
        }
    }
#endif
