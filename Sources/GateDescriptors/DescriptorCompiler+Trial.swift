import GateBytes
import GateProtocol

/// Writes each frame once when a descriptor is loaded.
extension DescriptorCompiler {
    /// Refuses kinds and replies whose own words do not fit their fields, whatever is said with them.
    mutating func checkWhatIsAlwaysWritten() {
        let program = DescriptorProgram(parts)
        for kind in model.kinds ?? [] where !kind.kind.isFromClient {
            let place = kind.kind.rawValue
            let ranges = [program.writingRanges, program.codedRanges, program.envelopedRanges].map { $0[place] }
            for range in Set(ranges) {
                tryOut(program, range, kind.name, kind.place)
            }
        }
        for (reply, range) in zip(model.replies, program.replyRanges) {
            tryOut(program, range, reply.name, reply.place)
        }
    }

    private mutating func tryOut(
        _ program: DescriptorProgram, _ range: Range<Int>, _ name: String, _ place: DescriptorPlace
    ) {
        if range.isEmpty { return }
        let content = FrameContent()
        var output = ByteBuffer()
        let payload = program.emptyPayload
        do throws(FramingError) {
            try program.write(range, route: Span(), payload: payload.span, content, into: &output)
        } catch {
            // A real payload may bring a length up to its minimum, and nothing brings one down to its maximum.
            guard case .notEncodable(let bytes, let limit) = error, bytes > limit else { return }
            reader.report(.notEncodable(kind: name, reason: .doesNotFit(bytes: bytes, limit: limit)), at: place)
        }
    }

    /// What is said of a reply has to be a field of its frame, with a value that the field takes.
    mutating func checkReply(_ reply: KindModel) {
        let keys = bodyKeys?.map(\.name) ?? []
        let lengths = Set(lengthFields.values.map { fields[$0].name })
        let given = fields.filter { $0.counts == .none && isWord($0.name) && !lengths.contains($0.name) }
        let names = given.map(\.name) + keys
        for (name, value, place) in reply.values where name != "raw" {
            guard names.contains(name) else {
                reader.report(.unknownKey(name, valid: names + ["raw"]), at: place)
                continue
            }
            if let index = index(of: name), fields[index].isNumber { checkNumber(value, fields[index], place) }
        }
    }
}
