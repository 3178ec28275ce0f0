import GateBytes
import GateDescriptors
import GateIO

/// One client of the load tool. Lives on its worker's loop; its stream keeps it.
final class LoadConnection {
    /// What it is for.
    enum Role {
        /// Sends requests, or idles.
        case requester
        /// Fan-out: joins and reads what is pushed.
        case reader
        /// Fan-out: joins and then never reads.
        case stalled
        /// Fan-out: pushes.
        case caster
    }

    /// How far it has come.
    enum State {
        case opening, subscribing, loggingIn, ready, closed
    }

    let number: Int
    let role: Role
    private let worker: LoadWorker
    private let stream: any ByteStream
    private(set) var state = State.opening
    private var window: PendingWindow
    private var output = ByteBuffer()
    /// The start of a frame whose end has not come.
    private var tail = ByteBuffer()
    /// Steps of a descriptor's opening that are done.
    private var steps = 0
    /// When the last heartbeat was sent.
    private var beatAt = MonotonicTime.never

    init(_ number: Int, worker: LoadWorker, stream: any ByteStream) {
        self.number = number
        self.worker = worker
        self.stream = stream
        role = worker.plan.role(of: number)
        window = PendingWindow(
            depth: worker.plan.depth, hasTokens: worker.plan.hasTokens, tokenLimit: worker.plan.tokenLimit)
    }

    /// Requests that wait for their answers.
    var outstanding: Int { window.count }

    // MARK: Coming in

    /// Begins to read and says what comes first.
    func open() {
        stream.start(self)
        if let client = worker.plan.options.client { return open(client) }
        let mark = output.count
        do { try worker.plan.appendOpening(of: number, to: &output) } catch { return fail("\(error)") }
        if output.count == mark { return opened() }
        flush()
    }

    /// Says the next steps of an opening, up to one that is answered.
    private func open(_ client: DescriptorClient) {
        while steps < client.opening.count {
            let step = client.opening[steps]
            steps += 1
            output.append(step.bytes)
            if step.isAnswered { return flush() }
        }
        flush()
        beatAt = monotonicNow()
        opened()
    }

    private func opened() {
        if let filter = worker.plan.options.subscription {
            state = .subscribing
            do { try worker.plan.appendSubscription(filter, to: &output) } catch { return fail("\(error)") }
            return flush()
        }
        subscribed()
    }

    private func subscribed() {
        guard let login = worker.plan.login, role != .caster else { return becomeReady() }
        state = .loggingIn
        login.append(token: 0, to: &output)
        flush()
    }

    private func becomeReady() {
        state = .ready
        // An idle session holds no buffer.
        output.releaseStorage()
        if role == .stalled { stream.pauseReading() }
        worker.becameReady(self)
    }

    // MARK: Sending

    /// Whether one more request may be sent.
    @inline(__always)
    var hasRoom: Bool { state == .ready && window.hasRoom(depth: worker.plan.depth) }

    /// Appends one request whose latency counts from `start`; the caller flushes.
    @inline(__always)
    func appendRequest(_ template: RequestTemplate, start: MonotonicTime) {
        template.append(token: window.push(start.nanoseconds), to: &output)
    }

    /// Fills the window of a closed loop.
    func fillWindow(at now: MonotonicTime) {
        while hasRoom { appendRequest(worker.chooseRequest(), start: now) }
    }

    /// Appends a message that is pushed to all; the caller flushes.
    func appendCast(_ template: RequestTemplate, number: Int) {
        template.append(token: number, to: &output)
    }

    /// Sends a heartbeat when one is due.
    func beat(_ client: DescriptorClient, at now: MonotonicTime) {
        if state != .ready || now < beatAt + client.heartbeatInterval { return }
        beatAt = now
        output.append(client.heartbeat)
        flush()
    }

    /// Hands what was appended to the system.
    func flush() {
        // What the system did not take yet goes first; `writeFinished` comes back here.
        if output.isEmpty || stream.pendingBytes > 0 { return }
        worker.bytesOut += output.count
        stream.write(&output)
    }

    /// Gives up requests from before `deadline`.
    /// - Returns: How many.
    func giveUp(before deadline: MonotonicTime) -> Int {
        window.giveUp(before: deadline.nanoseconds)
    }

