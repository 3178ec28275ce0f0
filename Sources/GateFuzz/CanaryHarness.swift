/// Holds no promise on purpose: `GATE`, a length, and more bytes than it says are a finding.
///
/// Blind chance does not hit four bytes; coverage finds them one after another.
/// - Throws: ``FuzzFinding``.
public func fuzzCanary(_ input: Span<UInt8>) throws(FuzzFinding) {
    guard input.count > 5 else { return }
    guard input[0] == UInt8(ascii: "G") else { return }
    guard input[1] == UInt8(ascii: "A") else { return }
    guard input[2] == UInt8(ascii: "T") else { return }
    guard input[3] == UInt8(ascii: "E") else { return }
    if input.count - 5 > Int(input[4]) { throw FuzzFinding("the canary sings") }
}
