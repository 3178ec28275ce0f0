import CUV
import Glibc
import Testing

@Suite struct LoopMemoryTests {
    @Test func aLoopWithAnOpenHandleKeepsItsMemory() throws {
        var error: Int32 = 0
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard let loop = unsafe gatehouse_loop_create(nil, 64, { _ in }, { _ in }, { _ in }, &error),
            let stream = unsafe gatehouse_tcp_create(loop, descriptor, nil, &error)
        else {
            Issue.record("no memory for a loop")
            return
        }
        unsafe gatehouse_loop_close_handles(loop) { _ in }
        unsafe gatehouse_loop_run(loop)
        let busy = unsafe gatehouse_loop_destroy(loop)
        #expect(busy == UV_EBUSY.rawValue)
        unsafe gatehouse_tcp_close(stream) { unsafe free($0) }
        unsafe gatehouse_loop_run(loop)
        let done = unsafe gatehouse_loop_destroy(loop)
        #expect(done == 0)
    }
}
