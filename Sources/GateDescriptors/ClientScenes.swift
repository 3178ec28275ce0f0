import GateBytes
import GateJSON
import GateProtocol

/// The frames that clients send in a descriptor's vectors, with what the states make of them.
struct ClientScenes {
    private struct Frame {
        var test: KindTest
        var bytes: [UInt8]
    }

    private let bench: DescriptorWorkbench
    private let program: DescriptorProgram
    /// By vector.
    private var scenes: [[Frame]] = []

    init(_ bench: DescriptorWorkbench) {
        self.bench = bench
        program = bench.program
        for vector in bench.descriptor.vectors where vector.close == nil {
            scenes.append(Self.frames(vector.input, program))
        }
    }

    private static func frames(_ bytes: [UInt8], _ program: DescriptorProgram) -> [Frame] {
        var frames: [Frame] = []
        var start = 0
        while start < bytes.count {
            var values = FrameValues()
            var progress = ReadProgress()
            var scratch = ByteBuffer()
            let reading = try? program.read(
                bytes.span, at: start, values: &values, progress: &progress, scratch: &scratch)
            switch reading {
            case .frame(let end):
                let found = program.kind(of: &values)
                let test = KindTest(kind: found?.kind ?? .other, column: found?.column ?? 255)
                frames.append(Frame(test: test, bytes: Array(bytes[start..<end])))
                start = end
            case .empty(let end): start = end
            case .incomplete, nil: return frames
            }
        }
        return frames
    }

    /// The first frame of the vectors that `isWanted`.
    func frame(where isWanted: (KindTest) -> Bool) -> [UInt8]? {
        for scene in scenes {
            if let found = scene.first(where: { isWanted($0.test) }) { return found.bytes }
        }
        return nil
    }

    /// The shortest beginning of a vector that leads to where requests are taken.
    func opening() throws(FrameComposingFault) -> [DescriptorClient.Step] {
        let states = program.states
        if states.isEmpty || states.delivers[0] { return [] }
        var shortest: [DescriptorClient.Step]?
        for scene in scenes {
            guard let steps = steps(scene) else { continue }
            if steps.count < shortest?.count ?? .max { shortest = steps }
        }
        guard let shortest else {
            throw .notEncodable("no vector shows how a session is opened: one has to lead to where requests are taken")
        }
        return shortest
    }

    private func steps(_ scene: [Frame]) -> [DescriptorClient.Step]? {
        var state = 0
        var steps: [DescriptorClient.Step] = []
        for frame in scene {
            var isAnswered = false
            for index in program.states.range(state: state, column: frame.test.column) {
                switch program.states.actions[index] {
                case .state(let next): state = next
                case .reply: isAnswered = true
                case .deliver, .ignore, .login: break
                case .close, .goodbye: return nil
                }
            }
            steps.append(DescriptorClient.Step(bytes: frame.bytes, isAnswered: isAnswered))
            if program.states.delivers[state] { return steps }
        }
        return nil
    }

    /// The columns of the frames that keep a session alive: heartbeats by name, or what only makes the server reply.
    private var heartbeatColumns: [UInt8] {
        let kinds = (bench.model.kinds ?? []).enumerated()
        let named = kinds.filter { $1.kind == .heartbeat }.map { UInt8(clamping: $0.offset) }
        if !named.isEmpty { return named }
        return kinds.filter { $1.kind == .other }.map { UInt8(clamping: $0.offset) }.filter(isOnlyAnswered)
    }

    /// Whether all that comes of a kind, once requests are taken, is one reply.
    private func isOnlyAnswered(_ column: UInt8) -> Bool {
        let states = program.states
        guard let open = states.delivers.firstIndex(of: true) else { return false }
        let actions = states.actions[states.range(state: open, column: column)]
        guard actions.count == 1, case .reply? = actions.first else { return false }
        return true
    }

    /// Whether the server answers a heartbeat, so that answering its own would never end.
    var heartbeatIsAnswered: Bool { program.states.isEmpty || heartbeatColumns.contains(where: isOnlyAnswered) }

    /// A frame that keeps a session alive.
    func heartbeat() -> [UInt8]? {
        for column in heartbeatColumns {
            if let found = frame(where: { $0.column == column }) { return found }
            guard let name = bench.model.kinds?[Int(column)].name else { continue }
            if let made = try? bench.compose(["kind": .string(name)]) { return made.bytes }
        }
        return nil
    }
}
