import GateBytes
public import GateFuzz
import GateJSON
import Gatehouse

/// What the reader of configurations promises about any file and environment.
///
/// The same in, the same out. It loads, or it names what is wrong, sorted by place and in lines that a terminal can show;
/// what loads can be shown as JSON.
/// - Parameter input: A file; behind a zero byte, `NAME=value` lines of an environment (its prefix comes by itself).
/// - Throws: ``FuzzFinding``.
public func fuzzConfiguration(_ input: Span<UInt8>) throws(FuzzFinding) {
    let bytes = [UInt8](copying: input)
    let textEnd = bytes.firstIndex(of: 0) ?? bytes.count
    let file = ConfigurationText(name: "fuzzed.json", bytes: Array(bytes[..<textEnd]))
    let environment = variables(bytes[min(textEnd + 1, bytes.count)...])
    let once = outcome(file, environment)
    // Every fourth time: the rest of the time goes into new inputs.
    if input.fnv1a & 3 == 0, outcome(file, environment) != once { throw FuzzFinding("the same in, something else out") }
    switch once {
    case .loaded(let report, let notices):
        let again = Result { () throws(JSONFault) in try JSONValue(parsing: report.encoded()) }
        if again != .success(report) { throw FuzzFinding("its report is not JSON: \(again)") }
        for notice in notices { try checkIsOneLine(notice.description) }
    case .refused(let faults, let notices):
        if faults.isEmpty { throw FuzzFinding("refused without a fault") }
        for (fault, next) in zip(faults, faults.dropFirst()) where next.place < fault.place {
            throw FuzzFinding("\(next) comes behind \(fault)")
        }
        for fault in faults { try checkIsOneLine(fault.description) }
        for notice in notices { try checkIsOneLine(notice.description) }
    }
}

private enum Outcome: Equatable {
    case loaded(JSONValue, [ConfigurationNotice])
    case refused([ConfigurationFault], [ConfigurationNotice])
}

private func outcome(_ file: ConfigurationText, _ environment: [String: String]) -> Outcome {
    do {
        var loader = ConfigurationLoader(nodeName: "here")
        loader.valueFile = { path throws(FileFault) in
            if path.count % 2 == 0 { throw .directory }
            return Array(path.utf8)
        }
        let loaded = try loader.resolve(file: file, environment: environment)
        return .loaded(loaded.report(), loaded.notices)
    } catch {
        return .refused(error.faults, error.notices)
    }
}

private func variables(_ lines: ArraySlice<UInt8>) -> [String: String] {
    var variables: [String: String] = [:]
    for line in lines.split(separator: 0x0A).prefix(2) {
        guard let equals = line.firstIndex(of: UInt8(ascii: "=")) else { continue }
        let name = "GATEHOUSE_" + String(decoding: line[..<equals], as: UTF8.self)
        variables[name] = String(decoding: line[(equals + 1)...], as: UTF8.self)
    }
    return variables
}