    // MARK: Receiving

    private func process(_ input: Span<UInt8>, at now: MonotonicTime) throws(ReplyFault) -> Int {
        let reader = worker.plan.reader
        var offset = 0
        while state != .closed, let reply = try reader.next(in: input, at: offset) {
            offset = reply.end
            if reply.kind == .heartbeat { answerHeartbeat() }
            if state == .ready { settle(reply, input, at: now) } else { proceed(reply, input) }
        }
        return offset
    }

    @inline(__always)
    private func settle(_ reply: Reply, _ input: Span<UInt8>, at now: MonotonicTime) {
        switch reply.kind {
        case .answer:
            if let start = window.take(reply.token) {
                worker.answered(after: now.nanoseconds - start, start: start)
            } else {
                worker.lateAnswers += 1
            }
        case .failure:
            if let start = window.take(reply.token) {
                worker.requestFailed(input.kindOfFailure(reply.body), start: start)
            } else {
                worker.lateAnswers += 1
            }
        case .push:
            worker.pushes += 1
            if role == .reader { worker.delivered(input, reply.body, at: now) }
        case .accepted, .refused, .subscribed, .heartbeat, .other: break
        }
    }

    private func answerHeartbeat() {
        // The caller flushes at the end of the burst.
        if let client = worker.plan.options.client, client.answersHeartbeats { output.append(client.heartbeat) }
    }

    /// A reply before requests may be sent.
    private func proceed(_ reply: Reply, _ input: Span<UInt8>) {
        switch (state, reply.kind) {
        // Whatever the server says to a step: one that it does not like it answers with the end of the connection.
        case (.opening, _) where worker.plan.options.client != nil:
            if let client = worker.plan.options.client { open(client) }
        case (.opening, .accepted): opened()
        case (.opening, .refused(let code)): fail("refused with code \(code)")
        case (.subscribing, .subscribed): subscribed()
        case (.loggingIn, .answer): becomeReady()
        case (.loggingIn, .failure): fail("login: " + input.kindOfFailure(reply.body))
        default: break
        }
    }

    /// Ends before it was ready.
    private func fail(_ kind: String) {
        close()
        worker.connectionFailed(kind)
    }

    /// Closes without a word to the worker.
    func close() {
        if state == .closed { return }
        state = .closed
        stream.close()
    }

    private func end(_ kind: String) {
        let before = state
        close()
        switch before {
        case .closed: break
        case .ready: worker.connectionLost(self, kind)
        case .opening, .subscribing, .loggingIn: worker.connectionFailed(kind)
        }
    }
}

extension LoadConnection: ByteStreamHandler {
    func received(_ bytes: Span<UInt8>) {
        let now = monotonicNow()
        worker.bytesIn += bytes.count
        do throws(ReplyFault) {
            if tail.isEmpty {
                let used = try process(bytes, at: now)
                if used < bytes.count && state != .closed { tail.append(bytes, range: used..<bytes.count) }
            } else {
                tail.append(bytes)
                // Moved out while it is read: handling a reply may close the connection.
                var whole = ByteBuffer()
                swap(&whole, &tail)
                let used = try whole.withBytes { bytes throws(ReplyFault) in try process(bytes, at: now) }
                whole.removeFirst(used)
                swap(&whole, &tail)
            }
        } catch {
            end("not understood: \(error)")
        }
        worker.burstEnded(self, at: now)
    }

    func ended(_ end: StreamEnd) {
        switch end {
        case .endOfFile: self.end("closed by the server")
        case .failed(let code): self.end("connection: " + describe(code))
        }
    }

    func writeFinished() {
        flush()
    }
}

/// Connections stay on their loop.
@available(*, unavailable)
extension LoadConnection: Sendable {}

extension Span where Element == UInt8 {
    /// The text of a fault as a kind of error: printable, at most 100 bytes.
    fileprivate func kindOfFailure(_ body: Range<Int>) -> String {
        let range = errorText(body) ?? body
        var text = ""
        for index in range.prefix(100) where (0x20..<0x7F).contains(self[index]) {
            text.unicodeScalars.append(Unicode.Scalar(self[index]))
        }
        return "answer: " + text
    }
}
