import GateBytes
import GateDescriptors
import GateJSON
import GateProtocol

/// What the loader of descriptors promises about any file.
///
/// It loads, or it says what is wrong, in the order of the text and in lines that a terminal can show. What loads, runs: its
/// vectors, and a client that sends the bytes behind the text.
/// - Parameter input: A descriptor; behind a zero byte, what a client of it sends.
/// - Throws: ``FuzzFinding``.
public func fuzzDescriptorLoader(_ input: Span<UInt8>) throws(FuzzFinding) {
    let textEnd = input.firstOffset(of: 0) ?? input.count
    let text = [UInt8](copying: input, range: 0..<textEnd)
    let file = DescriptorFile(name: "fuzzed.json5", bytes: text)
    switch ProtocolDescriptor.load(file) {
    case .failed(let problems): try check(problems, text)
    case .loaded(let descriptor):
        for failure in descriptor.checkVectors() { try checkIsOneLine(failure.description) }
        let skipped = descriptor.skippedVectors
        if skipped.count > descriptor.vectorCount { throw FuzzFinding("left out are \(skipped)") }
        let client = [UInt8](copying: input, range: min(textEnd + 1, input.count)..<input.count)
        for values in DescriptorProbe.choices(of: descriptor).prefix(3) {
            var probe: DescriptorProbe
            do {
                probe = try DescriptorProbe(descriptor, ProtocolOptions(frameBytesMax: 4_096, parameters: values))
            } catch {
                throw FuzzFinding("a choice of its own is refused: \(error)")
            }
            // What has a layout for each direction, inflates what nobody deflates, or says bytes as they are, is not read as
            // it is written, and vectors need not show it.
            if ["out", "inflate", "raw"].contains(where: { word in
                text.indices.contains { text[$0...].starts(with: word.utf8) }
            }) {
                probe.isSymmetric = false
            }
            try checkClient(of: probe, sending: client)
        }
        try checkTools(descriptor, file, client)
    }
}

/// What loads can be registered, drawn, and taken apart.
func checkTools(
    _ descriptor: ProtocolDescriptor, _ file: DescriptorFile, _ client: [UInt8]
) throws(FuzzFinding) {
    var library = shipped
    let registry = ProtocolRegistry()
    if !library.add([file]).isEmpty || !library.register(into: registry).isEmpty {
        throw FuzzFinding("what loads cannot be added")
    }
    let definition = descriptor.definition()
    if (try? definition.configure(ProtocolOptions(parameters: ["no such one": "1"]))) != nil {
        throw FuzzFinding("a parameter that it does not have is taken")
    }
    for (name, values) in descriptor.parameterValues {
        for value in ["", "no such value", "4294967295"] where !values.contains(value) {
            _ = try? definition.configure(ProtocolOptions(parameters: [name: value]))
        }
    }
    for route in ["", "Chat/HD_Say", "Chat/HD_Say -> 2", "-> ->", "x y"] {
        _ = try? definition.configure(ProtocolOptions(routes: ["1": route, "login": "Login/HD_Login", "2": route]))
    }
    guard let subject = try? WorkbenchSubject(descriptor, file, ProtocolOptions(frameBytesMax: 4_096)) else {
        throw FuzzFinding("what loads cannot be worked with")
    }
    let outline = subject.bench.outline
    if outline.layouts.isEmpty || outline != subject.bench.outline { throw FuzzFinding("there is nothing to draw") }
    try checkWords(outline, [descriptor.summary] + subject.bench.vectorNotes.map(\.note), file.bytes.count)
    for (index, vector) in subject.bench.vectorNotes.enumerated() where vector.path != "$.vectors[\(index)]" {
        throw FuzzFinding("vector \(index) is called \(vector.path)")
    }
    for sender in Dissection.Sender.allCases { try checkDissection(subject.bench, client, from: sender) }
    if let other = subject.client { try checkClientReads(other, client) }
}

/// What is drawn has no control characters, and is no longer than the file makes it.
private func checkWords(
    _ outline: DescriptorOutline, _ more: [String], _ fileBytes: Int
) throws(FuzzFinding) {
    var words = more
    for field in outline.layouts.flatMap(\.fields) { words += [field.name, field.type, field.width] + field.notes }
    for entry in outline.slots + outline.kinds + outline.settings + outline.sections.flatMap(\.entries) {
        words += [entry.name, entry.text]
    }
    words += outline.sections.map(\.title) + outline.layouts.map(\.name)
    for word in words {
        for byte in word.utf8 where byte < 0x20 || byte == 0x7F {
            throw FuzzFinding("the byte \(byte) is drawn: \(word)")
        }
    }
    // A group's words stand at each of its fields, as often as groups may lie in each other.
    let most = 4_096 + 64 * fileBytes
    let count = words.reduce(0) { $0 + $1.utf8.count }
    if count > most { throw FuzzFinding("\(count) bytes are drawn for a file of \(fileBytes)") }
}

private let shipped = DescriptorLibrary()

func check(_ problems: [DescriptorProblem], _ text: [UInt8]) throws(FuzzFinding) {
    if problems.isEmpty { throw FuzzFinding("refused without a problem") }
    if problems.count > 101 { throw FuzzFinding("\(problems.count) problems") }
    let lines = 1 + text.count(where: { $0 == 0x0A || $0 == 0x0D || $0 == 0xE2 })
    var last = (line: 0, column: 0)
    for problem in problems {
        let place = (line: problem.position.line, column: problem.position.column)
        if place.line < 1 || place.line > lines || place.column < 1 || place.column > text.count + 1 {
            throw FuzzFinding("\(problem): outside of \(lines) lines")
        }
        if place < last { throw FuzzFinding("\(problem): not in the order of the text") }
        last = place
        try checkIsOneLine(problem.description)
    }
}

/// A report that spoils no log: no control characters, and not without end.
/// - Throws: ``FuzzFinding``.
package func checkIsOneLine(_ report: String) throws(FuzzFinding) {
    if report.utf8.count > 16_384 { throw FuzzFinding("a report of \(report.utf8.count) bytes") }
    for byte in report.utf8 where byte < 0x20 || byte == 0x7F {
        throw FuzzFinding("a report with the byte \(byte): \(report)")
    }
}
