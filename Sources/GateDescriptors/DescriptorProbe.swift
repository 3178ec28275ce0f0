import GateBytes
package import GateProtocol

/// A descriptor as a fuzzer sees it: connections to feed, and a reader for what the gateway wrote.
package struct DescriptorProbe: Sendable {
    /// A frame that was read.
    package struct Frame: Equatable, Sendable {
        /// The offset behind it.
        package var end: Int
        /// The bytes of its payload field; `nil` when it has none, or when it is inside a JSON body,
        /// had to be unpacked, or may stand in an object of its own.
        package var payload: Range<Int>?
    }

    /// The descriptor's name.
    package let name: String
    let program: DescriptorProgram
    /// What the vectors hand in.
    package let samples: [[UInt8]]
    /// Whether the frames of both directions have one layout: whether what the vectors say is written can be read.
    package var isSymmetric: Bool

    /// The descriptor as a listener with these options speaks it.
    package init(_ descriptor: ProtocolDescriptor, _ options: ProtocolOptions) throws(ProtocolSetupError) {
        name = descriptor.name
        program = try descriptor.program(options)
        samples = descriptor.vectors.map(\.input).filter { !$0.isEmpty }
        // The vectors hold for the defaults.
        let usual = try descriptor.program(ProtocolOptions(frameBytesMax: .max))
        isSymmetric = descriptor.vectors.allSatisfy { Self.canRead($0.output, usual) }
    }

    /// Every choice of a descriptor's parameters, the defaults first.
    package static func choices(of descriptor: ProtocolDescriptor) -> [[String: String]] {
        descriptor.variants.map(\.values)
    }

    /// Routes of a listener as the descriptor's vectors have them; `nil` where they have none.
    package static func routes(of descriptor: ProtocolDescriptor) -> [String: String]? {
        descriptor.vectors.first { !$0.routes.isEmpty }?.routes
    }

    /// Bytes of a whole frame, at most.
    package var frameBytesMax: Int { program.frameBytesMax }

    /// One connection.
    package func makeProtocol() -> DescriptorProtocol { DescriptorProtocol(program) }

    private static func canRead(_ output: [UInt8], _ program: DescriptorProgram) -> Bool {
        var offset = 0
        while offset < output.count {
            guard let frame = try? Self.frame(output.span, at: offset, program), frame.end > offset else {
                return false
            }
            offset = frame.end
        }
        return true
    }

    /// The frame at `start`; `nil` when it is not whole.
    /// - Throws: What a peer that speaks the descriptor would say of it.
    package func frame(_ input: Span<UInt8>, at start: Int) throws(FramingError) -> Frame? {
        try Self.frame(input, at: start, program)
    }

    private static func frame(
        _ input: Span<UInt8>, at start: Int, _ program: DescriptorProgram
    ) throws(FramingError) -> Frame? {
        var values = FrameValues()
        var scratch = ByteBuffer()
        var progress = ReadProgress()
        switch try program.read(input, at: start, values: &values, progress: &progress, scratch: &scratch) {
        case .incomplete: return nil
        case .empty(let end): return Frame(end: end, payload: nil)
        case .frame(let end):
            guard program.keys.isEmpty, !program.wrapsValues, values.has(FrameValues.payload) else {
                return Frame(end: end, payload: nil)
            }
            let payload = values.range(FrameValues.payload)
            return Frame(end: end, payload: payload.region == .input ? payload.offsets : nil)
        }
    }
}
