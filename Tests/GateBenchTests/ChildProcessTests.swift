import GateBench
import GateBytes
import Testing

@Suite struct ChildProcessTests {
    private func child(_ path: String, _ arguments: [String] = []) throws(LoadError) -> ChildProcess {
        try ChildProcess(path, arguments, core: nil, outputPath: "/dev/null", errorPath: "/dev/null")
    }

    /// Waits for the end of a process that ends by itself.
    private func ended(_ child: ChildProcess) {
        while child.isRunning {}
    }

    @Test func aProcessThatWellEndedHasSucceeded() throws {
        let child = try child("true")
        ended(child)
        #expect(child.hasSucceeded)
    }

    @Test func aProcessThatFailedHasNot() throws {
        let child = try child("false")
        ended(child)
        #expect(!child.hasSucceeded)
    }

    @Test func aProcessIsStoppedByItsNumber() throws {
        let child = try child("sleep", ["1000"])
        #expect(child.isRunning)
        child.stop()
        #expect(!child.isRunning)
        #expect(!child.hasSucceeded)
        child.stop()
    }

    @Test func aProgramThatIsNotThereIsTold() {
        #expect(throws: LoadError.childFailed("/nowhere/server: no such file or directory")) {
            try child("/nowhere/server")
        }
    }

    @Test func waitingEndsWithTheProcess() throws {
        let child = try child("false")
        #expect(throws: LoadError.childFailed("false ended at once")) {
            try child.wait(.seconds(60)) { () -> Int? in nil }
        }
    }

    @Test func waitingEndsWithWhatWasLookedFor() throws {
        let child = try child("sleep", ["1000"])
        #expect(try child.wait(.seconds(60)) { 7 } == 7)
        child.stop()
    }

    @Test func aServerThatIsNotReadyIsTold() throws {
        let child = try child("sleep", ["1000"])
        #expect(throws: LoadError.childFailed("sleep is not ready in time")) {
            try child.wait(.milliseconds(20)) { () -> Int? in nil }
        }
        child.stop()
    }
}
