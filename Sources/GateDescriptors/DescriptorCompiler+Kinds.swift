import GateJSON

extension DescriptorCompiler {
    /// Makes the tests that find a frame's kind: the client's own kinds in their order, then those it may not send.
    mutating func compileKinds() {
        guard let kinds = model.kinds else { return }
        var tests: [(name: String, test: KindTest)] = []
        for (column, kind) in kinds.enumerated() where kind.kind.isFromClient {
            var test = test(kind)
            test.column = UInt8(min(column, 255))
            if let earlier = tests.first(where: { hides($0.test, test) }) {
                reader.report(.hiddenKind(by: earlier.name), at: kind.place)
            }
            tests.append((kind.name, test))
        }
        if !kinds.contains(where: { $0.kind == .request || $0.kind == .notify }) {
            reader.report(.missingKey("request"), at: model.kindsPlace)
        }
        for (column, kind) in kinds.enumerated() where !kind.kind.isFromClient {
            guard model.outFields == nil else {
                checkWritten(kind)
                continue
            }
            var test = test(kind)
            test.column = UInt8(min(column, 255))
            // A kind without a mark of its own would swallow all that is left.
            if test.has != 0 || !test.tests.isEmpty { tests.append((kind.name, test)) }
        }
        parts.kindTests.append(contentsOf: tests.map(\.test))
    }

    /// Where answers have fields of their own, what is said of a kind is only written.
    private mutating func checkWritten(_ kind: KindModel) {
        let input = fields
        fields = model.outFields ?? fields
        for (name, value, place) in kind.values {
            if index(of: name) == nil && bodyKeys?.contains(where: { $0.name == name }) != true {
                reader.report(.unknownKey(name, valid: fields.map(\.name).filter(isWord)), at: place)
            } else if let index = index(of: name), fields[index].isNumber {
                checkNumber(value, fields[index], place)
            }
        }
        _ = mask(kind.has, kind)
        fields = input
    }

    private mutating func test(_ kind: KindModel) -> KindTest {
        var test = KindTest(kind: kind.kind)
        test.has = mask(kind.has, kind)
        test.absent = mask(kind.absent, kind)
        let low = parts.tests.count
        for (name, value, place) in kind.values {
            switch value {
            case .number(let number) where index(of: name) == nil && (name == WellKnown.code || name == "id"):
                // A number that a body holds under a key.
                guard bodyKeys?.contains(where: { $0.name == name }) == true, let slot = slotsByName[name] else {
                    break
                }
                parts.tests.append(ValueTest(slot: slot, range: parts.numbered([number])))
                continue
            case .number: break
            case .text where isEnumerated(name): break
            case .text, .bytes, .copied, .nowMilliseconds, .identifier, .code, .faultCode, .element, .joined:
                checkContent(name, value, kind, place)
                continue
            }
            if let index = numberField(name, place), let numbers = numbers(value, fields[index], place) {
                guard let slot = slots[index] else { continue }
                parts.tests.append(ValueTest(slot: slot, range: parts.numbered(numbers)))
            }
        }
        test.tests = low..<parts.tests.count
        return test
    }

    private mutating func mask(_ names: [String], _ kind: KindModel) -> UInt32 {
        var mask: UInt32 = 0
        let known = (bodyKeys ?? []).map(\.name)
        for name in names {
            if !known.contains(name) { reader.report(.unknownValue(name, valid: known), at: kind.place) }
            if let slot = slotsByName[name] { mask |= 1 << UInt32(slot) }
        }
        return mask
    }

    private func isEnumerated(_ name: String) -> Bool {
        index(of: name).map { !fields[$0].enumeration.isEmpty } ?? false
    }

    /// Text and values of a frame that is answered are only for what the gateway writes: comparing them in each frame would
    /// cost every client.
    private mutating func checkContent(
        _ name: String, _ value: KindModel.Value, _ kind: KindModel, _ place: DescriptorPlace
    ) {
        let index = index(of: name)
        let isRun = index.map { fields[$0].form.isRun } ?? (bodyKeys?.contains { $0.name == name } ?? false)
        let isNumber = index.map { numberNames.contains(name) && !lengthFields.values.contains($0) } ?? false
        guard isRun || isNumber else {
            reader.report(.unknownKey(name, valid: ["has", "absent"] + numberNames), at: place)
            return
        }
        if kind.kind.isFromClient {
            reader.report(.wrongKind(expected: "a number or a name of an enum", found: value.words), at: place)
        } else if let index, isNumber {
            checkNumber(value, fields[index], place)
        }
    }

    /// What may be written into an integer.
    mutating func checkNumber(_ value: KindModel.Value, _ field: FieldModel, _ place: DescriptorPlace) {
        switch value {
        case .number, .text: _ = numbers(value, field, place)
        case .copied, .nowMilliseconds, .identifier, .code, .faultCode: break
        case .bytes, .element, .joined:
            reader.report(
                .wrongKind(
                    expected: "a number, a name of an enum, $id, $code, $now_ms or $in.NAME", found: value.words),
                at: place)
        }
    }

    private var numberNames: [String] {
        fields.filter { $0.isNumber && $0.counts == .none }.map(\.name)
    }

