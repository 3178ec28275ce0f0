#if Redis
    import GateRPC
    import GateRPCRedis
    import Testing

    @Suite struct RedisURLTests {
        @Test(arguments: [
            ("redis://h", ["h:6379"]), ("redis://h:1", ["h:1"]), ("redis://h:65535/", ["h:65535"]),
            ("redis://127.0.0.1:6380,b-2.example_x,[::1]:7", ["127.0.0.1:6380", "b-2.example_x:6379", "[::1]:7"]),
            ("redis://h/15", ["h:6379"]), ("redis://h?", ["h:6379"]),
        ])
        func serversAreReadInOrder(text: String, servers: [String]) throws {
            #expect(try RedisURL(text).servers.map(\.description) == servers)
        }

        @Test(arguments: [
            ("redis://h", nil, nil), ("redis://:p@h", nil, "p"), ("redis://p@h", nil, "p"),
            ("redis://u:p@h,i/1", "u", "p"),
            ("redis://u:a%3Ab%40%2f:c@h", "u", "a:b@/:c"), ("redis://%C3%A4:%e2%82%ac@h", "ä", "€"),
        ])
        func credentialsAreForAllServers(text: String, user: String?, password: String?) throws {
            let url = try RedisURL(text)
            #expect(url.user == user)
            #expect(url.password == password)
        }

        @Test(arguments: [
            ("rediss://h", RedisURLFault.encrypted), ("amqp://h", .otherScheme), ("redis:/h", .otherScheme),
            ("redis://", .authority(.host(""))), ("redis://,h", .authority(.host(""))),
            ("redis://h,", .authority(.host(""))),
            ("redis://h:0", .authority(.port)), ("redis://h:65536", .authority(.port)),
            ("redis://h:", .authority(.port)), ("redis://h:+1", .authority(.port)),
            ("redis://h:1:2", .authority(.port)), ("redis://a b", .authority(.host("a b"))),
            ("redis://::1", .authority(.port)), ("redis://[::1", .authority(.port)),
            ("redis://u:p@", .authority(.host(""))), ("redis://u:p@h,u:p@i", .authority(.credentials)),
            ("redis://u:p%4@h", .authority(.credentials)), ("redis://u:%zz@h", .authority(.credentials)),
            ("redis://u:%ff@h", .authority(.credentials)), ("redis://u:%00@h", .authority(.credentials)),
            ("redis://@h", .noPassword), ("redis://u:@h", .noPassword), ("redis://:@h", .noPassword),
            ("redis://h/x", .database), ("redis://h/1/2", .database), ("redis://h/-1", .database),
            ("redis://h?cluster", .cluster), ("redis://h/0?cluster=true", .cluster),
            ("redis://h?isCluster=1", .cluster),
            ("redis://h?sentinel=mymaster", .sentinel), ("redis://h#mymaster", .sentinel),
            ("redis://h?protocol=3", .parameter),
        ])
        func othersAreRefused(text: String, fault: RedisURLFault) {
            #expect(throws: fault) { try RedisURL(text) }
        }

        @Test func limitsAreExact() throws {
            let most = BrokerAuthority.serversMax
            #expect(try RedisURL("redis://" + hosts(most - 1)).servers.count == most - 1)
            #expect(try RedisURL("redis://" + hosts(most)).servers.count == most)
            #expect(throws: RedisURLFault.authority(.tooManyServers(limit: most))) {
                try RedisURL("redis://" + hosts(most + 1))
            }
            let longest = BrokerAuthority.textBytesMax
            for count in [longest - 1, longest] {
                let text = String(repeating: "p", count: count)
                #expect(try RedisURL("redis://:\(text)@h").password == text)
            }
            #expect(throws: RedisURLFault.authority(.credentials)) {
                try RedisURL("redis://:\(String(repeating: "p", count: longest + 1))@h")
            }
        }

        @Test func faultsNameNoPassword() {
            for text in ["redis://u:secret@h:x", "redis://u:secret@h@i", "redis://u:secret@h?x", "redis://u:secret@"] {
                let fault = #expect(throws: RedisURLFault.self) { try RedisURL(text) }
                #expect(fault.map { !$0.description.contains("secret") } == true)
            }
        }

        private func hosts(_ count: Int) -> String { (0..<count).map { "h\($0)" }.joined(separator: ",") }
    }
#endif
