import GateJSON

extension DescriptorCompiler {
    /// Makes the tests that find a frame's kind: the client's own kinds in their order, then those it may not send.
    mutating func compileKinds() {
        guard let kinds = model.kinds else { return }
        var tests: [(name: String, test: KindTest)] = []
        for kind in kinds where kind.kind.isFromClient {
            let test = test(kind)
            if let earlier = tests.first(where: { hides($0.test, test) }) {
                reader.report(.hiddenKind(by: earlier.name), at: kind.place)
            }
            tests.append((kind.kind.name, test))
        }
        if !kinds.contains(where: { $0.kind == .request || $0.kind == .notify }) {
            reader.report(.missingKey("request"), at: model.kindsPlace)
        }
        for kind in kinds where !kind.kind.isFromClient {
            let test = test(kind)
            // A kind without a mark of its own would swallow all that is left.
            if test.has != 0 || !test.conditions.isEmpty { tests.append((kind.kind.name, test)) }
        }
        parts.kindTests.append(contentsOf: tests.map(\.test))
    }

    private mutating func test(_ kind: KindModel) -> KindTest {
        var test = KindTest(kind: kind.kind)
        test.has = mask(kind.has, kind)
        test.absent = mask(kind.absent, kind)
        let low = parts.conditions.count
        for (name, value, place) in kind.values {
            if case .text = value, !isEnumerated(name) {
                checkText(name, kind, place)
            } else if let index = numberField(name, place), let number = number(value, model.fields[index], place) {
                guard let slot = slots[index] else { continue }
                parts.conditions.append(KindCondition(slot: slot, value: UInt64(number)))
            }
        }
        test.conditions = low..<parts.conditions.count
        return test
    }

    private mutating func mask(_ roles: [JSONRole], _ kind: KindModel) -> UInt32 {
        var mask: UInt32 = 0
        let keys = jsonKeys ?? [:]
        for role in roles {
            if keys[role] == nil {
                let valid = JSONRole.allCases.filter { keys[$0] != nil }.map(\.rawValue)
                reader.report(.unknownValue(role.rawValue, valid: valid), at: kind.place)
            }
            mask |= 1 << UInt32(role.slot)
        }
        return mask
    }

    private func isEnumerated(_ name: String) -> Bool {
        index(of: name).map { !model.fields[$0].enumeration.isEmpty } ?? false
    }

    /// Text is only for what the gateway writes: comparing it in each frame would cost every client.
    private mutating func checkText(_ name: String, _ kind: KindModel, _ place: DescriptorPlace) {
        let isText =
            index(of: name).map { model.fields[$0].form.isRun } ?? (name == "route" && jsonKeys?[.route] != nil)
        if !isText {
            reader.report(.unknownValue(name, valid: numberNames + ["has", "absent"]), at: place)
        } else if kind.kind.isFromClient {
            reader.report(.wrongKind(expected: "a number or a name of an enum", found: "text"), at: place)
        }
    }

    private var numberNames: [String] {
        model.fields.filter {
            if case .unsigned = $0.form { $0.counts == .none } else { false }
        }.map(\.name)
    }

    private mutating func numberField(_ name: String, _ place: DescriptorPlace) -> Int? {
        guard let index = index(of: name), numberNames.contains(name), !lengthFields.values.contains(index) else {
            reader.report(.unknownKey(name, valid: ["has", "absent"] + numberNames), at: place)
            return nil
        }
        return index
    }

    /// The number that a value of `kinds` stands for in a field.
    mutating func number(_ value: KindModel.Value, _ field: FieldModel, _ place: DescriptorPlace) -> Int? {
        switch value {
        case .text(let text):
            if let entry = field.enumeration.first(where: { $0.name == text }) { return entry.value }
            reader.report(.unknownValue(text, valid: field.enumeration.map(\.name)), at: place)
        case .number(let number):
            let range = (field.minimum ?? 0)...field.largestAllowed
            guard range.contains(number) else {
                reader.report(.outOfRange(range), at: place)
                return nil
            }
            let isNamed = field.enumeration.isEmpty || field.keepsUnknown
            if isNamed || field.enumeration.contains(where: { $0.value == number }) { return number }
            reader.report(.unknownValue(String(number), valid: field.enumeration.map { String($0.value) }), at: place)
        }
        return nil
    }

    /// Whether each frame that `later` asks for is taken by `earlier`.
    private func hides(_ earlier: KindTest, _ later: KindTest) -> Bool {
        guard later.has & earlier.has == earlier.has, later.absent & earlier.absent == earlier.absent else {
            return false
        }
        return earlier.conditions.allSatisfy { index in
            let condition = parts.conditions[index]
            return later.conditions.contains { place in
                parts.conditions[place].slot == condition.slot && parts.conditions[place].value == condition.value
            }
        }
    }
}
