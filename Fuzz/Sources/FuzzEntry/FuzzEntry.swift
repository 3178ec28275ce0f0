import CFuzz
public import GateFuzz

/// Runs one input of libFuzzer's against a target; a finding traps, which leaves the input as a file.
public func runInput(_ target: FuzzTarget, _ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    // Sound: libFuzzer lends `count` bytes at `start` for the length of the call.
    let input = unsafe start.map { unsafe UnsafeBufferPointer(start: $0, count: count) }
    guard let bytes = unsafe input?.span else { return 0 }
    cfuzz_trace_compares(Warmth.tracesCompares ? 1 : 0)
    do {
        let before = cfuzz_allocated_bytes()
        try target.run(bytes)
        // The first inputs also pay for tables that are made once.
        if Warmth.isWarm { try target.allocation.check(allocated: Int(cfuzz_allocated_bytes() - before), for: count) }
        Warmth.note()
    } catch {
        fatalError("finding in \(target.name): \(error.description)")
    }
    return 0
}

/// Runs each file that is named, once.
public func runFiles(_ count: CInt, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?) -> CInt {
    // Sound: these are the arguments of main.
    unsafe cfuzz_run_files(count, arguments)
}

/// Changes one input of libFuzzer's as the target's structure wants it.
public func mutateInput(
    _ target: FuzzTarget, _ data: UnsafeMutablePointer<UInt8>?, _ count: Int, _ countMax: Int, seed: UInt32
) -> Int {
    guard let data = unsafe data, let mutator = target.mutate else {
        return unsafe LLVMFuzzerMutate(data, count, countMax)
    }
    // Sound: libFuzzer lends room for `countMax` bytes at `data`, the first `count` of them set.
    let room = unsafe UnsafeMutableBufferPointer(start: data, count: countMax)
    let bytes = unsafe Array(room[..<count])
    let changed = mutator.mutate(bytes, seed: UInt64(seed), bytesMax: countMax) { bytes, bytesMax in
        var copy = bytes + [UInt8](repeating: 0, count: max(0, bytesMax - bytes.count))
        // Sound: the buffer is the array's own for the length of the call, and libFuzzer stays within `bytesMax`.
        let size = unsafe copy.withUnsafeMutableBufferPointer { buffer in
            unsafe LLVMFuzzerMutate(buffer.baseAddress, min(bytes.count, bytesMax), bytesMax)
        }
        return Array(copy.prefix(size))
    }
    for (index, byte) in changed.prefix(countMax).enumerated() { unsafe room[index] = byte }
    return min(changed.count, countMax)
}

/// How many inputs were run; libFuzzer runs them on one thread.
private enum Warmth {
    nonisolated(unsafe) private static var runs = 0

    static var isWarm: Bool { unsafe runs >= 64 }

    /// Whether libFuzzer hears of what this input compares, see `Compares.c`.
    static var tracesCompares: Bool { unsafe runs % 16 == 0 }

    static func note() { unsafe runs += 1 }
}
