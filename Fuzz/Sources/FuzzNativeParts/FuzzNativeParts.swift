import FuzzEntry
import GateFuzz

/// What libFuzzer calls with each input; a finding traps.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    unsafe runInput(.nativeParts, start, count)
}