    private mutating func numberField(_ name: String, _ place: DescriptorPlace) -> Int? {
        guard let index = index(of: name), numberNames.contains(name), !lengthFields.values.contains(index) else {
            reader.report(.unknownKey(name, valid: ["has", "absent"] + numberNames), at: place)
            return nil
        }
        return index
    }

    /// The numbers that a value of `kinds` stands for in a field; the first is the one that is written.
    mutating func numbers(_ value: KindModel.Value, _ field: FieldModel, _ place: DescriptorPlace) -> [Int]? {
        switch value {
        case .text(let text):
            let found = field.enumeration.filter { $0.name == text }.map(\.value)
            if !found.isEmpty { return found }
            reader.report(.unknownValue(text, valid: field.enumeration.map(\.name)), at: place)
        case .number(let number):
            let low = field.minimum ?? 0
            let range = low...max(low, field.largestAllowed)
            guard range.contains(number) else {
                reader.report(.outOfRange(range), at: place)
                return nil
            }
            let isNamed = field.enumeration.isEmpty || field.keepsUnknown
            if isNamed || field.enumeration.contains(where: { $0.value == number }) { return [number] }
            reader.report(.unknownValue(String(number), valid: field.enumeration.map { String($0.value) }), at: place)
        case .bytes, .copied, .nowMilliseconds, .identifier, .code, .faultCode, .element, .joined: break
        }
        return nil
    }

    /// Whether each frame that `later` asks for is taken by `earlier`.
    private func hides(_ earlier: KindTest, _ later: KindTest) -> Bool {
        guard later.has & earlier.has == earlier.has, later.absent & earlier.absent == earlier.absent else {
            return false
        }
        return earlier.tests.allSatisfy { index in
            let mine = parts.tests[index]
            return later.tests.contains { place in
                let its = parts.tests[place]
                return its.slot == mine.slot
                    && Set(parts.numbers[its.range.offsets]).isSubset(of: parts.numbers[mine.range.offsets])
            }
        }
    }

    /// Makes the table of what is done with each kind in each state.
    mutating func compileStates() {
        let timers = model.timers
        parts.timers.idle = timers.idle
        parts.timers.handshake = timers.handshake
        parts.timers.every = timers.every
        if case .reply(let name)? = timers.send?.form, let place = timers.send?.place {
            parts.timers.reply = reply(name, place)
        }
        var opening = model.opening
        if model.states.isEmpty {
            if !opening.isEmpty { opening.removeAll { if case .state = $0.form { true } else { false } } }
        } else {
            let kinds = model.kinds ?? []
            parts.states.columns = kinds.count + 1
            for state in model.states {
                for entry in state.actions where !kinds.contains(where: { $0.name == entry.kind }) {
                    reader.report(.unknownKey(entry.kind, valid: kinds.map(\.name) + ["else"]), at: entry.place)
                }
                var delivers = false
                for kind in kinds {
                    let found = state.actions.first { $0.kind == kind.name }?.actions ?? state.otherwise
                    delivers = append(found, in: state, of: kind) || delivers
                }
                _ = append(state.otherwise, in: state, of: nil)
                parts.states.delivers.append(delivers)
            }
            if !parts.states.delivers.contains(true), let first = model.states.first {
                reader.report(.missingKey("deliver"), at: first.place)
            }
        }
        let low = parts.states.actions.count
        for action in opening { append(action) }
        parts.states.opening = low..<parts.states.actions.count
    }

    /// Adds the actions for one kind in one state.
    /// - Returns: Whether messages are delivered.
    private mutating func append(_ actions: [ActionModel], in state: StateModel, of kind: KindModel?) -> Bool {
        let low = parts.states.actions.count
        var delivers = false
        checkLogin(actions)
        for action in actions {
            if case .deliver = action.form {
                guard kind?.kind == .request || kind?.kind == .notify else { continue }
                delivers = true
            }
            append(action)
        }
        if parts.states.actions.count == low { parts.states.actions.append(.close) }
        parts.states.ranges.append(low..<parts.states.actions.count)
        return delivers
    }

    private mutating func append(_ action: ActionModel) {
        switch action.form {
        case .deliver: parts.states.actions.append(.deliver)
        case .ignore: parts.states.actions.append(.ignore)
        case .close: parts.states.actions.append(.close)
        case .goodbye: parts.states.actions.append(.goodbye)
        case .login(let refusal):
            parts.states.actions.append(.login(refusal: refusal.map { reply($0, action.place) }))
        case .reply(let name): parts.states.actions.append(.reply(reply(name, action.place)))
        case .state(let name):
            let names = model.states.map(\.name)
            if let index = names.firstIndex(of: name) {
                parts.states.actions.append(.state(index))
            } else {
                reader.report(.unknownValue(name, valid: names), at: action.place)
            }
        }
    }

    private mutating func reply(_ name: String, _ place: DescriptorPlace) -> Int {
        let names = model.replies.map(\.name)
        if let index = names.firstIndex(of: name) { return index }
        reader.report(.unknownValue(name, valid: names), at: place)
        return 0
    }
}
