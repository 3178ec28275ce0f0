/// Lengths whose value is not known yet, by scope.
struct WriteScopes: ~Copyable {
    private var places: InlineArray<8, (place: Int, counted: Int)> = InlineArray(repeating: (0, 0))

    // Lent to be changed, because any other way copies all of the array.
    mutating func place(_ scope: UInt8) -> Int { places.mutableSpan[Int(scope & 7)].place }
    mutating func counted(_ scope: UInt8) -> Int { places.mutableSpan[Int(scope & 7)].counted }
    mutating func open(_ scope: UInt8, place: Int, counted: Int) { places[Int(scope & 7)] = (place, counted) }
    mutating func move(_ scope: UInt8, to place: Int) { places[Int(scope & 7)].place = place }
    mutating func mark(_ scope: UInt8, at offset: Int) { places[Int(scope & 7)].counted = offset }

    /// Bytes were put in at `offset`.
    mutating func shift(from offset: Int, by count: Int) {
        for scope in 0..<8 {
            if places[scope].place >= offset { places[scope].place += count }
            if places[scope].counted >= offset { places[scope].counted += count }
        }
    }
}
