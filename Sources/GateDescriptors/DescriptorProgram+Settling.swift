/// What is worked out once, so that no frame has to.
extension DescriptorProgramParts {
    /// The tests with their small values as bits.
    func settledTests() -> ContiguousArray<ValueTest> {
        var settled = tests
        for index in settled.indices {
            let values = numbers[settled[index].range.offsets]
            settled[index].small = Self.bits(values)
            settled[index].hasLarge = values.contains { $0 >= 64 }
        }
        return settled
    }

    /// The operations with what they share with the one before.
    func settledReading() -> ContiguousArray<ReadOperation> {
        var settled = reading
        for index in settled.indices {
            // Only those of an enum; other ranges may be ones of the pool.
            if !settled[index].keepsUnknown {
                settled[index].smallValues = Self.bits(numbers[settled[index].range.offsets])
            }
            settled[index].isUnusualLength =
                settled[index].escapeWidth > 0 || settled[index].isSigned || settled[index].countsUnits
            guard index > 0 else { continue }
            let before = Int(settled[index - 1].firstTest)..<Int(settled[index - 1].testsEnd)
            let own = Int(settled[index].firstTest)..<Int(settled[index].testsEnd)
            settled[index].sharedTests = UInt16(zip(before, own).prefix { asksTheSame($0, $1) }.count)
        }
        return settled
    }

    /// The operations with short literals in them.
    func settledWriting() -> ContiguousArray<WriteOperation> {
        var settled = writing
        for index in settled.indices where settled[index].code == .literal {
            let literal = pool[settled[index].range.offsets]
            guard literal.count <= 16 else { continue }
            settled[index].code = .shortLiteral
            settled[index].width = UInt8(literal.count)
            settled[index].bytes = Self.word(literal.prefix(8))
            settled[index].moreBytes = Self.word(literal.dropFirst(8))
        }
        return settled
    }

    /// By kind's raw value, one bit each: whether what is written depends on the route or its code.
    var addressedKinds: UInt16 {
        var kinds: UInt16 = 0
        for kind in DescriptorKind.allCases {
            let written = writing[writingRanges[kind.rawValue]]
            let isAddressed = written.contains { operation in
                switch operation.code {
                case .route, .jsonRoute, .code, .codeText, .sproto, .sprotoFault, .number: true
                default: operation.countsRoute
                }
            }
            if isAddressed || !codedRanges[kind.rawValue].isEmpty { kinds |= 1 << UInt16(kind.rawValue) }
        }
        return kinds
    }

    /// By kind's raw value, one bit each: whether an answer only needs the number of its request and its payload.
    var plainKinds: UInt16 {
        if answersCarryRoute || identifiers == .order || answerCopies != 0 || wrapsValues { return 0 }
        let answers: UInt16 = 1 << UInt16(DescriptorKind.response.rawValue) | 1 << UInt16(DescriptorKind.error.rawValue)
        return answers & ~addressedKinds
    }

    /// The values of the frame that is answered which some operations write, one bit each.
    func copies(_ range: Range<Int>) -> UInt64 { writing[range].reduce(0) { $0 | $1.copiedBit } }

    /// The values of a request that its answer or its error repeats, one bit each.
    var answerCopies: UInt64 {
        [DescriptorKind.response, .error].reduce(0) {
            $0 | copies(writingRanges[$1.rawValue]) | copies(codedRanges[$1.rawValue])
                | copies(envelopedRanges[$1.rawValue])
        }
    }

    private func asksTheSame(_ one: Int, _ other: Int) -> Bool {
        tests[one].slot == tests[other].slot
            && numbers[tests[one].range.offsets].elementsEqual(numbers[tests[other].range.offsets])
    }

    private static func word(_ bytes: some BidirectionalCollection<UInt8>) -> UInt64 {
        bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }

    private static func bits(_ values: some Sequence<UInt64>) -> UInt64 {
        values.reduce(0) { $1 < 64 ? $0 | 1 << $1 : $0 }
    }
}
