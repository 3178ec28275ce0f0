import FuzzEntry
import GateFuzz
import GateFuzzGateway

/// What libFuzzer calls with each input; a finding traps.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    unsafe runInput(.udpLink, start, count)
}
