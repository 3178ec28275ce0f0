import FuzzEntry
import GateFuzz

/// What libFuzzer calls with each input; a finding traps.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    unsafe runInput(.descriptorMaker, start, count)
}

/// Without libFuzzer: runs the files that are named.
@_cdecl("FuzzDescriptorMaker_main")
public func main(_ count: CInt, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?) -> CInt {
    unsafe runFiles(count, arguments)
}
