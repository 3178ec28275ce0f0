import GateJSON
import GateModules
import GateProtocol
import GateRPC
import GateServer
import GateSessions
import GateTestKit
import Logging
import Testing

/// What the log says of handlers of clients' messages.
@Suite struct HandlerLogTests {
    struct Broken: Error, CustomStringConvertible {
        var description: String { "the disk is full" }
    }

    let lines = Record<RecordingLog.Line>()

    private func fixture(_ register: @escaping @Sendable (inout HandlerTable) -> Void) throws -> GatewayFixture {
        let lines = lines
        return try GatewayFixture(TestModule("Work", register)) { $0.logger = RecordingLog.logger(into: lines) }
    }

    @Test(arguments: HandlerKind.allCases, ["/1", ""])
    func anErrorThatIsNoFaultGetsALineAndTheClientNoDetails(kind: HandlerKind, token: String) throws {
        let fixture = try fixture { handlers in
            handlers.register("HD_Fail", kind) { (_: Call, _: JSONValue) throws -> Int in throw Broken() }
        }
        let client = try fixture.login("c")
        let trace = "4bf92f3577b34da6a3ce929d0e0e4736"
        client.publish(
            "Work/HD_Fail\(token)", #"{"traceparent":"00-\#(trace)-00f067aa0ba902b7-01","password":"hush"}"#)
        let errors = lines.all.filter { $0.level == .error }
        #expect(
            errors.map(\.metadata) == [
                ["module": "Work", "function": "HD_Fail", "trace": trace, "error": "the disk is full"]
            ])
        #expect(!"\(lines.all)".contains("hush"))
        let heard = client.messages()
        #expect(heard.count == (token.isEmpty ? 0 : 1))
        #expect(heard.allSatisfy { $0.contains("internal error") && !$0.contains("disk") })
    }

    @Test func anInlineHandlerThatFailsGetsALine() throws {
        let fixture = try fixture { handlers in
            handlers.registerInline("HD_Fail") { _, _, _ throws(RPCFault) in throw .internalError }
        }
        #expect(try fixture.login("c").error("Work/HD_Fail/1") == "internal error")
        #expect(lines.all.map(\.metadata["function"]) == ["HD_Fail"])
    }

    @Test func aReplyOfTwoFormsIsAFaultThatTheLogNames() throws {
        let fixture = try fixture { handlers in
            handlers.registerInline("HD_Mixed") { _, payload, reply in
                reply.writeJSON(utf8("1").span)
                reply.write(payload)
            }
            handlers.registerInline("HD_Pieces") { _, _, reply in
                reply.writeJSON(utf8("[").span)
                reply.write(JSONValue.number(1))
                reply.writeJSON(utf8("]").span)
            }
        }
        let client = try fixture.login("c")
        #expect(client.error("Work/HD_Mixed/1", "x") == "internal error")
        #expect(lines.all.count == 1)
        #expect(
            lines.all.first?.metadata["error"] == "the reply was written as json and as bytes; a reply has one form")
        // The writer is used again, and knows nothing of it.
        #expect(client.result("Work/HD_Pieces/1") == [1])
        #expect(fixture.faults("internal_error") == 1)
    }

    @Test func faultsForClientsAreNotLogged() throws {
        let fixture = try fixture { handlers in
            handlers.register("HD_No") { (_: Call, _: [UInt8]) throws -> Int in throw RPCFault.message("no") }
        }
        #expect(try fixture.login("c").error("Work/HD_No/1") == "no")
        #expect(lines.all == [])
    }

    @Test func aCallsLoggerNamesModuleHandlerAndTrace() throws {
        let fixture = try fixture { handlers in
            handlers.register("HD_Say") { (call: Call, _: [UInt8]) in
                call.logger.info("said", metadata: ["length": "3"])
                return "\(call.trace)"
            }
        }
        let answer = try fixture.login("c").call("Work/HD_Say/1")
        let line = try #require(lines.all.first)
        #expect(line.message == "said")
        #expect(
            line.metadata == [
                "module": "Work", "function": "HD_Say", "trace": answer?["Trace"]?.string ?? "", "length": "3",
            ])
    }

    @Test func aStorageThatFailsGetsALine() throws {
        struct Storage: SessionStorage {
            func load(_ user: UserID) async throws -> [String: String] { throw Broken() }
            func save(_ settings: [String: String], of user: UserID) async {}
        }
        let lines = lines
        let module = TestModule("Work") { handlers in
            handlers.register("HD_Login") { (call: Call, _: [UInt8]) async throws in
                var session = call.session
                try await session.bind("Ann")
            }
        }
        let fixture = try GatewayFixture(module) { options in
            options.logger = RecordingLog.logger(into: lines)
            options.settings.hooks.storage = Storage()
        }
        let client = try fixture.login("c")
        #expect(client.error("Work/HD_Login/1") != nil)
        #expect(lines.all.map(\.metadata["error"]) == ["the disk is full"])
    }
}
