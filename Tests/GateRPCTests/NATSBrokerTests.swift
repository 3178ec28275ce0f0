#if NATS
    import GateBytes
    import GateRPC
    import Glibc
    import Testing

    /// A broker that dies, comes back, or hangs.
    @Suite(.serialized) struct NATSBrokerTests {
        /// Two nodes that found each other over a broker of their own.
        private func nodes(_ server: NATSServer) async throws -> (Cluster, Cluster.Node) {
            let cluster = Cluster(.nats, url: server.url)
            let gateway = try cluster.start("g")
            _ = try cluster.start("b", [TestEndpoint.echo()])
            await Cluster.wait { gateway.router.serves(module: "Echo", node: nil) }
            return (cluster, gateway)
        }

        /// The ends of calls that go on for a while.
        private func load(_ gateway: Cluster.Node, _ calls: Int) async -> [Result<RPCValue, RPCFault>] {
            await withTaskGroup(of: Result<RPCValue, RPCFault>.self) { group in
                for number in 0..<calls {
                    group.addTask {
                        try? await Task.sleep(for: .milliseconds(number))
                        do throws(RPCFault) {
                            return .success(try await gateway.call("Echo", within: .seconds(2)))
                        } catch {
                            return .failure(error)
                        }
                    }
                }
                return await group.reduce(into: []) { $0.append($1) }
            }
        }

        @Test func everyCallEndsWhenTheBrokerIsKilledAndServiceComesBack() async throws {
            let server = try NATSServer()
            let (cluster, gateway) = try await nodes(server)
            defer { cluster.end() }
            async let ends = load(gateway, 1_000)
            #expect(try await gateway.call("Echo") == .bytes([]))
            server.end()
            await Cluster.wait { !gateway.link.isUp }
            await #expect(throws: RPCFault.unreachable) { try await gateway.call("Echo") }
            let again = try NATSServer(port: server.port)
            defer { again.end() }
            await Cluster.wait { (try? await gateway.call("Echo", within: .seconds(1))) != nil }
            let results = await ends
            #expect(results.count == 1_000)
            for case .failure(let fault) in results {
                #expect([.unreachable, .noSuchModule("Echo"), .deadlineExceeded].contains(fault))
            }
            #expect(gateway.transport.pendingCount == 0)
        }

        @Test func aFrozenBrokerHoldsNobody() async throws {
            let server = try NATSServer()
            defer { server.end() }
            let (cluster, gateway) = try await nodes(server)
            defer { cluster.end() }
            server.signal(SIGSTOP)
            // 64 MiB are more than any socket takes, so the sender's thread hangs in a write by now; nobody else does.
            let body = [UInt8](repeating: 1, count: 1_000_000)
            let before = gateway.transport.now
            for _ in 0..<64 { _ = try? gateway.link.publish(body) }
            #expect(gateway.transport.now - before < .seconds(2))
            let fault = await #expect(throws: RPCFault.self) {
                try await gateway.call("Echo", within: .milliseconds(500))
            }
            #expect([.deadlineExceeded, .unreachable, .overloaded].contains(fault))
            server.signal(SIGCONT)
            await Cluster.wait { (try? await gateway.call("Echo", within: .seconds(1))) != nil }
        }
    }
#endif
