import GateBytes
import GateIO
import GateModules
import GateProtocol
import GateRPC
import GateSessions

/// Messages for modules of other processes.
extension Work {
    /// Starts a message that need not wait for the client's others. What is to be run at once waits where there is no
    /// room; other kinds are answered so.
    func startRemote(_ message: Message, _ kind: RPCHandlerKind) {
        if kind == .inline {
            gate.pendingWork += 1
            waitingInline.append(message)
            startInline()
        } else if besideCount + overdue.count < gate.limits.inFlightMax {
            gate.pendingWork += 1
            startBeside(message)
        } else {
            refuse(message)
        }
    }

    func startInline() {
        while firstInline < waitingInline.count, besideCount + overdue.count < gate.limits.inFlightMax {
            let message = waitingInline[firstInline]
            firstInline += 1
            startBeside(message)
        }
        if firstInline == waitingInline.count || firstInline >= 32 {
            waitingInline.removeFirst(firstInline)
            firstInline = 0
        }
    }

    func startBeside(_ message: Message) {
        let ticket = begin(message, isOrdered: false, task: nil)
        call(message, ticket) { work, result in
            work.finish(ticket, result)
            if work.firstInline < work.waitingInline.count {
                work.startInline()
                work.connection?.workHasRoom()
            }
        }
    }

    /// Calls the module of another process; `done` runs on the loop, perhaps before this returns.
    func call(
        _ message: Message, _ ticket: UInt32,
        done: @escaping @Sendable (Work, Result<RPCValue, RPCFault>) -> Void
    ) {
        let route = message.target.route
        var request = RPCRequest(
            module: route.module, node: route.node, function: route.function, argument: .body(message.payload),
            session: session?.body.snapshot, deadline: deadline(of: ticket), trace: message.trace.trace,
            expectsReply: message.wantsReply)
        request.traceContext = message.trace
        let me = LoopConfined(self, to: gate.loop)
        let loop = gate.loop
        gate.router.start(request, on: loop) { result in
            if loop.isCurrent { done(me.value, result) } else { loop.postReserved { done(me.value, result) } }
        }
    }
}
