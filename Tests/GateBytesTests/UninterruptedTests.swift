import GateBytes
import Glibc
import Testing

@Suite struct UninterruptedTests {
    @Test(arguments: [0, 1, 5])
    func aCallThatASignalInterruptsIsMadeAgain(interruptions: Int) {
        var calls = 0
        let count = uninterrupted { () -> Int in
            calls += 1
            if calls > interruptions { return 42 }
            errno = EINTR
            return -1
        }
        #expect(count == 42)
        #expect(calls == interruptions + 1)
    }

    @Test func anotherFaultIsTheCallersToSee() {
        var calls = 0
        let count = uninterrupted { () -> Int in
            calls += 1
            errno = EPIPE
            return -1
        }
        #expect(count == -1)
        #expect(errno == EPIPE)
        #expect(calls == 1)
    }
}
