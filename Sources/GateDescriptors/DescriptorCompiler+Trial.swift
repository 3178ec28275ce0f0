import GateBytes
import GateProtocol

/// Writes each frame when a descriptor is loaded.
extension DescriptorCompiler {
    private static let earlyTime = MonotonicTime(nanoseconds: 0)
    /// The clock of a machine that runs for ten years: what says the time has to have room for it.
    private static let lateTime = MonotonicTime(nanoseconds: 10 * 365 * 86_400 * 1_000_000_000)

    /// Refuses kinds and replies whose own words do not fit their fields, whatever is said with them.
    mutating func checkWhatIsAlwaysWritten() {
        let program = DescriptorProgram(parts)
        for kind in model.kinds ?? [] where !kind.kind.isFromClient {
            let place = kind.kind.rawValue
            let ranges = [program.writingRanges, program.codedRanges, program.envelopedRanges].map { $0[place] }
            for range in Set(ranges) {
                tryOut(program, range, kind.name, kind.place, isReply: false, isUnasked: false)
            }
        }
        for (reply, range) in zip(model.replies, program.replyRanges) {
            tryOut(program, range, reply.name, reply.place, isReply: true, isUnasked: isUnasked(reply.name))
        }
        if case .frame(let frame) = program.errors { tryOut(frame, program) }
    }

    /// Writes a frame at two times of the clock.
    private mutating func tryOut(
        _ program: DescriptorProgram, _ range: Range<Int>, _ name: String, _ place: DescriptorPlace, isReply: Bool,
        isUnasked: Bool
    ) {
        if range.isEmpty { return }
        let payload = isReply ? [] : program.emptyPayload
        let isFixed = program.writing[range].allSatisfy { $0.isFixed(isReply: isReply, isUnasked: isUnasked) }
        let times =
            program.writing[range].contains(where: \.saysTime) ? [Self.earlyTime, Self.lateTime] : [Self.earlyTime]
        for time in times {
            guard let fault = Self.fault(program, range, [], payload, FrameContent(now: time)) else { continue }
            switch fault {
            case .notEncodable(let bytes, let limit) where bytes > limit:
                reader.report(.notEncodable(kind: name, reason: .doesNotFit(bytes: bytes, limit: limit)), at: place)
            case _ where !isFixed:
                // What a client or a module says may bring a length up to its minimum; nothing brings one down.
                continue
            case .notEncodable(let bytes, _):
                let reason = EncodingGap.tooShort(field: fieldAbove(bytes), bytes: bytes)
                reader.report(.notEncodable(kind: name, reason: reason), at: place)
            default: reader.report(.notEncodable(kind: name, reason: .endsEarly), at: place)
            }
            return
        }
    }

    /// Writes errors under their own name or code, with texts of several lengths: one of them has to fit.
    private mutating func tryOut(_ frame: ErrorFrame, _ program: DescriptorProgram) {
        let place = DescriptorKind.error.rawValue
        let coded = program.codedRanges[place]
        let range = frame.hasCode && !coded.isEmpty ? coded : program.writingRanges[place]
        if range.isEmpty { return }
        var last: FramingError?
        for count in [0, 24, 250] {
            let text = [UInt8](repeating: UInt8(ascii: "x"), count: count)
            let content = FrameContent(code: frame.code, now: Self.lateTime)
            guard let fault = Self.fault(program, range, frame.name, text, content) else { return }
            // The shortest says best what is too much.
            if last == nil { last = fault }
        }
        let reason: EncodingGap =
            switch last {
            case .notEncodable(let bytes, let limit) where bytes > limit: .doesNotFit(bytes: bytes, limit: limit)
            case .notEncodable(let bytes, _): .tooShort(field: fieldAbove(bytes), bytes: bytes)
            default: .endsEarly
            }
        reader.report(.notEncodable(kind: DescriptorKind.error.name, reason: reason), at: model.errorsPlace)
    }

    private static func fault(
        _ program: DescriptorProgram, _ range: Range<Int>, _ route: [UInt8], _ payload: [UInt8],
        _ content: borrowing FrameContent
    ) -> FramingError? {
        var output = ByteBuffer()
        do throws(FramingError) {
            try program.write(range, route: route.span, payload: payload.span, content, into: &output)
            return nil
        } catch {
            return error
        }
    }

    /// The only field that asks for more than so much; `nil` where there are several.
    private func fieldAbove(_ count: Int) -> String? {
        let names = fields.filter { $0.minimum ?? 0 > count }.map(\.name)
        return names.count == 1 && isWord(names[0]) ? names[0] : nil
    }

    /// Whether a reply is sent though no client asked for it.
    func isUnasked(_ reply: String) -> Bool { isOpening(reply) || model.timers.send.map { $0.sends(reply) } ?? false }

    /// Whether a reply is sent when a client connects.
    func isOpening(_ reply: String) -> Bool { model.opening.contains { $0.sends(reply) } }

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

extension WriteOperation {
    /// Whether it says the time.
    fileprivate var saysTime: Bool {
        switch code {
        case .nowMilliseconds, .nowText: true
        case .number, .setBits: source == .now
        default: false
        }
    }

    /// Whether it writes the same each time. A reply has neither route nor payload, and one that nobody asked for no id and
    /// no code.
    fileprivate func isFixed(isReply: Bool, isUnasked: Bool) -> Bool {
        switch code {
        case .literal, .shortLiteral, .openAfter, .openFrame, .openField, .mark, .close, .closeUnsized, .closeEscaped,
            .nowMilliseconds, .nowText, .check, .fillCheck, .openPacked, .checkRun, .deflate:
            true
        case .length: isReply || !(countsRoute || countsPayload)
        case .route, .payload, .faultText, .faultObject, .jsonRoute, .jsonPayload, .jsonFaultText, .pairs, .faultCode,
            .faultCodeText:
            isReply
        case .identifier, .identifierVarint, .identifierText, .jsonIdentifier, .code, .codeText, .sproto, .sprotoFault:
            isUnasked
        case .number, .setBits: source == .now || isUnasked && source != .copied
        case .copied, .copiedNumber: false
        }
    }
}

extension ActionModel {
    fileprivate func sends(_ reply: String) -> Bool {
        if case .reply(let name) = form { name == reply } else { false }
    }
}
