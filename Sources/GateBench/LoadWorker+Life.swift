import GateBytes
import GateDescriptors
import GateIO
import GateUV
import Synchronization

/// The times of a run.
struct LoadPhase: Sendable {
    /// Requests start.
    let start: MonotonicTime
    /// What starts from here on is measured.
    let measureStart: MonotonicTime
    /// Nothing starts from here on.
    let measureEnd: MonotonicTime

    @inline(__always)
    func sends(at now: MonotonicTime) -> Bool { now >= start && now < measureEnd }

    @inline(__always)
    func measures(_ start: Int64) -> Bool {
        start >= measureStart.nanoseconds && start < measureEnd.nanoseconds
    }
}

extension LoadWorker {
    /// Begins to connect. On the loop.
    func begin(at start: MonotonicTime) {
        if let rate = plan.options.ramp {
            ramp = Schedule(start: start, rate: rate, index: index, of: count)
        }
        connectMore()
        _ = loop.schedule(self, at: loop.now + Self.tick)
    }

    /// Makes as many connections as the ramp and the bound allow now.
    func connectMore() {
        let now = monotonicNow()
        let allowed = min(share, ramp?.dueCount(at: now) ?? share)
        while started < allowed && connecting < Self.connectingMax {
            let number = started * count + index
            started += 1
            connecting += 1
            connect(number, at: now)
        }
    }

    private func connect(_ number: Int, at start: MonotonicTime) {
        let source = plan.sources.isEmpty ? nil : plan.sources[number % plan.sources.count]
        do throws(SystemError) {
            try loop.connect(to: plan.address, from: source) { [self] result in
                switch result {
                case .success(let stream):
                    connectTimes.record((monotonicNow() - start).nanoseconds)
                    let connection = LoadConnection(number, worker: self, stream: stream)
                    connections.append(connection)
                    connection.open()
                case .failure(let error): connectionFailed("\(error)")
                }
            }
        } catch {
            // Told at the end of the turn, so that a refusal at once does not make this call itself again and again.
            let text = "\(error)"
            loop.postReserved { [self] in connectionFailed(text) }
        }
    }

    /// Starts the requests. On the loop.
    func sendRequests(_ phase: LoadPhase) {
        self.phase = phase
        connections.removeAll { $0.state != .ready }
        let now = monotonicNow()
        if let rate = plan.options.rate {
            schedule = Schedule(start: phase.start, rate: rate, index: index, of: count)
            return
        }
        switch plan.options.mode {
        case .requests:
            for connection in connections {
                connection.fillWindow(at: max(now, phase.start))
                connection.flush()
            }
        case .fanout: castMore(at: max(now, phase.start))
        case .idle: break
        }
    }

    /// Sends what is due of an open loop. On the loop.
    func wake() {
        isWoken.store(false, ordering: .releasing)
        // Also behind the end: what was due before it may only have been noticed now.
        if phase != nil { sendDue(at: monotonicNow()) }
    }

    /// Closes everything. On the loop.
    func finish() {
        if let schedule, let phase {
            let last = MonotonicTime(nanoseconds: phase.measureEnd.nanoseconds - 1)
            unsent = max(0, schedule.dueCount(at: last) - sent)
        }
        phase = nil
        isFinished = true
        for connection in connections { connection.close() }
        connections.removeAll()
        caster = nil
    }
}

extension LoadWorker: TimerTarget {
    func timerFired(at now: MonotonicTime) {
        connectMore()
        ticks += 1
        if ticks % Self.ticksPerTimeoutCheck == 0 { giveUp(at: monotonicNow()) }
        if let client = plan.options.client, client.heartbeatInterval > .zero {
            let now = monotonicNow()
            for connection in connections { connection.beat(client, at: now) }
        }
        _ = loop.schedule(self, at: loop.now + Self.tick)
    }
}
