import Glibc
import Synchronization

// What Fuzz/threads can see, tried before it looks at the gateway: four threads that share a list under a mutex, which is no
// race, and with an argument four that share one without.

final class Shared: @unchecked Sendable {
    let guarded = Mutex([Int]())
    var open = 0
}

let shared = Shared()
let isRace = CommandLine.arguments.count > 1

@Sendable func work(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    for number in 0..<50_000 {
        if isRace { shared.open += 1 } else { shared.guarded.withLock { $0.append(number) } }
    }
    return nil
}

var threads = [pthread_t](repeating: 0, count: 4)
for index in threads.indices { pthread_create(&threads[index], nil, { work($0) }, nil) }
for thread in threads { pthread_join(thread, nil) }
print(shared.guarded.withLock { $0.count })
