import GateBytes
import GateIO
import GateTestKit
import Synchronization
import Testing

@testable import GateRPC

/// Two nodes on one loop whose clock is the test's.
@Suite struct StandstillTests {
    private final class Scene {
        let loop = ManualEventLoop()
        let hub = MemoryHub()
        let gateway: RemoteTransport
        let backend: RemoteTransport
        let router: RPCRouter

        init(_ endpoint: TestEndpoint) {
            let clock = loop.clock
            let make: (String, ManualEventLoop, MemoryHub) -> RemoteTransport = { name, loop, hub in
                let settings = RemoteSettings(key: NodeKey(name: name, start: 1), loops: [loop]) { clock.now }
                return RemoteTransport(settings: settings, link: MemoryLink(name, hub: hub, loop: loop))
            }
            gateway = make("g", loop, hub)
            backend = make("b", loop, hub)
            router = RPCRouter(node: "g", transport: gateway)
            let theirs = RPCRouter(node: "b", transport: backend)
            theirs.add(endpoint)
            loop.perform {
                gateway.start(serving: router, [], sessions: nil)
                backend.start(serving: theirs, [ModuleDescription(type: endpoint.type)], sessions: nil)
            }
            loop.run()
        }

        /// Lets time pass as it does on a loop that turns.
        func wait(_ milliseconds: Int) {
            for _ in 0..<milliseconds / 100 { stand(100) }
        }

        /// Lets time pass without a turn.
        func stand(_ milliseconds: Int) {
            loop.clock.move(to: loop.clock.now + .milliseconds(milliseconds))
            loop.run()
        }

        func begin(within time: TimeSpan, _ done: @escaping RPCCompletion) {
            let request = RPCRequest(
                module: "M", function: "f", argument: .body([]), session: nil, deadline: loop.clock.now + time,
                trace: .random(), expectsReply: true)
            loop.perform { router.start(request, on: loop, done: done) }
            loop.run()
        }
    }

    @Test func aLoopThatStoodStillForgetsNobodyAndEndsNoCall() {
        let scene = Scene(.echo("M"))
        scene.wait(2_000)
        #expect(scene.router.serves(module: "M", node: nil))
        let ends = Record<RPCFault?>()
        scene.begin(within: .seconds(10)) { result in
            if case .failure(let fault) = result { ends.add(fault) } else { ends.add(nil) }
        }
        for _ in 0..<3 {
            scene.stand(30_000)
            #expect(scene.router.serves(module: "M", node: nil))
            #expect(scene.backend.nodes.count == 1)
        }
        #expect(!ends.all.contains(.deadlineExceeded))
        #expect(scene.gateway.counters.standstills.load(ordering: .relaxed) > 0)
        // One that is really gone is missed all the same.
        let link = scene.hub.all.first { $0.inbox == "b" } ?? scene.hub.all[0]
        scene.hub.leave(link)
        link.setUp(false)
        scene.wait(5_000)
        #expect(!scene.router.serves(module: "M", node: nil))
    }

    @Test func theTimeOfACallStandsStillWithTheLoop() {
        let scene = Scene(.echo("M"))
        scene.wait(1_000)
        let ends = Record<RPCFault?>()
        // The answer is lost.
        scene.hub.leave(scene.hub.all.first { $0.inbox == "g" } ?? scene.hub.all[0])
        scene.loop.perform {
            scene.gateway.exchange(
                .query, with: NodeDirectory.Choice(key: NodeKey(name: "b", start: 1), inbox: "b"),
                until: scene.loop.clock.now + .seconds(3)
            ) { answer in
                if case .failure(let fault) = answer { ends.add(fault) } else { ends.add(nil) }
            }
        }
        scene.wait(1_000)
        scene.stand(60_000)
        // What passes until a timer is due counts, a second at most.
        scene.wait(500)
        #expect(ends.all == [])
        scene.wait(1_500)
        #expect(ends.all == [.deadlineExceeded])
    }
}
