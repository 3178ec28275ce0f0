import FuzzEntry
import GateFuzz

/// What libFuzzer calls with each input; a finding traps.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    unsafe runInput(.descriptorWorkbench, start, count)
}

/// What libFuzzer calls to change an input.
@_cdecl("LLVMFuzzerCustomMutator")
public func mutate(_ data: UnsafeMutablePointer<UInt8>?, _ count: Int, _ countMax: Int, _ seed: CUnsignedInt) -> Int {
    unsafe mutateInput(.descriptorWorkbench, data, count, countMax, seed: seed)
}

/// Without libFuzzer: runs the files that are named.
@_cdecl("FuzzDescriptorWorkbench_main")
public func main(_ count: CInt, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?) -> CInt {
    unsafe runFiles(count, arguments)
}
