import GateFuzz

/// What libFuzzer calls with each input; a finding traps.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    // Sound: libFuzzer lends `count` bytes at `start` for the length of the call.
    let input = unsafe start.map { unsafe UnsafeBufferPointer(start: $0, count: count) }
    guard let bytes = unsafe input?.span else { return 0 }
    do {
        try fuzzMQTTProtocol(bytes)
    } catch {
        fatalError(error.description)
    }
    return 0
}
