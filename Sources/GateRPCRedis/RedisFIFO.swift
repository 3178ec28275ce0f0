#if Redis
    /// First in, first out, in a ring that keeps nothing of what was taken.
    struct RedisFIFO<Element> {
        private var ring: [Element?] = []
        private var first = 0
        private(set) var count = 0

        var isEmpty: Bool { count == 0 }

        mutating func append(_ element: Element) {
            if count == ring.count { grow() }
            // The count of slots is a power of two.
            ring[(first + count) & (ring.count - 1)] = element
            count += 1
        }

        mutating func popFirst() -> Element? {
            if count == 0 { return nil }
            let element = ring[first].take()
            first = (first + 1) & (ring.count - 1)
            count -= 1
            return element
        }

        private mutating func grow() {
            var larger: [Element?] = []
            larger.reserveCapacity(max(16, ring.count * 2))
            for index in 0..<count { larger.append(ring[(first + index) & (ring.count - 1)]) }
            while larger.count < max(16, ring.count * 2) { larger.append(nil) }
            ring = larger
            first = 0
        }
    }
#endif
