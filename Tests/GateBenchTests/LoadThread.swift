import GateBench
import GateIO
import GateUV

/// Runs a load on a thread of its own: it blocks, and the server in this process needs the threads of Swift's tasks.
func runLoad(_ options: LoadOptions) async throws -> LoadReport {
    let group = try UVEventLoopGroup(loopCount: 1)
    let result: Result<LoadReport, any Error> = await withCheckedContinuation { continuation in
        group.loops[0].postReserved {
            continuation.resume(returning: Result { try LoadRun(options).run() })
        }
    }
    group.shutDown()
    return try result.get()
}
